#include "broker/store/log_store.h"

#include <algorithm>
#include <utility>

#include "broker/store/backup.h"
#include "broker/store/directories.h"
#include "broker/store/recovery.h"
#include "common/base/check.h"

namespace zex::store {
namespace {

// Chunks that are smaller are copied together and written at once.
constexpr std::size_t gather_max = 256 << 10;

std::string trimmed(std::string directory) {
    while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
    return directory;
}

/// The mark only helps: where it cannot be written now, the next one tells more.
Status unless_it_passes(Status status) {
    return !status && status.error().may_retry() ? Status() : status;
}

}  // namespace

LogStore::LogStore(Disk& disk, std::string directory, Options options)
    : disk_(disk), directory_(trimmed(std::move(directory))), options_(options) {}

Status LogStore::noted(Status status) {
    if (!status && !status.error().may_retry()) failed_ = status.error();
    return status;
}

// ---- Recovery

Status LogStore::take_directory() {
    auto there = disk_.look(directory_);
    if (!there) return there.error();
    if (!*there) {
        if (Status done = make_directories(disk_, directory_); !done) return done;
    }
    if (!lock_) {
        auto lock = disk_.lock(directory_);
        if (!lock) return lock.error();
        lock_ = std::move(*lock);
    }
    // Before the lock file is made, which would make an unfinished backup look like a beginning.
    auto log = inspect(disk_, directory_);
    if (!log) return log.error();
    if (!lock_file_) {
        auto lock = disk_.lock_file(in(directory_, lock_name));
        if (!lock) return lock.error();
        lock_file_ = std::move(*lock);
    }
    if (!log->fresh) return {};
    if (Status done = disk_.sync_directory(directory_); !done) return done;
    return sync_parents(disk_, directory_);  // a start before this one may have made them
}

Status LogStore::create(std::uint64_t log_id) {
    ZEX_CHECK(log_id != 0);
    // The mark first: an identity without a mark tells that one was lost.
    Mark mark;
    mark.log_id = log_id;
    if (Status done = write_mark(disk_, directory_, mark); !done) return done;
    Identity identity;
    identity.log_id = log_id;
    return write_identity(disk_, directory_, identity);
}

Status LogStore::settle_identity(const Recovery& recovery) {
    Identity identity = recovery.log.identity;
    if (identity.log_id == 0) {
        identity.log_id = options_.new_log_id;
        if (Status done = create(identity.log_id); !done) return done;
    } else if (!recovery.log.identity_whole || identity.version < format_version) {
        identity.version = format_version;  // no older program understands what comes now
        if (Status done = write_identity(disk_, directory_, identity); !done) return done;
    }
    log_id_ = identity.log_id;
    if (Status done = disk_.make_directory(log_directory(directory_)); !done) return done;
    if (Status done = disk_.sync_directory(directory_); !done) return done;
    return disk_.check_writable(log_directory(directory_));
}

/// After a kill the last segment may be in the memory of the kernel only.
Status LogStore::sync_what_was_read(const Recovery& recovery) {
    if (Status done = disk_.sync_directory(log_directory(directory_)); !done) return done;
    if (recovery.log.segments.empty()) return {};
    const std::uint32_t last = recovery.log.segments.back().number;
    auto file = disk_.open(segment_path(directory_, last), Access::write);
    if (!file) return file.error();
    return (*file)->sync();
}

Result<log::Recovered> LogStore::recover(const log::Progress& progress) {
    ZEX_CHECK(!writer_ || !reader_);
    if (Status done = take_directory(); !done) return done.error();
    auto recovery = recover_log(disk_, directory_, progress);
    if (!recovery) return recovery.error();
    if (Status done = go_on(*recovery); !done) return done.error();
    recovery->found.log_id = log_id_;
    return std::move(recovery->found);
}

Status LogStore::go_on(const Recovery& recovery) {
    if (Status done = settle_identity(recovery); !done) return done;
    if (Status done = sync_what_was_read(recovery); !done) return done;
    const InspectedLog& log = recovery.log;
    Mark mark = log.mark.value_or(Mark{});
    mark.log_id = log_id_;
    if (!log.mark && !log.segments.empty()) mark.first = log.segments.front().number;
    first_ = mark.first;
    auto file = MarkFile::open(disk_, directory_, mark);
    if (!file) return file.error();
    mark_.emplace(std::move(*file));
    for (const std::uint32_t number : log.removed) {
        if (Status done = disk_.remove(segment_path(directory_, number)); !done) return done;
    }
    if (Status done = go_on_writing(recovery); !done) return done;
    const log::Place place = last_synced();
    if (place) {
        Status done = unless_it_passes(mark_->write_both(place, first_));
        if (!done) return done;
    }
    reader_.emplace(disk_, directory_, log_id_);
    return {};
}

/// The next segment is begun with the first write: what is not used takes no room.
Status LogStore::go_on_writing(const Recovery& recovery) {
    const log::Recovered& found = recovery.found;
    ends_.clear();
    last_closed_ = {};
    for (const log::RecoveredSegment& row : found.segments) {
        ends_[row.number] = row.bytes;
        last_closed_ = {row.number, static_cast<std::uint32_t>(row.bytes)};
    }
    const SegmentWriter::Settings settings{log_id_, options_.segment_bytes,
                                           options_.reserve_segments};
    writer_.emplace(disk_, directory_, settings, found.next_segment, last_closed_.offset);
    if (Status done = writer_->adopt_reserve(); !done) return done;
    if (Status done = disk_.remove(in(log_directory(directory_), cut_name)); !done) return done;
    if (recovery.last_is_empty) return writer_->reopen(found.next_segment, block_size);
    if (last_closed_) writer_->closed(last_closed_.segment, last_closed_.offset);
    return {};
}

// ---- Writing

/// The end of what is synced in a segment that is there, or was; nowhere where none ever was.
log::Place LogStore::last_synced() const {
    return writer_->is_open() ? writer_->synced() : last_closed_;
}

Status LogStore::flush() {
    if (gathered_.empty()) return {};
    Status done = writer_->append(gathered_);
    gathered_.clear();  // after an error the same batches are given again
    return done;
}

Status LogStore::write_chunk(const log::Chunk& chunk) {
    const log::Place written = writer_->written();
    if (chunk.bytes.empty() || chunk.end() <= written) return {};  // written before an error
    std::string_view bytes = chunk.bytes;
    if (!writer_->is_open() || chunk.begin.segment != written.segment) {
        if (Status done = flush(); !done) return done;
        const log::Place end = writer_->written();
        const bool follows = writer_->is_open() ? chunk.begin.segment == end.segment + 1
                                                : chunk.begin.segment == end.segment;
        ZEX_CHECK(follows && chunk.begin.offset == block_size);
        const bool was_open = writer_->is_open();
        if (Status done = writer_->begin(chunk.begin.segment, chunk.end().offset); !done) {
            // It may be begun all the same, and its name not be on the disk.
            if (was_open && writer_->written().segment != end.segment) close(end);
            return done;
        }
        if (was_open) close(end);
        if (Status done = unless_it_passes(mark_->write(writer_->synced())); !done) return done;
    }
    const std::uint32_t at =
        writer_->written().offset + static_cast<std::uint32_t>(gathered_.size());
    ZEX_CHECK(chunk.begin.offset <= at && at <= chunk.end().offset);
    bytes.remove_prefix(at - chunk.begin.offset);
    if (gathered_.size() + bytes.size() > gather_max) {
        if (Status done = flush(); !done) return done;
    }
    if (bytes.size() > gather_max) return writer_->append(bytes);
    gathered_ += bytes;
    return {};
}

void LogStore::close(log::Place end) {
    ends_[end.segment] = end.offset;
    last_closed_ = end;
}

Status LogStore::write_chunks(std::span<const log::Batch> batches) {
    gathered_.clear();
    for (const log::Batch& batch : batches) {
        for (const log::Chunk& chunk : batch.chunks) {
            if (Status done = write_chunk(chunk); !done) return done;
        }
    }
    return flush();
}

Status LogStore::write(std::span<const log::Batch> batches) {
    ZEX_CHECK(writer_.has_value());
    if (failed_) return *failed_;
    if (Status done = noted(write_chunks(batches)); !done) return done;
    const bool asked = std::ranges::any_of(batches, [](const auto& batch) { return batch.sync; });
    return asked ? noted(sync_and_mark()) : Status();
}

Status LogStore::sync() {
    ZEX_CHECK(writer_.has_value());
    if (failed_) return *failed_;
    return noted(sync_and_mark());
}

Status LogStore::sync_and_mark() {
    if (Status done = writer_->sync(); !done) return done;
    const log::Place synced = last_synced();
    const Mark& marked = mark_->last();
    if (!synced || (marked.segment == synced.segment && marked.offset == synced.offset)) return {};
    return unless_it_passes(mark_->write(synced));
}

// ---- Reading

Result<std::vector<log::StoredRecord>> LogStore::read(std::span<const log::Place> places) {
    return reader_->read(places);
}

Result<log::SegmentPiece> LogStore::read_segment(log::Place from, std::size_t bytes_max) {
    const auto closed = ends_.find(from.segment);
    const std::uint64_t end = closed != ends_.end() ? closed->second : writer_->written().offset;
    return reader_->read_segment(from, bytes_max, end);
}

// ---- Shortening

Status LogStore::remove_before(std::uint32_t segment) {
    if (failed_) return *failed_;
    ZEX_CHECK(segment <= writer_->written().segment);
    if (segment > first_) {
        Status done = noted(mark_->write_both(last_synced(), segment));
        if (!done) return done;
        first_ = segment;  // from here on recovery does not miss them
    }
    reader_->forget_before(segment);
    writer_->forget_before(segment);
    while (!ends_.empty() && ends_.begin()->first < segment) {
        Status done = disk_.remove(segment_path(directory_, ends_.begin()->first));
        if (!done) return noted(std::move(done));
        ends_.erase(ends_.begin());
    }
    return {};
}

/// The last segment first, so that what is left has no gap at any moment.
Status LogStore::remove_behind(std::uint32_t segment) {
    if (writer_->is_open() && writer_->written().segment > segment) {
        Status done = disk_.remove(segment_path(directory_, writer_->written().segment));
        if (!done) return done;
    }
    while (!ends_.empty() && ends_.rbegin()->first > segment) {
        Status done = disk_.remove(segment_path(directory_, ends_.rbegin()->first));
        if (!done) return done;
        ends_.erase(std::prev(ends_.end()));
    }
    return disk_.sync_directory(log_directory(directory_));
}

Status LogStore::cut(log::Place place) {
    if (failed_) return *failed_;
    if (place == writer_->written()) return {};
    ZEX_CHECK(place < writer_->written() && place.segment >= first_);
    if (Status done = noted(writer_->sync()); !done) return done;
    if (Status done = noted(mark_->write_both(place, first_)); !done) return done;
    reader_->forget();
    if (Status done = noted(remove_behind(place.segment)); !done) return done;
    const bool closed = ends_.contains(place.segment);
    if (closed) {
        // A backup may share the file: the segment goes on in one of its own.
        const std::string copy = in(log_directory(directory_), cut_name);
        const std::string path = segment_path(directory_, place.segment);
        if (Status done = noted(copy_file(disk_, path, copy, place.offset)); !done) return done;
        if (Status done = noted(disk_.rename(copy, path)); !done) return done;
        if (Status done = noted(disk_.sync_directory(log_directory(directory_))); !done) {
            return done;
        }
    }
    if (Status done = noted(writer_->reopen(place.segment, place.offset)); !done) return done;
    ends_.erase(place.segment);
    last_closed_ = {};
    if (!ends_.empty()) {
        last_closed_ = {ends_.rbegin()->first, static_cast<std::uint32_t>(ends_.rbegin()->second)};
    }
    return {};
}

Status LogStore::adopt(std::uint64_t log_id) {
    if (failed_) return *failed_;
    ZEX_CHECK(!last_synced() && log_id != 0);
    // Without an identity it is a beginning again, whatever its mark says.
    if (Status done = noted(disk_.remove(in(directory_, identity_name))); !done) return done;
    if (Status done = noted(disk_.sync_directory(directory_)); !done) return done;
    if (Status done = noted(create(log_id)); !done) return done;
    log_id_ = log_id;
    Mark mark;
    mark.log_id = log_id;
    auto file = MarkFile::open(disk_, directory_, mark);
    if (!file) return noted(file.error());
    mark_.emplace(std::move(*file));
    const SegmentWriter::Settings settings{log_id_, options_.segment_bytes,
                                           options_.reserve_segments};
    writer_.emplace(disk_, directory_, settings, writer_->written().segment, 0);
    reader_.emplace(disk_, directory_, log_id_);
    return {};
}

// ---- Room

Result<Space> LogStore::space() {
    Space space;
    auto free = disk_.free_bytes(directory_);
    if (!free) return free.error();
    space.free_bytes = *free;
    for (const std::string& path : {directory_, log_directory(directory_)}) {
        auto entries = disk_.list(path);
        if (!entries) return entries.error();
        for (const DirectoryEntry& entry : *entries) space.used_bytes += entry.room;
    }
    space.reserved = writer_->reserved();
    space.reserve_wanted = writer_->reserve_wanted();
    return space;
}

Status LogStore::reserve() {
    if (failed_) return *failed_;
    return noted(writer_->reserve());
}

Status LogStore::give_back() {
    if (failed_) return *failed_;
    if (Status done = noted(sync_and_mark()); !done) return done;
    return noted(writer_->give_back());
}

Status LogStore::backup(const std::string& directory) {
    if (failed_) return *failed_;
    if (Status done = sync(); !done) return done;
    Backup what;
    what.from = directory_;
    what.to = trimmed(directory);
    what.identity.log_id = log_id_;
    what.mark = mark_->last();
    const log::Place end = last_synced();
    what.mark.first = first_;
    what.mark.segment = end.segment;
    what.mark.offset = end.offset;
    for (const auto& [number, bytes] : ends_) what.segments.push_back(number);
    if (writer_->is_open()) what.open = end;
    return what.make(disk_);
}

}  // namespace zex::store
