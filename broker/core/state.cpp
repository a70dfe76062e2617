#include "broker/core/state.h"

#include "common/base/text.h"

namespace zex::core {

std::string State::random_hex() {
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(32);
    for (int half = 0; half < 2; ++half) {
        std::uint64_t bits = entropy();
        for (int i = 0; i < 16; ++i, bits >>= 4) hex += digits[bits & 15];
    }
    return hex;
}

void succeed(Turn& turn, const Asker& asker, wire::Ok ok) {
    turn.out.list.push_back(Answer{asker.connection, {asker.id, std::move(ok)}});
}

void fail(Turn& turn, const Asker& asker, Error error) {
    ++turn.state.counters.errors_answered;
    turn.out.list.push_back(
        Answer{asker.connection, {asker.id, wire::ErrorReply{std::move(error), {}}}});
}

Queue* usable_queue(Turn& turn, const Asker& asker, const std::string& name) {
    Queue* queue = turn.state.topology.queue(name);
    if (queue == nullptr) {
        fail(turn, asker,
             error(ErrorCode::no_such_queue,
                   "no queue is named '" + escaped(name) + "'; declare it first", "queue"));
        return nullptr;
    }
    if (queue->options.exclusive && queue->owner != asker.session.id) {
        fail(turn, asker,
             error(ErrorCode::queue_is_exclusive,
                   "queue '" + escaped(name) + "' is exclusive to another session", "queue"));
        return nullptr;
    }
    return queue;
}

}  // namespace zex::core
