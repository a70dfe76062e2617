#include "broker/core/cleaning.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/core/durable.h"
#include "broker/core/topology_facts.h"
#include "common/base/check.h"

namespace zex::core {
namespace {

/// Changes in one record of a written-anew topology.
constexpr std::size_t snapshot_changes = 1000;

/// One step's worth of writing anew.
class Keeping {
  public:
    Keeping(Turn& turn, std::uint32_t segment)
        : turn_(turn), storage_(turn.state.storage), segment_(segment) {}

    /// Messages whose bodies are at hand: ready ones, and those that consumers hold.
    void keep_in_memory() {
        turn_.state.topology.each_queue([this](Queue& queue) {
            if (queue.shelf() == nullptr) return;
            queue.change_each_ready([&](Message& message) { keep(&queue, message); });
        });
        turn_.state.sessions.each([this](Session& session) {
            const auto keep_held = [this](Unsettled& held) {
                keep(turn_.state.topology.queue(held.queue), held.message);
            };
            session.taken.change_each(keep_held);
            for (auto& [name, consumer] : session.consumers) {
                consumer->unsettled.change_each(keep_held);
            }
        });
    }

    /// One that was read from the disk; nothing where it has left the backlog meanwhile.
    void keep_read(Queue& queue, const LoadedMessage& loaded) {
        facts::Place* place = queue.shelf()->backlog.find(loaded.sequence);
        if (place == nullptr || place->segment != segment_) return;
        storage_.segments.let_go(
            std::exchange(*place, write(queue, loaded.sequence, *loaded.message)));
    }

    std::vector<std::pair<QueueId, Backlog::Entry>> on_disk_only() const {
        std::vector<std::pair<QueueId, Backlog::Entry>> entries;
        turn_.state.topology.each_queue([&](Queue& queue) {
            if (queue.shelf() == nullptr) return;
            for (const Backlog::Entry& entry : queue.shelf()->backlog.in_segment(segment_)) {
                entries.emplace_back(queue.id, entry);
            }
        });
        return entries;
    }

  private:
    void keep(Queue* queue, Message& message) {
        if (message.place.segment != segment_) return;
        const facts::Place old = message.place;
        const Heading& heading = *message.heading.get();
        // Of a deleted queue, and still held: nothing after a restart will ask for it.
        message.place = queue == nullptr ? facts::Place{}
                                         : write(*queue, message.sequence,
                                                 {heading.exchange, heading.key, heading.properties,
                                                  message.own(), message.payload()});
        storage_.segments.let_go(old);
    }

    facts::Place write(const Queue& queue, std::uint64_t sequence,
                       const facts::StoredMessage& message) {
        facts::Tape& tape = *turn_.out.tape;
        const bool offered = sequence < queue.shelf()->offered_written();
        const facts::Place place =
            tape.kept(queue.id.number(), sequence, offered ? facts::flag_offered : 0, message);
        storage_.segments.wrote_message(place, facts::header_size + message.encoded_size());
        storage_.cleaning->written_in = tape.batch();
        tape.promise_sync();
        return place;
    }

    Turn& turn_;
    Storage& storage_;
    const std::uint32_t segment_;
};

/// All that is declared, written anew.
void keep_topology(Turn& turn) {
    TopologyFacts facts(turn);
    const auto write_when_large = [&facts] {
        if (facts.size() >= snapshot_changes) facts.write();
    };
    const Topology& topology = turn.state.topology;
    std::vector<const Exchange*> exchanges = topology.all_exchanges();
    std::erase_if(exchanges, [](const Exchange* exchange) { return !exchange->durable; });
    for (const Exchange* exchange : exchanges) {
        facts.declared(*exchange);
        write_when_large();
    }
    topology.each_queue([&](const Queue& queue) {
        facts.declared(queue);
        write_when_large();
    });
    for (const Exchange* exchange : exchanges) {
        exchange->each_binding([&](const std::string& key, const Queue& queue) {
            facts.bound(*exchange, key, queue);
            write_when_large();
        });
    }
    facts.write();
    turn.state.storage.cleaning->written_in = turn.out.tape->batch();
}

/// Asks for the next messages that are on the disk only; of one queue at a time.
void read_some(Turn& turn, Storage::Cleaning& cleaning) {
    const QueueId queue = cleaning.to_read.back().first;
    Load load{queue, true, {}};
    while (!cleaning.to_read.empty() && cleaning.to_read.back().first == queue &&
           load.messages.size() < clean_messages) {
        load.messages.push_back(cleaning.to_read.back().second);
        cleaning.to_read.pop_back();
    }
    cleaning.reading = true;
    turn.out.list.push_back(std::move(load));
}

void remove(Turn& turn, std::uint32_t segment) {
    Storage& storage = turn.state.storage;
    storage.segments.removed(segment);
    storage.cleaning.reset();
    turn.out.list.push_back(RemoveSegment{segment});
}

}  // namespace

void clean(Turn& turn) {
    Storage& storage = turn.state.storage;
    if (!storage.cleaning) {
        const auto segment = storage.segments.to_clean(storage.committed_segment);
        if (!segment) return;
        storage.cleaning.emplace();
        storage.cleaning->segment = *segment;
    }
    Storage::Cleaning& cleaning = *storage.cleaning;
    if (cleaning.reading) return;
    if (!cleaning.to_read.empty()) return read_some(turn, cleaning);
    const Segments::Segment* segment = storage.segments.find(cleaning.segment);
    if (segment->live > 0) {
        Keeping keeping(turn, cleaning.segment);
        keeping.keep_in_memory();
        cleaning.to_read = keeping.on_disk_only();
        if (!cleaning.to_read.empty()) return read_some(turn, cleaning);
    }
    ZEX_CHECK(segment->live == 0);
    if (segment->topology && !std::exchange(cleaning.topology_kept, true)) keep_topology(turn);
    if (cleaning.written_in <= storage.committed_batch) remove(turn, cleaning.segment);
}

void messages_reread(Turn& turn, const Loaded& command) {
    Storage& storage = turn.state.storage;
    ZEX_CHECK(storage.cleaning);
    storage.cleaning->reading = false;
    Queue* queue = turn.state.topology.queue(command.queue);
    if (queue == nullptr) return clean(turn);
    Keeping keeping(turn, storage.cleaning->segment);
    for (const LoadedMessage& loaded : command.messages) {
        if (loaded.message) {
            keeping.keep_read(*queue, loaded);
        } else {
            report_lost(turn, *queue, loaded.sequence);
        }
    }
    clean(turn);
}

}  // namespace zex::core
