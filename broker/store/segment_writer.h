// Writes the end of the log: the segment that is open, and the files set aside for the next ones.
// Between begin() and the next begin() a segment only grows; it is never opened for writing again.
//
// Thread: the store's.
// Errors: disk_full leaves everything as it was, to be tried again. All others are final.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zex/result.hpp>

#include "broker/facts/place.h"
#include "broker/store/disk.h"
#include "broker/store/log_inspection.h"

namespace zex::store {

class SegmentWriter {
  public:
    /// `reserve_wanted` files of `segment_bytes` are set aside by reserve().
    SegmentWriter(Disk& disk, std::string directory, std::uint64_t log_id,
                  std::uint64_t segment_bytes, std::size_t reserve_wanted);

    /// Takes over the files that an earlier broker had set aside.
    Status adopt_reserve();
    Status reserve();
    std::size_t reserved() const { return reserve_.size(); }

    /// Syncs and closes the segment that is open, and opens the segment `number`, of at least
    /// `bytes`. `previous_end` counts where none is open.
    Status begin(std::uint32_t number, std::uint64_t bytes, std::uint64_t previous_end);
    /// At written(). Not on the disk before sync().
    Status append(std::string_view bytes);
    Status sync();

    facts::Place written() const { return written_; }
    facts::Place synced() const { return synced_; }
    bool dirty() const { return written_ != synced_; }

  private:
    struct Reserved {
        std::string path;
        std::uint64_t bytes = 0;
    };
    Status set_aside();
    void close_open();

    Disk& disk_;
    const std::string directory_;
    const std::uint64_t log_id_;
    const std::uint64_t segment_bytes_;
    const std::size_t reserve_wanted_;
    std::vector<Reserved> reserve_;
    std::unique_ptr<File> open_;
    std::uint64_t open_bytes_ = 0;  ///< of the file, with what is set aside in it
    facts::Place written_;
    facts::Place synced_;
};

}  // namespace zex::store
