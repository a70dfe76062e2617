// Reads single records back: for consumers by place, for compaction segment by segment. A call that
// fails is an error and says nothing about records; bytes that are no record are read twice before
// they are called damage.
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

#include "broker/log/place.h"
#include "broker/log/stored_record.h"
#include "broker/store/disk.h"

namespace zex::store {

/// Bytes at a place that are not the message that should be there.
log::Damage damage_at(log::Place place, std::uint64_t end, std::string reason);

/// The record that `bytes` begin with, with its body as part of `block`.
log::StoredRecord stored_record(std::string_view bytes, const BlockRef& block, std::uint64_t log_id,
                                log::Place place);

/// Any other record is not what a consumer may be given.
void require_message(log::StoredRecord& record);

class RecordReader {
  public:
    RecordReader(Disk& disk, std::string directory, std::uint64_t log_id)
        : disk_(disk), directory_(std::move(directory)), log_id_(log_id) {}

    Result<std::vector<log::StoredRecord>> read(std::span<const log::Place> places);
    /// Of a segment of which `end` bytes count.
    Result<log::SegmentPiece> read_segment(log::Place from, std::size_t bytes_max,
                                           std::uint64_t end);
    /// Forgets the files of all segments, or of those before one: they were removed or cut.
    void forget() { files_.clear(); }
    void forget_before(std::uint32_t segment);

  private:
    Result<File*> file(std::uint32_t segment);
    Status read_group(std::span<const log::Place> group, std::vector<log::StoredRecord>& out);
    Result<log::StoredRecord> read_one(log::Place place);
    Result<log::StoredRecord> read_sized(File& file, log::Place place, std::size_t size);

    static constexpr std::size_t open_max = 64;
    Disk& disk_;
    const std::string directory_;
    const std::uint64_t log_id_;
    std::unordered_map<std::uint32_t, std::unique_ptr<File>> files_;
};

/// Collects the records of a scan until they come to `bytes_max`; both stores use it.
class SegmentScan;
Result<log::SegmentPiece> take_piece(SegmentScan& scan, std::uint32_t segment,
                                     std::size_t bytes_max);

}  // namespace zex::store
