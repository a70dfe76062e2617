#include "broker/core/settle.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/consume.h"
#include "broker/core/dispatch.h"
#include "broker/core/durable.h"
#include "common/base/text.h"

namespace zex::core {
namespace {

/// Applies one action to deliveries and remembers the queues that it touched.
class Settling {
  public:
    Settling(Turn& turn, wire::Settlement action) : turn_(turn), action_(action) {}

    void add(Unsettled&& delivery) {
        if (queue_ == nullptr || queue_->id != delivery.queue) enter(delivery.queue);
        // Of a deleted queue: counted when that went, and nothing changes now.
        if (queue_ == nullptr) return turn_.state.topology.forget(delivery.message);
        ++count;
        switch (action_) {
            case wire::Settlement::ack:
                ++turn_.state.counters.acked;
                return queue_->acked(delivery.message, turn_.now);
            case wire::Settlement::reject:
                ++turn_.state.counters.dropped_rejected;
                return queue_->dropped(delivery.message);
            case wire::Settlement::requeue:
                ++turn_.state.counters.requeued;
                return back_[queue_->id].push_back(std::move(delivery.message));
        }
    }

    void put_back() {
        for (auto& [queue, messages] : back_) at(queue).requeue(std::move(messages));
    }

    /// Hands out what went back.
    void dispatch_touched() {
        for (auto& [queue, messages] : back_) dispatch(turn_, at(queue));
    }

    std::uint64_t count = 0;

  private:
    void enter(QueueId id) { queue_ = turn_.state.topology.queue(id); }
    Queue& at(QueueId id) { return *turn_.state.topology.queue(id); }

