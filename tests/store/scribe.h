// A broker reduced to what it writes: makes facts, lays them on a tape, hands them to a store,
// cleans the oldest segment. Keeps the ledger: what the log should add up to after each fact, how
// many facts were handed over, and how many of them were confirmed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/facts/tape.h"
#include "broker/store/store.h"
#include "tests/store/model.h"

namespace zex::test {

class Scribe {
  public:
    Scribe(store::Store& store, const store::Recovered& found, std::uint32_t segment_bytes);

    void declare_exchange(const std::string& name);
    void declare_queue(std::uint64_t id, const std::string& name);
    void remove_queue(std::uint64_t id);
    void bind(const std::string& exchange, const std::string& key, std::uint64_t queue);
    void unbind(const std::string& exchange, const std::string& key, std::uint64_t queue);
    facts::Place enqueue(std::uint64_t queue, const std::string& payload) {
        return enqueue(queue, payload, 0);
    }
    /// With the flag that it may have been delivered.
    facts::Place enqueue_offered(std::uint64_t queue, const std::string& payload) {
        return enqueue(queue, payload, facts::flag_offered);
    }
    void settle(std::uint64_t queue, std::vector<facts::SequenceRange> ranges);
    void offer(std::uint64_t queue, std::uint64_t before);

    /// Hands over what was made, and what an error left over.
    Status flush(bool sync);
    /// Writes the live messages of the oldest segment anew, then removes it.
    Status clean();

    const Model& model() const { return model_; }
    facts::Place place(std::uint64_t queue, std::uint64_t sequence) const {
        return places_.at({queue, sequence});
    }
    std::uint32_t oldest() const { return oldest_; }

    /// After the first n facts.
    const std::string& state(std::size_t n) const { return states_.at(n); }
    std::size_t facts() const { return states_.size() - 1; }
    std::size_t submitted() const { return submitted_; }
    std::size_t confirmed() const { return confirmed_; }
    /// The log may add up to `text` now.
    bool allows(const std::string& text) const;

  private:
    void change(const facts::TopologyChange& what);
    facts::Place enqueue(std::uint64_t queue, const std::string& payload, std::uint8_t flags);
    void made() { states_.push_back(model_.text()); }

    store::Store& store_;
    facts::Tape tape_;
    std::uint32_t oldest_;
    Model model_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, facts::Place> places_;
    std::vector<facts::Batch> left_over_;
    std::vector<std::string> states_;
    std::size_t submitted_ = 0;
    std::size_t confirmed_ = 0;
};

}  // namespace zex::test
