// The file `confirmed`: how far the log was synced, so that recovery can tell damage from a torn
// tail. Written after each sync and before the confirms leave; not synced itself, since what it
// protects against, bytes that change at rest, comes later than the kernel's own write-back.
//
// Thread: the store's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <zex/result.hpp>

#include "broker/log/place.h"
#include "broker/store/disk.h"
#include "broker/store/log_files.h"

namespace zex::store {

class MarkFile {
  public:
    /// Opens the file in `directory`, which is made if it is not there, and goes on from `last`.
    static Result<MarkFile> open(Disk& disk, const std::string& directory, Mark last);

    /// What is before `place` is synced.
    Status write(log::Place place);
    /// The same in both blocks, synced; segments before `first` may be removed then, and none
    /// behind `place` needs to be there.
    Status write_both(log::Place place, std::uint32_t first);

    const Mark& last() const { return last_; }

  private:
    MarkFile(std::unique_ptr<File> file, Mark last) : file_(std::move(file)), last_(last) {}
    Status write(const Mark& mark);

    std::unique_ptr<File> file_;
    Mark last_;  ///< that was written
};

/// A whole file with one mark in both blocks.
std::string mark_file_bytes(const Mark& mark);

}  // namespace zex::store
