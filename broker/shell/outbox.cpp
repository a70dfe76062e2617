#include "broker/shell/outbox.h"

#include <array>
#include <utility>

namespace zex::shell {

Outbox::Outbox(Sender sender, Bounds bounds) : sender_(std::move(sender)), bounds_(bounds) {}

void Outbox::open(ConnectionId connection, wire::Form form) {
    lanes_[connection].form = form;
}

void Outbox::set_form(ConnectionId connection, wire::Form form) {
    if (Lane* lane = find(connection)) lane->form = form;
}

void Outbox::close(ConnectionId connection) {
    const auto found = lanes_.find(connection);
    if (found == lanes_.end()) return;
    stop_waiting(connection, found->second);
    lanes_.erase(found);
}

Outbox::Lane* Outbox::find(ConnectionId connection) {
    const auto found = lanes_.find(connection);
    return found == lanes_.end() || found->second.dead ? nullptr : &found->second;
}

void Outbox::answer(ConnectionId to, const wire::Reply& reply) {
    Lane* lane = find(to);
    if (lane == nullptr) return;
    flush(to, *lane);
    send(to, *lane, wire::encode(lane->form, reply), What::answer);
}

void Outbox::confirm(const core::Confirm& confirm) {
    Lane* lane = find(confirm.to);
    if (lane == nullptr) return;
    const auto complete = lane->merge.add(confirm);
    hold_back(confirm.to, *lane);
    if (complete) write(confirm.to, *lane, *complete);
}

void Outbox::deliver(const core::Deliver& deliver, std::vector<core::Message>& messages) {
    Lane* lane = find(deliver.to);
    if (lane == nullptr) return;
    if (deliver.name.empty()) {  // the answer to `get`
        flush(deliver.to, *lane);
        scratch_ = {};
        fill(messages.data() + deliver.begin, messages.data() + deliver.end);
        scratch_.first_tag = deliver.first_tag;
        scratch_.remaining = deliver.remaining;
        write(deliver.to, *lane, scratch_, {false, deliver.data}, deliver.id);
        return;
    }
    const auto complete = lane->merge.add(deliver, messages, bounds_.frame_bytes);
    hold_back(deliver.to, *lane);
    if (complete) write(deliver.to, *lane, *complete);
}

void Outbox::hold_back(ConnectionId connection, Lane& lane) {
    if (std::exchange(lane.held_back, true)) return;
    turn_.push_back(connection);
}

void Outbox::end_turn() {
    for (const ConnectionId connection : turn_) {
        Lane* lane = find(connection);
        if (lane == nullptr) continue;
        lane->held_back = false;
        flush(connection, *lane);
    }
    turn_.clear();
}

void Outbox::flush(ConnectionId connection, Lane& lane) {
    if (lane.merge.empty()) return;
    if (const auto confirm = lane.merge.take_confirm()) write(connection, lane, *confirm);
    for (const DeliverRun& run : lane.merge.take_runs()) {
        if (!run.messages.empty()) write(connection, lane, run);
    }
}

void Outbox::write(ConnectionId to, Lane& lane, const core::Confirm& confirm) {
    const wire::Reply reply{confirm.first_id, wire::Confirm{confirm.count, confirm.queues}};
    send(to, lane, wire::encode(lane.form, reply), What::answer);
}

void Outbox::write(ConnectionId to, Lane& lane, const DeliverRun& run) {
    fill(run.messages.data(), run.messages.data() + run.messages.size());
    scratch_.consumer = run.name;
    scratch_.first_tag = run.first_tag;
    scratch_.remaining.reset();
    write(to, lane, scratch_, {run.batch, run.data}, std::nullopt);
}

void Outbox::write(ConnectionId to, Lane& lane, const wire::Deliver& deliver,
                   wire::DeliverStyle style, std::optional<std::uint64_t> id) {
    wire::encode_deliver(
        lane.form, deliver, id, style, bounds_.frame_bytes,
        [&](wire::Frames&& frames) { send(to, lane, std::move(frames), What::delivery); });
}

void Outbox::fill(const core::Message* begin, const core::Message* end) {
    scratch_.messages.clear();
    for (const core::Message* message = begin; message != end; ++message) {
        const core::Heading& heading = *message->heading.get();
        scratch_.messages.push_back({heading.exchange, heading.key, heading.properties,
                                     message->own(), message->payload(), message->deliveries});
    }
}

void Outbox::send(ConnectionId to, Lane& lane, wire::Frames&& frames, What what) {
    if (lane.dead) return;
    Waiting out;
    out.bytes = frames.envelope.size() + (frames.body ? frames.body->size() : 0);
    if (what == What::answer) out.answer_bytes = out.bytes;
    out.envelope = std::move(frames.envelope);
    if (frames.body) out.body = std::move(*frames.body);
    if (!lane.waiting.empty()) return queue(to, lane, std::move(out));
    switch (try_send(to, out)) {
        case net::Sent::sent:
            return;
        case net::Sent::would_block:
            ++times_blocked_;
            waiting_.push_back(to);
            news_.push_back({News::Kind::blocked, to});
            return queue(to, lane, std::move(out));
        case net::Sent::unreachable:
        case net::Sent::closed:
            return die(to, lane, News::Kind::unreachable);
    }
}

void Outbox::queue(ConnectionId to, Lane& lane, Waiting&& frames) {
    lane.answer_bytes += frames.answer_bytes;
    lane.waiting_bytes += frames.bytes;
    waiting_bytes_ += frames.bytes;
    lane.waiting.push_back(std::move(frames));
    if (lane.answer_bytes > bounds_.answer_bytes) die(to, lane, News::Kind::overfull);
}

net::Sent Outbox::try_send(ConnectionId to, Waiting& frames) {
    std::array<net::Outgoing, 2> parts;
    parts[0] = std::move(frames.envelope);
    if (frames.body) parts[1] = std::move(*frames.body);
    const net::Sent result = sender_(to, std::span(parts).first(frames.body ? 2 : 1));
    if (result == net::Sent::sent) {
        ++frames_sent_;
    } else {
        frames.envelope = std::move(parts[0]);
        if (frames.body) *frames.body = std::move(parts[1]);
    }
    return result;
}

void Outbox::retry() {
    for (const ConnectionId connection : std::exchange(waiting_, {})) {
        Lane* lane = find(connection);
        if (lane == nullptr || lane->waiting.empty()) continue;
        net::Sent result = net::Sent::sent;
        while (!lane->waiting.empty() && result == net::Sent::sent) {
            const Waiting& first = lane->waiting.front();
            const std::uint64_t bytes = first.bytes;
            const std::uint64_t answer_bytes = first.answer_bytes;
            result = try_send(connection, lane->waiting.front());
            if (result != net::Sent::sent) break;
            lane->answer_bytes -= answer_bytes;
            lane->waiting_bytes -= bytes;
            waiting_bytes_ -= bytes;
            lane->waiting.pop_front();
        }
        if (lane->waiting.empty()) {
            news_.push_back({News::Kind::ready, connection});
        } else if (result == net::Sent::would_block) {
            waiting_.push_back(connection);
        } else {
            die(connection, *lane, News::Kind::unreachable);
        }
    }
}

std::uint64_t Outbox::waiting_bytes(ConnectionId connection) const {
    const auto found = lanes_.find(connection);
    return found == lanes_.end() ? 0 : found->second.waiting_bytes;
}

void Outbox::stop_waiting(ConnectionId connection, Lane& lane) {
    if (lane.waiting.empty()) return;
    lane.waiting.clear();
    lane.answer_bytes = 0;
    waiting_bytes_ -= std::exchange(lane.waiting_bytes, 0);
    std::erase(waiting_, connection);
}

void Outbox::die(ConnectionId connection, Lane& lane, News::Kind why) {
    stop_waiting(connection, lane);
    lane.dead = true;
    news_.push_back({why, connection});
}

}  // namespace zex::shell
