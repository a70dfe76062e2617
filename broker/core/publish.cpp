#include "broker/core/publish.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/content.h"
#include "broker/core/dispatch.h"
#include "broker/core/durable.h"
#include "common/base/check.h"
#include "common/base/text.h"

namespace zex::core {
namespace {

/// What became of the messages, in order, as few effects as their runs allow.
class Outcomes {
  public:
    Outcomes(Turn& turn, const Asker& asker, bool batch)
        : turn_(turn), asker_(asker), mergeable_(batch || asker.session.batch) {}
    ~Outcomes() { ZEX_CHECK(count_ == 0); }
    Outcomes(const Outcomes&) = delete;
    Outcomes& operator=(const Outcomes&) = delete;

    /// `when_stored`: only when the batch at hand is.
    void confirm(std::uint64_t queues, bool when_stored) {
        const bool differs = queues_ != queues || when_stored_ != when_stored;
        if (refusal_ || (count_ > 0 && differs)) emit();
        queues_ = queues;
        when_stored_ = when_stored;
        ++count_;
    }

    /// `loss` names what it was for; its count is of no meaning. Runs are of one error and queue.
    void refuse(Error error, const Loss& loss) {
        const bool same =
            refusal_ && refusal_->code == error.code && refused_.queue.data() == loss.queue.data();
        if (count_ > 0 && !same) emit();
        if (!refusal_) {
            refusal_ = std::move(error);
            refused_ = loss;
        }
        ++count_;
    }

    /// Says what has been held back to make longer runs of it. Last to be called.
    void emit() {
        if (count_ == 0) return;
        if (refusal_) {
            count_refused();
            emit_refusal();
        } else if (asker_.id) {
            emit_confirm();
        }
        done_ += count_;
        count_ = 0;
        refusal_.reset();
    }

    void give_back(const wire::DeliverEntry& message) {
        emit();
        ++turn_.state.counters.returned;
        wire::Return reply{message,
                           error(ErrorCode::unroutable,
                                 "no queue is bound to exchange '" + escaped(message.exchange) +
                                     "' for key '" + escaped(message.key) + "'",
                                 "key")};
        turn_.out.list.push_back(Answer{asker_.connection, {next_id(), std::move(reply)}});
        ++done_;
    }

  private:
    std::optional<std::uint64_t> next_id() const {
        return asker_.id ? std::optional(*asker_.id + done_) : std::nullopt;
    }

    void emit_confirm() {
        const Confirm confirm{asker_.connection, *next_id(), count_, queues_, mergeable_};
        if (when_stored_) {
            turn_.state.storage.await(turn_.state.storage.facts(turn_.out), confirm);
        } else {
            turn_.state.counters.confirmed += count_;
            turn_.out.list.emplace_back(confirm);
        }
    }

    void count_refused() {
        Counters& counters = turn_.state.counters;
        counters.refused += count_;
        counters.*counter_of(refused_.why) += count_;
        refused_.count = count_;
        turn_.out.losses.push_back(refused_);
    }

    static std::uint64_t Counters::*counter_of(Loss::Why why) {
        switch (why) {
            case Loss::Why::no_exchange:
                return &Counters::refused_no_exchange;
            case Loss::Why::queue_full:
                return &Counters::refused_queue_full;
            case Loss::Why::memory_full:
                return &Counters::refused_memory_full;
            default:
                return &Counters::refused_storage;
        }
    }

    void emit_refusal() {
        turn_.out.list.push_back(
            Answer{asker_.connection, {next_id(), wire::Refuse{count_, std::move(*refusal_)}}});
    }

    Turn& turn_;
    const Asker& asker_;
    bool mergeable_;
    std::uint64_t done_ = 0;   ///< messages whose outcome was emitted
    std::uint64_t count_ = 0;  ///< messages in the run at hand
    std::uint64_t queues_ = 0;
    bool when_stored_ = false;
    std::optional<Error> refusal_;
    Loss refused_;
};

/// From so many queues on, copies into the chunks of each cost more than a block of its own.
constexpr std::size_t shared_among = 3;

/// Carries one publish through.
class Publishing {
  public:
    Publishing(Turn& turn, const Asker& asker, const wire::Publish& verb, Exchange& exchange)
        : turn_(turn),
          verb_(verb),
          exchange_(exchange),
          outcomes_(turn, asker, verb.batch),
          body_(verb.body) {}

