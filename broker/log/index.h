// What the records of the log add up to while it is written: which count, and where they stand. The
// same records in the same order make the same index.
//
// Thread: the broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/facts/record.h"
#include "broker/log/place.h"
#include "broker/log/queue_places.h"
#include "broker/log/recovered.h"
#include "broker/log/segments.h"
#include "broker/log/topology_index.h"

namespace zex::log {

class Index {
  public:
    explicit Index(std::uint64_t segment_bytes) : segments_(segment_bytes) {}
    /// `recovered` gives its places away.
    Index(std::uint64_t segment_bytes, Recovered& recovered);

    /// A whole record was placed.
    void add(Place place, std::string_view record);
    /// A copy of a record that was added, or a record that counts for nothing.
    void add_spare(Place place, std::size_t bytes) { segments_.at(place.segment).bytes += bytes; }
    void removed(std::uint32_t segment);

    /// Of a message's record; nowhere where the message is gone.
    Place find(std::uint64_t queue, std::uint64_t sequence) const;
    /// The change in the topology record at `place` counts.
    bool counts(Place place, const facts::RawChange& change) const {
        return topology_.counts(place, change);
    }

    /// What a queue has come to; requires that the queue has a record.
    facts::Progress progress(std::uint64_t queue) const;
    /// The next queues, at most so many, of which only records in this segment tell how far they
    /// have come. Their progress is to be written again before the segment goes.
    std::vector<std::uint64_t> take_told_in(std::uint32_t segment, std::size_t most);
    bool tells_progress(std::uint32_t segment) const { return told_in_.contains(segment); }

    /// Messages whose records are in this segment, by queue. Looks at every message.
    std::vector<std::pair<std::uint64_t, std::vector<std::uint64_t>>> messages_in(
        std::uint32_t segment) const;

    const Segments& segments() const { return segments_; }

  private:
    struct QueueEntry {
        QueuePlaces places;
        facts::Progress progress;
        std::uint32_t told_in = 0;  ///< segment of the last record that tells it
    };
    QueueEntry& queue(std::uint64_t id);
    void advance(std::uint64_t id, QueueEntry& entry, std::uint64_t next, Place place);
    void tell(std::uint64_t id, QueueEntry& entry, std::uint32_t segment);
    void add_message(Place place, const facts::Header& header);
    void add_settled(const facts::Header& header, std::string_view body, Place place);
    void add_topology(Place place, std::string_view body);
    void declare_or_remove(const facts::RawChange& raw);

    Segments segments_;
    TopologyIndex topology_;
    std::unordered_map<std::uint64_t, QueueEntry> queues_;
    std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> told_in_;  ///< some have moved on
    QueueEntry* recent_ = nullptr;
    std::uint64_t recent_id_ = 0;
};

}  // namespace zex::log
