#include "broker/store/segment_writer.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace zex::store {

SegmentWriter::SegmentWriter(Disk& disk, std::string directory, std::uint64_t log_id,
                             std::uint64_t segment_bytes, std::size_t reserve_wanted)
    : disk_(disk),
      directory_(std::move(directory)),
      log_id_(log_id),
      segment_bytes_(segment_bytes),
      reserve_wanted_(reserve_wanted) {}

Status SegmentWriter::adopt_reserve() {
    auto entries = disk_.list(log_directory(directory_));
    if (!entries) return entries.error();
    for (const DirectoryEntry& entry : *entries) {
        if (!is_reserve_name(entry.name)) continue;
        // Its size is what a crash left: begin() asks for the room again.
        reserve_.push_back({in(log_directory(directory_), entry.name), 0});
    }
    return {};
}

Status SegmentWriter::set_aside() {
    std::size_t index = 0;
    const auto taken = [&](const std::string& path) {
        return std::ranges::find(reserve_, path, &Reserved::path) != reserve_.end();
    };
    std::string path = in(log_directory(directory_), reserve_name(index));
    while (taken(path)) path = in(log_directory(directory_), reserve_name(++index));

    auto file = disk_.open(path, Access::create);
    if (!file) return file.error();
    if (Status done = (*file)->preallocate(segment_bytes_); !done) {
        file->reset();
        const Status removed = disk_.remove(path);  // if not, it is adopted or made anew
        static_cast<void>(removed);
        return done;
    }
    reserve_.push_back({std::move(path), segment_bytes_});
    return {};
}

Status SegmentWriter::reserve() {
    for (Reserved& reserved : reserve_) {
        if (reserved.bytes >= segment_bytes_) continue;
        auto file = disk_.open(reserved.path, Access::write);
        if (!file) return file.error();
        if (Status done = (*file)->preallocate(segment_bytes_); !done) return done;
        reserved.bytes = segment_bytes_;
    }
    while (reserve_.size() < reserve_wanted_) {
        if (Status done = set_aside(); !done) return done;
    }
    return {};
}

void SegmentWriter::close_open() {
    // What is set aside behind the end goes back to the disk. If this fails, or a crash undoes it,
    // the next segment's header still tells where this one ends.
    const Status cut = open_->truncate(written_.offset);
    static_cast<void>(cut);
    open_.reset();
}

Status SegmentWriter::begin(std::uint32_t number, std::uint64_t bytes, std::uint64_t previous_end) {
    if (open_) {
        if (Status done = sync(); !done) return done;
        previous_end = written_.offset;
    }
    if (reserve_.empty()) {
        if (Status done = set_aside(); !done) return done;
    }
    Reserved& reserved = reserve_.back();
    auto file = disk_.open(reserved.path, Access::write);
    if (!file) return file.error();
    bytes = std::max(bytes, segment_bytes_);
    if (reserved.bytes < bytes) {
        if (Status done = (*file)->preallocate(bytes); !done) return done;
        reserved.bytes = bytes;
    }
    const SegmentHeader header{format_version, number, log_id_, previous_end};
    if (Status done = (*file)->write(0, to_block(header)); !done) return done;
    if (Status done = (*file)->sync(); !done) return done;
    // The name appears when all before it is synced: recovery relies on it.
    const std::string path = segment_path(directory_, number);
    if (Status done = disk_.rename(reserved.path, path); !done) return done;
    if (open_) close_open();
    open_bytes_ = reserved.bytes;
    reserve_.pop_back();
    open_ = std::move(*file);
    written_ = synced_ = {number, block_size};
    return disk_.sync_directory(log_directory(directory_));
}

Status SegmentWriter::append(std::string_view bytes) {
    ZEX_CHECK(open_ != nullptr);
    const std::uint64_t end = written_.offset + bytes.size();
    if (end > open_bytes_) {
        if (Status done = open_->preallocate(end); !done) return done;
        open_bytes_ = end;
    }
    if (Status done = open_->write(written_.offset, bytes); !done) return done;
    written_.offset = static_cast<std::uint32_t>(end);
    return {};
}

Status SegmentWriter::sync() {
    if (!dirty()) return {};
    if (Status done = open_->sync(); !done) return done;
    synced_ = written_;
    return {};
}

}  // namespace zex::store