    void run() {
        const auto& entries = verb_.messages;
        for (auto begin = entries.begin(); begin != entries.end();) {
            const auto end = std::find_if(begin, entries.end(), [&](const wire::PublishEntry& e) {
                return !same_key(e.key, begin->key);
            });
            const Targets& targets = exchange_.route(begin->key);
            if (targets.empty()) {
                lose(Loss::Why::unroutable, begin->key, {},
                     static_cast<std::uint64_t>(end - begin));
                std::for_each(begin, end, [&](const auto& entry) { leave_unrouted(entry); });
            } else {
                enter_heading(begin->key, targets);
                stored_ = std::any_of(targets.begin(), targets.end(),
                                      [](const Queue* queue) { return queue->options.durable; });
                std::for_each(begin, end, [&](const auto& entry) { enqueue(entry, targets); });
                std::for_each(targets.begin(), targets.end(), [&](Queue* q) { touch(*q); });
            }
            begin = end;
        }
        outcomes_.emit();
        for (Queue* queue : touched_) {
            queue->touched = false;
            dispatch(turn_, *queue);
        }
    }

  private:
    /// Entries without a key of their own show the same bytes.
    static bool same_key(std::string_view a, std::string_view b) {
        return (a.data() == b.data() && a.size() == b.size()) || a == b;
    }

    void lose(Loss::Why why, std::string_view key, std::string_view queue, std::uint64_t count) {
        turn_.out.losses.push_back({why, exchange_.name, key, queue, count});
    }

    void touch(Queue& queue) {
        if (std::exchange(queue.touched, true)) return;
        touched_.push_back(&queue);
    }

    std::string_view next_payload(const wire::PublishEntry& entry) {
        const std::string_view payload = body_.substr(0, entry.size);
        body_.remove_prefix(entry.size);
        return payload;
    }

    /// Within one run all messages share a heading; so do runs with equal keys and properties.
    void enter_heading(std::string_view key, const Targets& targets) {
        if (heading_ && heading_->is(exchange_.name, key, verb_.common)) return;
        // The targets of a key have an address of their own, but for those of the default exchange.
        const std::uint64_t place = reinterpret_cast<std::uintptr_t>(&targets) +
                                    reinterpret_cast<std::uintptr_t>(targets.front());
        heading_ = turn_.state.headings.get(place, exchange_.name, key, verb_.common);
    }

    void leave_unrouted(const wire::PublishEntry& entry) {
        ++exchange_.unroutable;
        const std::string_view payload = next_payload(entry);
        if (verb_.mandatory) {
            outcomes_.give_back({exchange_.name, entry.key, verb_.common, entry.own, payload, 1});
            return;
        }
        ++turn_.state.counters.dropped_unroutable;
        outcomes_.confirm(0, false);
    }

    /// All of the queues take the message, or none does, but for those that drop their head: they
    /// stop no other.
    void enqueue(const wire::PublishEntry& entry, const Targets& targets) {
        Arrival arrival{entry.own, next_payload(entry), {}};
        const std::uint64_t bytes = arrival.size() + verb_.common.size();
        if (!make_room(bytes, entry.key, targets)) {
            ++exchange_.refused;
            return;
        }
        share(arrival, targets);
        std::uint64_t takers = 0;
        for (Queue* queue : targets) {
            if (queue->options.drops_head && !drop_head(*queue, bytes, entry.key)) continue;
            ++takers;
            if (queue->options.durable) {
                store(turn_, *queue, heading_, arrival);
            } else {
                queue->enqueue(heading_, arrival, turn_.now);
            }
        }
        ++exchange_.routed;
        ++turn_.state.counters.routed;
        turn_.state.counters.enqueued += targets.size();  // one that is lost came in, and left
        outcomes_.confirm(takers, stored_);
    }

    /// Makes room in a queue that drops its head. False where there is none even so: unacked
    /// messages fill it, and it loses the new one.
    bool drop_head(Queue& queue, std::uint64_t bytes, std::string_view key) {
        if (!queue.has_room(bytes)) hand_out({&queue});
        std::uint64_t dropped = queue.make_room(bytes);
        const bool room = queue.has_room(bytes);
        if (!room) {
            queue.overflowed();
            ++dropped;
        }
        if (dropped > 0) {
            turn_.state.counters.dropped_overflow += dropped;
            lose(Loss::Why::overflow, key, queue.name, dropped);
        }
        return room;
    }

    /// Among many queues also a small content is written once; each holds it as long as it likes.
    static void share(Arrival& arrival, const Targets& targets) {
        if (targets.size() < shared_among) return arrival.share_if_large();
        arrival.shared = BlockRef::allocate(arrival.size());
        arrival.write_to(arrival.shared->data());
    }

