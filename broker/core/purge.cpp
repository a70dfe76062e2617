#include "broker/core/purge.h"

#include <string>
#include <utility>

#include "broker/core/dispatch.h"
#include "broker/core/durable.h"
#include "common/base/text.h"

namespace zex::core {

void purge(Turn& turn, const Asker& asker, const wire::Purge& verb) {
    Queue* queue = usable_queue(turn, asker, verb.queue);
    if (queue == nullptr) return;
    if (queue->options.durable) {
        if (auto error = why_not_removed(turn)) return fail(turn, asker, std::move(*error));
    }
    if (queue->options.durable && !queue->durable()->waiting.empty()) {
        // Requests are carried out in their order: gets that wait for the disk come first.
        auto& waiting = queue->durable()->waiting;
        if (waiting.size() >= waiting_gets) {
            return fail(
                turn, asker,
                error(ErrorCode::limit_reached,
                      std::to_string(waiting_gets) + " requests wait for messages of queue " + "'" +
                          escaped(queue->name) + "'" + "; wait for their answers"));
        }
        waiting.push_back({asker.session.id, asker.connection, asker.id, {}, true});
        return;
    }
    purge_now(turn, asker, *queue);
    if (queue->options.durable) dispatch(turn, *queue);
}

void purge_now(Turn& turn, const Asker& asker, Queue& queue) {
    wire::Ok ok;
    ok.queue = queue.name;
    ok.messages = queue.purge();
    turn.state.counters.dropped_purged += *ok.messages;
    if (queue.options.durable) turn.out.records.promise_sync();
    succeed_when_settled(turn, asker, std::move(ok));
}

}  // namespace zex::core
