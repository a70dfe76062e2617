#include "tests/store/model.h"

#include "broker/facts/stored_message.h"

namespace zex::test {

std::string Model::text() const {
    std::string out;
    for (const std::string& name : exchanges) out += "exchange " + name + "\n";
    for (const auto& [id, queue] : queues) {
        out += "queue " + std::to_string(id) + " " + queue.name + " next " +
               std::to_string(queue.next) + " offered " + std::to_string(queue.offered) + "\n";
        for (const auto& [sequence, payload] : queue.payloads) {
            out += "  " + std::to_string(sequence) + " " + payload + "\n";
        }
    }
    for (const auto& [exchange, key, queue] : bindings) {
        out += "binding " + exchange + " " + key + " " + std::to_string(queue) + "\n";
    }
    return out;
}

Model model_of(const log::Recovered& found, store::Store& store, bool* unordered) {
    Model model;
    for (const auto& exchange : found.exchanges) model.exchanges.insert(exchange.name);
    for (const auto& bound : found.bindings) {
        model.bindings.emplace(bound.exchange, bound.key, bound.queue);
    }
    for (const log::RecoveredQueue& from : found.queues) {
        ModelQueue& queue = model.queues[from.declared.queue];
        queue.name = from.declared.name;
        queue.next = from.declared.next_sequence;
        queue.offered = from.declared.offered;
        std::vector<std::uint64_t> sequences;
        std::vector<log::Place> places;
        for (const log::Run& run : from.runs) {
            for (std::size_t i = 0; i < run.places.size(); ++i) {
                if (!run.places[i]) continue;
                const std::uint64_t sequence = run.first + i;
                if (unordered && !sequences.empty() && sequence <= sequences.back()) {
                    *unordered = true;
                }
                sequences.push_back(sequence);
                places.push_back(run.places[i]);
            }
        }
        auto records = store.read(places);
        if (!records && records.error().may_retry()) records = store.read(places);
        for (std::size_t i = 0; i < sequences.size(); ++i) {
            if (!records) {
                queue.payloads[sequences[i]] = "unread";
                continue;
            }
            const log::StoredRecord& record = (*records)[i];
            const auto message = facts::read_message(record.header.flags, record.body.view());
            const bool right = !record.damage && message &&
                               record.header.queue == from.declared.queue &&
                               record.header.sequence == sequences[i];
            queue.payloads[sequences[i]] = right ? std::string(message->payload) : "damaged";
        }
    }
    return model;
}

}  // namespace zex::test
