// encode(): requests and replies -> frames.
#include <string>
#include <type_traits>
#include <variant>

#include "common/base/check.h"
#include "common/wire/codec.h"
#include "common/wire/describe.h"
#include "common/wire/field_writer.h"
#include "common/wire/message_writer.h"
#include "common/wire/writer.h"

namespace zex::wire {
namespace {

template <class Op>
void write_fields(Writer& out, const Op& op) {
    if constexpr (std::is_same_v<Op, Publish>) {
        write_publish(out, op);
    } else if constexpr (std::is_same_v<Op, Return>) {
        write_return(out, op);
    } else {
        FieldWriter fields(out);
        describe(fields, op);
    }
}

template <class Op>
std::string_view body_of(const Op&) {
    return {};
}
std::string_view body_of(const Publish& publish) {
    return publish.body;
}
std::string_view body_of(const Return& returned) {
    return returned.message.payload;
}

template <class Op>
Frames encode_one(Form form, std::optional<std::uint64_t> id, const Op& op) {
    Frames frames;
    Writer out(form, frames.envelope);
    FieldWriter fields(out);
    out.begin_map();
    fields.required("op", operation_name<Op>);
    fields.number("id", id);
    write_fields(out, op);
    out.end_map();
    if (const std::string_view body = body_of(op); !body.empty()) frames.body = std::string(body);
    return frames;
}

/// Deliveries go through encode_deliver(), which can make several frames; here they make one.
Frames encode_one(Form form, std::optional<std::uint64_t> id, const Deliver& deliver) {
    return encode_deliver_frame(form, deliver, 0, deliver.messages.size(), id, {.batch = true});
}

}  // namespace

Frames encode(Form form, const Request& request) {
    return std::visit([&](const auto& op) { return encode_one(form, request.id, op); },
                      request.operation);
}

Frames encode(Form form, const Reply& reply) {
    return std::visit([&](const auto& answer) { return encode_one(form, reply.id, answer); },
                      reply.answer);
}

}  // namespace zex::wire
