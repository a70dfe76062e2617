#include "common/net/zmtp/protocol.h"

#include <algorithm>
#include <utility>

#include "common/net/zmtp/command.h"
#include "common/net/zmtp/greeting.h"

namespace zex::net::zmtp {
namespace {

/// A READY carries a few short properties; a mechanism with certificates needs no more.
constexpr std::uint64_t handshake_bytes_max = 8 << 10;
constexpr std::uint64_t command_bytes_max = 512;
constexpr std::size_t commands_in_message_max = 16;  ///< a heartbeat a second, for a slow frame
constexpr std::size_t ping_ttl_bytes = 2;
constexpr std::size_t ping_context_max = 16;

using Kind = Protocol::Event::Kind;

}  // namespace

Protocol::Protocol(std::unique_ptr<Mechanism> mechanism, Bounds bounds)
    : mechanism_(std::move(mechanism)), bounds_(bounds), output_(greeting(mechanism_->name())) {}

Protocol::Event Protocol::next(std::string_view bytes) {
    wanted_ = 0;
    switch (state_) {
        case State::greeting:
            return next_greeting(bytes);
        case State::handshake:
            return next_handshake(bytes);
        case State::traffic:
            return next_traffic(bytes);
        case State::surplus:
            return next_surplus(bytes);
        case State::refused:
            break;
    }
    return {Kind::refused, bytes.size(), {}, 0, false};
}

Protocol::Event Protocol::refuse(Refusal why) {
    state_ = State::refused;
    refusal_ = why;
    return {Kind::refused, 0, {}, 0, false};
}

Protocol::Event Protocol::incomplete(std::uint64_t wanted) {
    wanted_ = wanted;
    return {};
}

Protocol::Event Protocol::next_greeting(std::string_view bytes) {
    if (const auto fault = greeting_fault(bytes, mechanism_->name())) return refuse(*fault);
    if (bytes.size() < greeting_size) return incomplete(greeting_size);
    state_ = State::handshake;
    return {Kind::progress, greeting_size, {}, 0, false};
}

Protocol::Event Protocol::next_handshake(std::string_view bytes) {
    FrameHeader header;
    switch (read_header(bytes, header)) {
        case HeaderState::incomplete:
            return incomplete(0);
        case HeaderState::malformed:
            return refuse(Refusal::bad_handshake);
        case HeaderState::whole:
            break;
    }
    if (!header.command || header.size > handshake_bytes_max) {
        output_ += error_frame(text(Refusal::bad_handshake));
        return refuse(Refusal::bad_handshake);
    }
    const std::size_t whole = header.header_size + header.size;
    if (bytes.size() < whole) return incomplete(whole);
    const auto outcome =
        mechanism_->on_command(bytes.substr(header.header_size, header.size), output_);
    if (outcome.refused) return refuse(*outcome.refused);
    if (outcome.done) {
        state_ = State::traffic;
        mechanism_.reset();
    }
    return {Kind::progress, whole, {}, 0, false};
}

/// The header that stands where scanning has come to. An event where that ends the call.
std::optional<Protocol::Event> Protocol::read_frame(std::string_view bytes, FrameHeader& header) {
    switch (read_header(bytes.substr(scanned_), header)) {
        case HeaderState::incomplete:
            return incomplete(scanned_ == 0 ? 0 : scanned_ + 1);
        case HeaderState::malformed:
            return refuse(Refusal::bad_frame);
        case HeaderState::whole:
            break;
    }
    if (header.command && header.size > command_bytes_max) return refuse(Refusal::bad_command);
    return std::nullopt;
}

// A command may stand between two frames of one message, as libzmq sends its heartbeat when it is
// due. It is answered at once, and its bytes are kept with those of the message.
Protocol::Event Protocol::next_traffic(std::string_view bytes) {
    for (;;) {
        FrameHeader header;
        if (const auto event = read_frame(bytes, header)) return *event;
        if (!header.command && frame_count_ == frames_.size()) return message(bytes, true);
        const std::size_t begin = scanned_ + header.header_size;
        if (header.size > bounds_.message_bytes || begin + header.size > bounds_.message_bytes) {
            return refuse(Refusal::too_large);
        }
        const std::size_t end = begin + header.size;
        if (bytes.size() < end) return incomplete(end);
        scanned_ = end;
        if (!header.command) {
            frames_[frame_count_++] = {begin, header.size};
            if (!header.more) return message(bytes, false);
            continue;
        }
        if (!on_command(bytes.substr(begin, header.size))) return refuse(Refusal::bad_command);
        if (frame_count_ == 0) return {Kind::progress, std::exchange(scanned_, 0), {}, 0, false};
        if (++commands_in_message_ > commands_in_message_max) return refuse(Refusal::bad_command);
    }
}

Protocol::Event Protocol::message(std::string_view bytes, bool surplus) {
    Event event{Kind::message, std::exchange(scanned_, 0), {}, frame_count_, surplus};
    for (std::size_t i = 0; i < frame_count_; ++i) {
        event.frames[i] = bytes.substr(frames_[i].begin, frames_[i].size);
    }
    frame_count_ = 0;
    commands_in_message_ = 0;
    if (surplus) {
        state_ = State::surplus;
        surplus_left_ = 0;
        surplus_more_ = true;
        surplus_seen_ = 0;
    }
    return event;
}

/// Throws frames away as they come, whole or in parts, up to the last one of the message.
Protocol::Event Protocol::next_surplus(std::string_view bytes) {
    std::size_t consumed = 0;
    for (;;) {
        const std::size_t part = std::min<std::uint64_t>(surplus_left_, bytes.size() - consumed);
        consumed += part;
        surplus_left_ -= part;
        surplus_seen_ += part;
        if (surplus_seen_ > bounds_.surplus_bytes) return refuse(Refusal::endless_message);
        if (surplus_left_ > 0) break;
        if (!surplus_more_) {
            state_ = State::traffic;
            return {Kind::progress, consumed, {}, 0, false};
        }
        FrameHeader header;
        const HeaderState state = read_header(bytes.substr(consumed), header);
        if (state == HeaderState::malformed) return refuse(Refusal::bad_frame);
        if (state == HeaderState::incomplete) break;
        if (header.command) {
            if (header.size > command_bytes_max) return refuse(Refusal::bad_command);
            const std::size_t end = consumed + header.header_size + header.size;
            if (bytes.size() < end) break;
            if (!on_command(bytes.substr(consumed + header.header_size, header.size))) {
                return refuse(Refusal::bad_command);
            }
            surplus_seen_ += end - consumed;
            consumed = end;
            continue;
        }
        consumed += header.header_size;
        surplus_seen_ += header.header_size;
        surplus_left_ = header.size;
        surplus_more_ = header.more;
    }
    if (consumed == 0) return incomplete(0);
    return {Kind::progress, consumed, {}, 0, false};
}

/// False where the connection is to end.
bool Protocol::on_command(std::string_view frame) {
    const auto command = read_command(frame);
    if (!command) return false;
    if (command->name == "PONG") return true;
    if (command->name != "PING") return false;
    if (command->data.size() < ping_ttl_bytes) return false;
    const std::string_view context = command->data.substr(ping_ttl_bytes);
    if (context.size() > ping_context_max) return false;
    output_ += command_frame("PONG", context);
    return true;
}

}  // namespace zex::net::zmtp
