// Reads single records back: for consumers by place, for cleaning segment by segment.
//
// Thread: the store's. Keeps up to `open_max` files open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <zex/result.hpp>

#include "broker/store/disk.h"
#include "broker/store/store.h"

namespace zex::store {

/// Bytes at a place that are not the message that should be there.
Damage damage_at(facts::Place place, std::uint64_t end, std::string reason);

/// The record that `bytes` begin with, with its body as part of `block`.
StoredRecord stored_record(std::string_view bytes, const BlockRef& block, std::uint64_t log_id,
                           facts::Place place);

class RecordReader {
  public:
    RecordReader(Disk& disk, std::string directory, std::uint64_t log_id)
        : disk_(disk), directory_(std::move(directory)), log_id_(log_id) {}

    std::vector<StoredRecord> read(std::span<const facts::Place> places);
    /// Of a segment of which `end` bytes count.
    Result<SegmentPiece> read_segment(facts::Place from, std::size_t bytes_max, std::uint64_t end);
    void forget_before(std::uint32_t segment);

  private:
    Result<File*> file(std::uint32_t segment);
    void read_group(std::span<const facts::Place> group, std::vector<StoredRecord>& out);
    StoredRecord read_one(File& file, facts::Place place, std::size_t size);

    static constexpr std::size_t open_max = 64;
    Disk& disk_;
    const std::string directory_;
    const std::uint64_t log_id_;
    std::unordered_map<std::uint32_t, std::unique_ptr<File>> files_;
};

/// Collects the records of a scan until they come to `bytes_max`; both stores use it.
class SegmentScan;
Result<SegmentPiece> take_piece(SegmentScan& scan, std::uint32_t segment, std::size_t bytes_max);

}  // namespace zex::store
