#include "broker/shell/gate.h"

#include <algorithm>
#include <optional>
#include <string>

namespace zex::shell {
namespace {

wire::DecodeLimits decode_limits(const core::Limits& limits) {
    wire::DecodeLimits decode;
    decode.message_bytes = limits.message_bytes;
    decode.batch_messages = limits.batch_messages;
    return decode;
}

std::size_t row_of(ErrorCode code) {
    return static_cast<std::size_t>(&info(code) - error_table.data());
}

// 1xx is the family of errors about bytes that came in.
bool about_input(ErrorCode code) {
    return static_cast<std::uint16_t>(code) < 200;
}

}  // namespace

Gate::Gate(const core::Limits& limits)
    : body_bytes_(std::max(limits.batch_bytes, limits.message_bytes)),
      decoder_(decode_limits(limits)) {}

Gate::Admitted Gate::admit(std::span<const std::string_view> frames, bool surplus) {
    Admitted admitted = check(frames, surplus);
    if (const auto* refusal = std::get_if<wire::Refusal>(&admitted)) count(refusal->error.code);
    return admitted;
}

Gate::Admitted Gate::check(std::span<const std::string_view> frames, bool surplus) {
    if (frames.empty()) {
        return wire::Refusal{
            error(ErrorCode::wrong_frame_count, "the message has no envelope frame"), {}, {}};
    }
    if (frames[0].empty()) {
        return wire::Refusal{error(ErrorCode::malformed,
                                   "the first frame is empty, as from a REQ socket; connect a "
                                   "DEALER, which sends the envelope as its first frame"),
                             {},
                             wire::Form::json};
    }
    const std::string_view envelope = frames[0];
    if (surplus || frames.size() > 2) {
        return wire::Refusal{
            error(ErrorCode::wrong_frame_count,
                  "a message is one envelope frame and at most one body frame; this one has more"),
            {},
            wire::form_of(envelope)};
    }
    std::optional<std::string_view> body;
    if (frames.size() == 2) body = frames[1];
    auto decoded = decoder_.request(envelope, body);
    const auto* request = std::get_if<wire::Decoded<wire::Request>>(&decoded);
    if (request != nullptr && body && body->size() > body_bytes_) {
        return wire::Refusal{
            error(ErrorCode::message_too_large,
                  "the body frame has " + std::to_string(body->size()) +
                      " bytes; the broker takes at most " + std::to_string(body_bytes_) +
                      " in one publish; send smaller batches"),
            request->value.id, request->form};
    }
    return decoded;
}

void Gate::count(ErrorCode code) {
    ++refused_[row_of(code)];
}

std::uint64_t Gate::refused(ErrorCode code) const {
    return refused_[row_of(code)];
}

std::vector<wire::CounterView> Gate::counters() const {
    std::vector<wire::CounterView> rows;
    for (const ErrorInfo& row : error_table) {
        if (!about_input(row.code)) continue;
        rows.push_back({"bad_input_" + std::string(row.name), refused(row.code)});
    }
    return rows;
}

}  // namespace zex::shell
