// A broker reduced to what it writes: makes facts, has broker/log place them, hands batches to a
// store, and does what compaction asks for. Keeps the ledger: what the log should add up to after
// each fact, how many facts were handed over, and how many of them were confirmed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/facts/records.h"
#include "broker/log/log.h"
#include "broker/store/store.h"
#include "tests/store/model.h"

namespace zex::test {

class Scribe {
  public:
    /// `found` gives its places away.
    Scribe(store::Store& store, log::Recovered& found, std::uint32_t segment_bytes);

    void declare_exchange(const std::string& name);
    void declare_queue(std::uint64_t id, const std::string& name);
    void remove_queue(std::uint64_t id);
    void bind(const std::string& exchange, const std::string& key, std::uint64_t queue);
    void unbind(const std::string& exchange, const std::string& key, std::uint64_t queue);
    log::Place enqueue(std::uint64_t queue, const std::string& payload) {
        return enqueue(queue, payload, 0);
    }
    /// With the flag that it may have been delivered.
    log::Place enqueue_offered(std::uint64_t queue, const std::string& payload) {
        return enqueue(queue, payload, facts::flag_offered);
    }
    void settle(std::uint64_t queue, std::vector<facts::SequenceRange> ranges);
    void offer(std::uint64_t queue, std::uint64_t before);
    /// As a clean stop does: what was offered and not delivered is not offered any more.
    void tell_progress(std::uint64_t queue, std::uint64_t offered);
    /// Any record that the log takes.
    void append(const facts::Records& records);

    /// Hands over what was made, and what an error left over.
    Status flush(bool sync);
    /// Compacts while there is something to gain.
    Status clean();

    const Model& model() const { return model_; }
    log::Place place(std::uint64_t queue, std::uint64_t sequence) const {
        return log_.find(queue, sequence);
    }
    std::uint32_t oldest() const;
    const log::Segments& segments() const { return log_.segments(); }
    bool found_damage() { return log_.take_damage().has_value(); }

    /// After the first n facts.
    const std::string& state(std::size_t n) const { return states_.at(n); }
    std::size_t facts() const { return states_.size() - 1; }
    std::size_t submitted() const { return submitted_; }
    std::size_t confirmed() const { return confirmed_; }
    /// The log may add up to `text` now.
    bool allows(const std::string& text) const;

  private:
    void change(const facts::TopologyChange& what);
    log::Place enqueue(std::uint64_t queue, const std::string& payload, std::uint8_t flags);
    void made(const facts::Records& records);
    Status run(const log::CompactionJob& job);

    store::Store& store_;
    Model model_;
    log::Log log_;
    std::vector<log::Batch> left_over_;
    std::optional<log::CompactionJob> job_;  ///< that is not done yet
    std::vector<std::string> states_;
    std::uint64_t written_ = 0;  ///< the last batch
    std::size_t submitted_ = 0;
    std::size_t confirmed_ = 0;
};

}  // namespace zex::test
