#include "broker/store/segment_writer.h"

#include <algorithm>
#include <utility>

#include "broker/store/log_files.h"
#include "common/base/check.h"

namespace zex::store {
namespace {

bool is_full(const Status& status) {
    return !status && status.error().code == ErrorCode::disk_full;
}

/// The first of both that failed.
Status first_of(Status one, Status two) {
    return one ? two : one;
}

}  // namespace

SegmentWriter::SegmentWriter(Disk& disk, std::string directory, Settings settings,
                             std::uint32_t next, std::uint64_t last_end)
    : disk_(disk),
      directory_(std::move(directory)),
      settings_(settings),
      last_end_(last_end),
      written_{next, block_size},
      synced_(written_) {}

std::size_t SegmentWriter::reserve_wanted() const {
    return open_ || last_end_ > 0 ? settings_.reserve_wanted : 0;
}

Status SegmentWriter::adopt_reserve() {
    auto entries = disk_.list(log_directory(directory_));
    if (!entries) return entries.error();
    for (const DirectoryEntry& entry : *entries) {
        if (!is_reserve_name(entry.name)) continue;
        const std::string path = in(log_directory(directory_), entry.name);
        if (reserve_.size() < settings_.reserve_wanted) {
            reserve_.push_back({path, 0});  // what a crash left: begin() asks for the room again
        } else if (Status done = disk_.remove(path); !done) {
            return done;
        }
    }
    return {};
}

Status SegmentWriter::set_aside(std::uint64_t bytes) {
    std::size_t index = 0;
    const auto taken = [&](const std::string& path) {
        return std::ranges::find(reserve_, path, &Reserved::path) != reserve_.end();
    };
    std::string path = in(log_directory(directory_), reserve_name(index));
    while (taken(path)) path = in(log_directory(directory_), reserve_name(++index));

    auto file = disk_.open(path, Access::create);
    if (!file) return file.error();
    if (Status done = (*file)->preallocate(bytes); !done) {
        file->reset();
        const Status removed = disk_.remove(path);  // if not, it is adopted or made anew
        static_cast<void>(removed);
        return done;
    }
    reserve_.push_back({std::move(path), bytes});
    return {};
}

Status SegmentWriter::reserve() {
    if (Status done = trim(); !done && !done.error().may_retry()) return done;
    for (Reserved& reserved : reserve_) {
        if (reserved.bytes >= settings_.segment_bytes) continue;
        auto file = disk_.open(reserved.path, Access::write);
        if (!file) return file.error();
        if (Status done = (*file)->preallocate(settings_.segment_bytes); !done) return done;
        reserved.bytes = settings_.segment_bytes;
    }
    while (reserve_.size() < reserve_wanted()) {
        if (Status done = set_aside(settings_.segment_bytes); !done) return done;
    }
    return {};
}

/// What is set aside behind the end of closed segments goes back to the disk. Where this fails, or
/// a crash undoes it, the next segment's header still tells where each ends.
Status SegmentWriter::trim() {
    while (!untrimmed_.empty()) {
        const auto [number, end] = *untrimmed_.begin();
        auto file = disk_.open(segment_path(directory_, number), Access::write);
        if (!file) return file.error();
        auto size = (*file)->size();
        if (!size) return size.error();
        if (*size > end) {
            if (Status done = (*file)->truncate(end); !done) return done;
        }
        untrimmed_.erase(untrimmed_.begin());
    }
    return {};
}

/// Gives back all that can be spared; tries everything.
Status SegmentWriter::make_room() {
    Status done = trim();
    if (open_ && open_bytes_ > written_.offset) {
        Status cut = open_->truncate(written_.offset);
        if (cut) open_bytes_ = written_.offset;
        done = first_of(std::move(done), std::move(cut));
    }
    while (!reserve_.empty()) {
        Status removed = disk_.remove(reserve_.back().path);
        if (!removed) return first_of(std::move(done), std::move(removed));
        reserve_.pop_back();
    }
    return done;
}

Status SegmentWriter::give_back() {
    if (Status done = sync(); !done) return done;
    return make_room();
}

/// A file for the segment, with its header synced, still under its old name: the last of reserve_.
Result<std::unique_ptr<File>> SegmentWriter::prepare(std::uint32_t number, std::uint64_t bytes) {
    if (reserve_.empty()) {
        if (Status done = set_aside(bytes); !done) return done.error();
    }
    Reserved& reserved = reserve_.back();
    auto file = disk_.open(reserved.path, Access::write);
    if (!file) return file.error();
    if (reserved.bytes < bytes) {
        if (Status done = (*file)->preallocate(bytes); !done) return done.error();
        reserved.bytes = bytes;
    }
    const std::uint64_t previous_end = open_ ? written_.offset : last_end_;
    const SegmentHeader header{format_version, number, settings_.log_id, previous_end};
    if (Status done = (*file)->write(0, to_block(header)); !done) return done.error();
    if (Status done = (*file)->sync(); !done) return done.error();
    return std::move(*file);
}

Status SegmentWriter::begin(std::uint32_t number, std::uint64_t bytes) {
    if (open_) {
        if (Status done = sync(); !done) return done;
    }
    auto file = prepare(number, std::max(bytes, settings_.segment_bytes));
    if (!file && file.error().code == ErrorCode::disk_full) {
        const Status room = make_room();
        if (!room && !room.error().may_retry()) return room;
        file = prepare(number, bytes);
    }
    if (!file) return file.error();
    // The name appears when all before it is synced: recovery relies on it.
    const std::string path = segment_path(directory_, number);
    if (Status done = disk_.rename(reserve_.back().path, path); !done) return done;
    if (open_) untrimmed_[written_.segment] = written_.offset;
    open_bytes_ = reserve_.back().bytes;
    reserve_.pop_back();
    open_ = std::move(*file);
    written_ = synced_ = {number, block_size};
    names_pending_ = true;
    if (Status done = settle_names(); !done) return done;
    const Status trimmed = trim();  // if not, with the next reserve()
    return !trimmed && !trimmed.error().may_retry() ? trimmed : Status();
}

Status SegmentWriter::reopen(std::uint32_t number, std::uint32_t offset) {
    std::unique_ptr<File> other;
    if (!open_ || written_.segment != number) {
        auto opened = disk_.open(segment_path(directory_, number), Access::write);
        if (!opened) return opened.error();
        other = std::move(*opened);
    }
    // What stood behind it is gone for good before anything else stands there.
    File& file = other ? *other : *open_;
    if (Status done = file.truncate(offset); !done) return done;
    if (Status done = file.sync(); !done) return done;
    if (other) open_ = std::move(other);
    open_bytes_ = offset;
    written_ = synced_ = {number, offset};
    untrimmed_.erase(untrimmed_.lower_bound(number), untrimmed_.end());
    return {};
}

Status SegmentWriter::settle_names() {
    if (!names_pending_) return {};
    Status done = disk_.sync_directory(log_directory(directory_));
    if (done) names_pending_ = false;
    return done;
}

/// Room up to `end`; and for what comes then, as far as there is.
Status SegmentWriter::extend(std::uint64_t end) {
    if (end <= open_bytes_) return {};
    const std::uint64_t wanted = std::max(end, settings_.segment_bytes);
    Status done = open_->preallocate(wanted);
    if (done) open_bytes_ = wanted;
    if (!is_full(done) || wanted == end) return done;
    done = open_->preallocate(end);
    if (done) open_bytes_ = end;
    return done;
}

Status SegmentWriter::append(std::string_view bytes) {
    ZEX_CHECK(open_ != nullptr);
    if (Status done = settle_names(); !done) return done;
    const std::uint64_t end = written_.offset + bytes.size();
    if (Status done = extend(end); !done) return done;
    if (Status done = open_->write(written_.offset, bytes); !done) return done;
    written_.offset = static_cast<std::uint32_t>(end);
    return {};
}

Status SegmentWriter::sync() {
    if (Status done = settle_names(); !done) return done;
    if (!dirty()) return {};
    if (Status done = open_->sync(); !done) return done;
    synced_ = written_;
    return {};
}

void SegmentWriter::forget_before(std::uint32_t segment) {
    untrimmed_.erase(untrimmed_.begin(), untrimmed_.lower_bound(segment));
}

}  // namespace zex::store