    Turn& turn_;
    wire::Settlement action_;
    Queue* queue_ = nullptr;  ///< of the delivery before
    std::map<QueueId, std::vector<Message>> back_;
};

Error no_delivery(std::uint64_t tag) {
    return error(ErrorCode::no_such_delivery,
                 "tag " + std::to_string(tag) +
                     " names no unsettled delivery: it was settled before, or never given",
                 "tag");
}

/// Counts the stale tags of a range; gives the first tag that is not.
std::uint64_t pass_over_stale(Turn& turn, const Session& session, const wire::TagRange& range) {
    const std::uint64_t first = std::max<std::uint64_t>(range.first, 1);
    if (first > session.epoch_tags || range.last < first) return first;
    const std::uint64_t last = std::min(range.last, session.epoch_tags);
    turn.state.counters.stale_settles += last - first + 1;
    return last + 1;
}

/// Settles one range; gives the first tag that names nothing, if there is one. Its work is bounded
/// by the deliveries held, however long the range.
std::optional<std::uint64_t> settle_range(Turn& turn, const Session& session,
                                          UnsettledDeliveries& held, const wire::TagRange& range,
                                          Settling& settling) {
    std::optional<std::uint64_t> missing;
    if (range.first == 0) missing = 0;
    std::uint64_t next = pass_over_stale(turn, session, range);
    while (const auto tag = held.next_held(next, range.last)) {
        if (!missing && *tag > next) missing = next;
        settling.add(*held.take(*tag));
        next = *tag + 1;
    }
    if (!missing && next <= range.last) missing = next;
    return missing;
}

/// Settles ranges in the order of their tags, each tag at most once, so that no request costs more
/// than the deliveries held.
std::optional<std::uint64_t> settle_ranges(Turn& turn, const Session& session,
                                           UnsettledDeliveries& held,
                                           std::vector<wire::TagRange> ranges, Settling& settling) {
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::optional<std::uint64_t> missing;
    std::optional<std::uint64_t> done;  // the highest tag seen
    for (wire::TagRange range : ranges) {
        if (done && range.first <= *done) {
            if (!missing) missing = range.first;
            if (range.last <= *done) continue;
            range.first = *done + 1;
        }
        const auto missed = settle_range(turn, session, held, range, settling);
        if (!missing) missing = missed;
        done = range.last;
    }
    return missing;
}

/// The tags that the request names, with `up_to` spelled out as those that are held.
std::vector<wire::TagRange> ranges_of(const wire::Settle& verb, const Session& session,
                                      const UnsettledDeliveries& held) {
    if (!verb.up_to) return verb.tags;
    std::vector<wire::TagRange> ranges;
    const std::uint64_t last = verb.tags.front().last;
    if (last > session.last_tag) return {{last, last}};
    std::uint64_t next = 0;
    while (const auto tag = held.next_held(next, last)) {
        next = *tag + 1;
        if (!ranges.empty() && ranges.back().last + 1 == *tag) {
            ranges.back().last = *tag;
        } else {
            ranges.push_back({*tag, *tag});
        }
    }
    return ranges;
}

/// Most ranges that are told back.
constexpr std::size_t told_ranges = 1000;

/// Tells how much was settled all the same, and which settle it was where no id says so.
void refuse(Turn& turn, const Asker& asker, const wire::Settle& verb, Error error,
            std::uint64_t changed) {
    ++turn.state.counters.errors_answered;
    wire::ErrorReply reply{std::move(error), {}};
    reply.changed = changed;
    if (!asker.id) {
        reply.consumer = verb.consumer;
        reply.tags = verb.tags;
        if (reply.tags.size() > told_ranges) reply.tags.resize(told_ranges);
    }
    turn.out.list.push_back(Answer{asker.connection, {asker.id, std::move(reply)}});
}

void finish(Turn& turn, const Asker& asker, const wire::Settle& verb, Settling& settling,
            Consumer* consumer, const std::optional<std::uint64_t>& missing) {
    settling.put_back();
    if (missing) {
        refuse(turn, asker, verb, no_delivery(*missing), settling.count);
    } else if (asker.id) {
        wire::Ok ok;
        ok.changed = settling.count;
        succeed_when_settled(turn, asker, std::move(ok));
    }
    if (consumer != nullptr && consumer->queue != nullptr) {
        consumer->queue->turn.offer(*consumer);
        dispatch(turn, *consumer->queue);
    }
    settling.dispatch_touched();
    const bool done = consumer != nullptr && consumer->queue == nullptr;
    if (done && consumer->unsettled.count() == 0) remove_consumer(turn, *consumer);
}

}  // namespace

void settle(Turn& turn, const Asker& asker, const wire::Settle& verb) {
    Session& session = asker.session;
    Consumer* consumer = nullptr;
    if (!verb.consumer.empty()) {
        const auto found = session.consumers.find(verb.consumer);
        if (found == session.consumers.end()) {
            return refuse(turn, asker, verb,
                          error(ErrorCode::no_such_consumer,
                                "session " + session.name + " has no consumer named '" +
                                    escaped(verb.consumer) + "'",
                                "consumer"),
                          0);
        }
        consumer = found->second.get();
    }
    const Queue* queue = consumer != nullptr ? consumer->queue : nullptr;
    const bool may_be_durable = queue == nullptr || queue->options.durable;
    if (asker.id && may_be_durable) {  // it is answered when it is stored
        if (auto error = why_not_removed(turn)) return fail(turn, asker, std::move(*error));
    }
    UnsettledDeliveries& held = consumer != nullptr ? consumer->unsettled : session.taken;
    Settling settling(turn, verb.action);
    const auto missing =
        settle_ranges(turn, session, held, ranges_of(verb, session, held), settling);
    if (consumer != nullptr && verb.action == wire::Settlement::ack) {
        consumer->acked += settling.count;
    }
    finish(turn, asker, verb, settling, consumer, missing);
}

void requeue_all(Turn& turn, Session& session) {
    Settling settling(turn, wire::Settlement::requeue);
    std::vector<std::string> cancelled;
    for (const auto& [name, consumer] : session.consumers) {
        for (Unsettled& delivery : consumer->unsettled.take_all()) {
            settling.add(std::move(delivery));
        }
        if (consumer->queue == nullptr) cancelled.push_back(name);
    }
    for (Unsettled& delivery : session.taken.take_all()) settling.add(std::move(delivery));
    session.epoch_tags = session.last_tag;
    for (const std::string& name : cancelled) session.consumers.erase(name);
    settling.put_back();
    settling.dispatch_touched();
}

}  // namespace zex::core
