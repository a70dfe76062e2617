// The end of the log: decides where each record will stand, and gathers batches for the store.
//
// Thread: the broker thread. A Batch that was taken belongs to whoever has it.
// Invariants: places rise; a segment begins anew where a record would not fit in the one before;
// equal records under equal bounds come to equal places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/facts/record.h"
#include "broker/facts/records.h"
#include "broker/log/batch.h"
#include "broker/log/place.h"

namespace zex::log {

/// Bytes of a `batch` record.
inline constexpr std::uint32_t batch_record_size = facts::header_size + 8;

class Appender {
  public:
    struct Bounds {
        std::uint32_t segment_bytes = 64 << 20;  ///< a larger record has a segment of its own
    };

    /// Begins with the first record of the segment `first`.
    Appender(std::uint32_t first, Bounds bounds)
        : bounds_(bounds), end_{first, segment_header_size} {}

    /// Whole records. Calls placed(place, record) for each, in their order.
    template <class Placed>
    void append(std::string_view records, const Placed& placed) {
        facts::each_record(records, [&](std::string_view record) {
            make_room(record.size());
            open_.chunks.back().bytes += record;
            placed(end_, record);
            end_.offset += static_cast<std::uint32_t>(record.size());
        });
    }
    /// The next records of so many bytes in all stand in one segment.
    void make_room(std::size_t size);

    /// What the records promised holds for the batch that they are in.
    void promise(const facts::Records& records);
    void promise_sync() { open_.sync = true; }
    /// Facts of the core are counted: Committed tells it how many of them are stored.
    void count_facts(const facts::Records& records);

    std::uint64_t batch() const { return open_.number; }  ///< of the next record
    bool empty() const { return open_.chunks.empty(); }
    bool promises_sync() const { return open_.sync; }
    std::uint64_t facts() const { return facts_; }
    Place end() const { return end_; }  ///< where the next record goes, if it fits

    /// Ends the batch with a record that says how far the log is synced. Requires that it is not
    /// empty.
    Batch take(Place synced);

  private:
    const Bounds bounds_;
    Place end_;
    Batch open_{1, {}, false, {}, 0, 0};
    std::uint64_t facts_ = 0;
    std::uint64_t fact_bytes_ = 0;
    std::size_t last_chunk_bytes_ = 0;  ///< of the batch before: what the next one may need
};

}  // namespace zex::log
