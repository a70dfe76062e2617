#include "client/call.h"

#include <string>
#include <type_traits>

#include "common/wire/describe.h"

namespace zex {
namespace {

std::string in_seconds(Duration timeout) {
    const std::uint64_t ms = whole_milliseconds(timeout);
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

std::string_view operation_name(const wire::Operation& operation) {
    return std::visit(
        [](const auto& op) -> std::string_view {
            return wire::operation_name<std::decay_t<decltype(op)>>;
        },
        operation);
}

Error never_sent(Duration timeout, std::string_view what) {
    return error(ErrorCode::not_connected,
                 "no broker was reached within " + in_seconds(timeout) + ", so the " +
                     std::string(what) + " was not sent; is zexd running? It may be tried again");
}

Error not_answered(Duration timeout, std::string_view what) {
    return error(ErrorCode::timed_out, "the broker did not answer the " + std::string(what) +
                                           " within " + in_seconds(timeout) +
                                           "; it may or may not have been done");
}

}  // namespace zex
