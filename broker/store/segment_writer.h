// Writes the end of the log: the segment that is open, and the files set aside for the next ones.
// Between begin() and the next begin() a segment only grows; but for reopen() it is never opened
// for writing again.
//
// Thread: the store's.
// Errors: those that may be retried leave everything as it was. All others are final.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zex/result.hpp>

#include "broker/log/place.h"
#include "broker/store/disk.h"
#include "broker/store/log_inspection.h"

namespace zex::store {

class SegmentWriter {
  public:
    struct Settings {
        std::uint64_t log_id = 0;
        std::uint64_t segment_bytes = 0;
        std::size_t reserve_wanted = 0;  ///< files of `segment_bytes`, set aside by reserve()
    };
    /// The log goes on with the segment `next`, which append() needs to be begun. `last_end`: bytes
    /// that count in the segment before it; 0 where there is none.
    SegmentWriter(Disk& disk, std::string directory, Settings settings, std::uint32_t next,
                  std::uint64_t last_end);

    /// Takes over the files that an earlier broker had set aside.
    Status adopt_reserve();
    Status reserve();
    std::size_t reserved() const { return reserve_.size(); }
    /// None before the first segment of all: what is not used takes no room.
    std::size_t reserve_wanted() const;
    /// Sync, and all that is set aside and not written goes back to the disk.
    Status give_back();

    /// Syncs and closes the segment that is open, and opens the segment `number`, of at least
    /// `bytes`. Where the disk is full it takes the room that is set aside elsewhere.
    Status begin(std::uint32_t number, std::uint64_t bytes);
    /// Opens a segment that is there, ends it at `offset`, and goes on writing there.
    Status reopen(std::uint32_t number, std::uint32_t offset);
    /// At written(). Not on the disk before sync().
    Status append(std::string_view bytes);
    Status sync();
    /// The segment ends there, and what is set aside behind its end may go back to the disk.
    void closed(std::uint32_t number, std::uint64_t end) { untrimmed_[number] = end; }
    void forget_before(std::uint32_t segment);

    bool is_open() const { return open_ != nullptr; }
    log::Place written() const { return written_; }
    log::Place synced() const { return synced_; }

  private:
    struct Reserved {
        std::string path;
        std::uint64_t bytes = 0;
    };
    Status set_aside(std::uint64_t bytes);
    Result<std::unique_ptr<File>> prepare(std::uint32_t number, std::uint64_t bytes);
    Status make_room();
    Status trim();
    Status settle_names();
    Status extend(std::uint64_t end);
    bool dirty() const { return written_ != synced_; }

    Disk& disk_;
    const std::string directory_;
    const Settings settings_;
    std::vector<Reserved> reserve_;
    std::unique_ptr<File> open_;
    std::uint64_t open_bytes_ = 0;  ///< of the file, with what is set aside in it
    std::uint64_t last_end_ = 0;    ///< of the segment before, where none is open
    log::Place written_;
    log::Place synced_;
    bool names_pending_ = false;  ///< the open segment's name may not be on the disk yet
    std::map<std::uint32_t, std::uint64_t> untrimmed_;  ///< closed segments, and where they end
};

}  // namespace zex::store
