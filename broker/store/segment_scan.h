// Reads the records of one segment one after another, in large reads. Where bytes are no record it
// looks for the next mark that begins a good one, and gives what lies between as one stretch. What
// is wrong was read twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <zex/result.hpp>

#include "broker/facts/record.h"
#include "broker/log/sealing.h"
#include "broker/store/disk.h"

namespace zex::store {

/// A good record, or a stretch of bytes that are none.
struct ScanItem {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::optional<log::Flaw> flaw;
    facts::Header header;           ///< with a flaw: what the bytes say, if they begin with a mark
    std::string_view body;          ///< valid until the next call
    std::uint64_t written_end = 0;  ///< with a flaw: behind the last byte that is not zero
};

class SegmentScan {
  public:
    /// From `begin` to before `end`, which may be beyond the end of the file. `file` outlives it.
    SegmentScan(File& file, std::uint32_t segment, std::uint64_t log_id, std::uint64_t begin,
                std::uint64_t end);

    /// False at the end. Fails where the disk cannot read.
    Result<bool> next(ScanItem& item);

  private:
    /// Bytes from `offset` on, at least `size` of them or up to the end of the file.
    Result<std::string_view> bytes(std::uint64_t offset, std::size_t size);
    Result<log::Read> record(std::uint64_t offset);
    Result<log::Read> read_again(std::uint64_t offset, const log::Read& before);
    Status find_next(ScanItem& item);

    File& file_;
    const std::uint32_t segment_;
    const std::uint64_t log_id_;
    std::uint64_t at_;
    std::uint64_t end_;
    std::vector<char> buffer_;
    std::vector<char> again_;      ///< a record read a second time
    std::uint64_t buffer_at_ = 0;  ///< offset in the file of its first byte
    std::size_t buffer_size_ = 0;  ///< bytes of it that are filled
    std::uint64_t search_budget_;  ///< bytes that may still be hashed in vain
};

}  // namespace zex::store