    bool make_room(std::uint64_t bytes, std::string_view key, const Targets& targets) {
        const State& state = turn_.state;
        if (stored_ && state.storage.refuses) {
            outcomes_.refuse(*state.storage.refuses,
                             {Loss::Why::storage, exchange_.name, key, {}, 0});
            return false;
        }
        const std::uint64_t cost = targets.size() * MemoryGauge::cost(bytes, exchange_.name, key);
        const auto full_one = [&] {
            return std::find_if(targets.begin(), targets.end(),
                                [&](const Queue* queue) { return queue->refuses(bytes); });
        };
        const auto has_memory = [&] {
            return state.topology.memory_bytes() + unwritten() + cost <= state.limits.memory_bytes;
        };
        if (full_one() == targets.end() && has_memory()) return true;
        hand_out(targets);
        if (const auto full = full_one(); full != targets.end()) {
            (*full)->refused_one();
            outcomes_.refuse(queue_full(**full),
                             {Loss::Why::queue_full, exchange_.name, key, (*full)->name, 0});
            return false;
        }
        if (!has_memory()) {
            outcomes_.refuse(memory_full(state.limits.memory_bytes),
                             {Loss::Why::memory_full, exchange_.name, key, {}, 0});
            return false;
        }
        return true;
    }

    /// Bytes that wait for the disk.
    std::uint64_t unwritten() const {
        if (!stored_) return 0;
        return turn_.state.storage.unwritten_bytes(turn_.out);
    }

    /// What consumers without acks take at once makes room.
    void hand_out(const Targets& targets) {
        for (Queue* queue : targets) {
            if (!queue->has_deliverable() || queue->turn.first() == nullptr) continue;
            outcomes_.emit();
            dispatch(turn_, *queue);
        }
    }

    static Error memory_full(std::uint64_t limit) {
        return error(ErrorCode::memory_full,
                     "the broker holds its " + std::to_string(limit) +
                         " bytes of messages; try again when consumers have caught up, or raise "
                         "limits.memory_bytes_max");
    }

    static Error queue_full(const Queue& queue) {
        return error(ErrorCode::queue_full, "queue '" + escaped(queue.name) + "' holds " +
                                                std::to_string(queue.messages()) + " messages of " +
                                                std::to_string(queue.bytes()) +
                                                " bytes; its bounds are " +
                                                std::to_string(queue.options.max_messages) +
                                                " and " + std::to_string(queue.options.max_bytes));
    }

    Turn& turn_;
    const wire::Publish& verb_;
    Exchange& exchange_;
    Outcomes outcomes_;
    HeadingRef heading_;           ///< of the run at hand
    std::string_view body_;        ///< payloads not yet handed out
    bool stored_ = false;          ///< one of the targets of the run at hand is durable
    std::vector<Queue*> touched_;  ///< have messages that no consumer was offered yet
};

}  // namespace

void publish(Turn& turn, const Asker& asker, const wire::Publish& verb) {
    const std::uint64_t count = verb.messages.size();
    turn.state.counters.published += count;
    asker.session.published += count;
    Exchange* exchange = turn.state.topology.exchange(verb.exchange);
    if (exchange == nullptr) {
        Outcomes outcomes(turn, asker, verb.batch);
        for (std::uint64_t i = 0; i < count; ++i) {
            outcomes.refuse(
                error(ErrorCode::no_such_exchange,
                      "no exchange is named '" + escaped(verb.exchange) + "'; declare it first",
                      "exchange"),
                {Loss::Why::no_exchange, verb.exchange, verb.messages[i].key, {}, 0});
        }
        outcomes.emit();
        return;
    }
    if (!exchange->is_known()) {
        Outcomes outcomes(turn, asker, verb.batch);
        for (std::uint64_t i = 0; i < count; ++i) {
            outcomes.refuse(error(ErrorCode::no_such_exchange,
                                  "exchange '" + escaped(verb.exchange) + "' is of kind '" +
                                      escaped(exchange->kind) +
                                      "', which this version does not know; start the newer one",
                                  "exchange"),
                            {Loss::Why::no_exchange, verb.exchange, verb.messages[i].key, {}, 0});
        }
        outcomes.emit();
        return;
    }
    exchange->published += count;
    exchange->in.add(count, turn.now);
    Publishing(turn, asker, verb, *exchange).run();
}

}  // namespace zex::core
