#include "client/welcome_check.h"

#include <string>

namespace zex {

std::optional<Error> what_is_odd(const wire::Welcome& welcome, std::uint64_t message_bytes_max) {
    constexpr std::uint64_t day_ms = 24ull * 60 * 60 * 1000;
    constexpr std::uint64_t any = UINT64_MAX;
    if (welcome.version != wire::protocol_version) {
        return error(ErrorCode::unsupported_version,
                     "the broker chose version " + std::to_string(welcome.version) +
                         " of the protocol, which was not offered",
                     "version");
    }
    struct Range {
        const char* field;
        std::uint64_t value, least, most;
    };
    for (const Range& range : {Range{"heartbeat_ms", welcome.heartbeat_ms, 1, day_ms},
                               Range{"timeout_ms", welcome.timeout_ms, 1, day_ms},
                               Range{"max_batch", welcome.max_batch, 1, any},
                               Range{"max_batch_bytes", welcome.max_batch_bytes, 1, any},
                               Range{"max_message_bytes", welcome.max_message_bytes, 1, any}}) {
        if (range.value >= range.least && range.value <= range.most) continue;
        return error(ErrorCode::bad_reply,
                     "welcome says " + std::string(range.field) + " " +
                         std::to_string(range.value) + "; it is " + std::to_string(range.least) +
                         " to " + std::to_string(range.most),
                     range.field);
    }
    if (welcome.max_message_bytes > message_bytes_max) {
        return error(ErrorCode::bad_argument,
                     "the broker takes messages of up to " +
                         std::to_string(welcome.max_message_bytes) + " bytes, this client " +
                         std::to_string(message_bytes_max) + "; raise Options::message_bytes_max",
                     "message_bytes_max");
    }
    return std::nullopt;
}

}  // namespace zex
