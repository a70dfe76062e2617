#include "broker/store/log_store.h"

#include <algorithm>
#include <utility>

#include "broker/store/backup.h"
#include "broker/store/recovery.h"
#include "common/base/check.h"

namespace zex::store {
namespace {

// Pieces that are smaller are copied together and written at once.
constexpr std::size_t gather_max = 256 << 10;

void seal_all(facts::Piece& piece, std::uint64_t log_id) {
    std::size_t at = 0;
    while (at < piece.bytes.size()) {
        const auto rest = std::string_view(piece.bytes).substr(at);
        const std::size_t size = facts::unchecked_header(rest).size;
        ZEX_CHECK(size >= facts::header_size && size <= rest.size());
        const facts::Place place{piece.begin.segment,
                                 piece.begin.offset + static_cast<std::uint32_t>(at)};
        facts::seal(piece.bytes.data() + at, size, log_id, place);
        at += size;
    }
}

std::string trimmed(std::string directory) {
    while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
    return directory;
}

}  // namespace

LogStore::LogStore(Disk& disk, std::string directory, Options options)
    : disk_(disk), directory_(trimmed(std::move(directory))), options_(options) {}

Status LogStore::noted(Status status) {
    if (!status && status.error().code != ErrorCode::disk_full) failed_ = status.error();
    return status;
}

Status LogStore::make_directory() {
    if (Status done = disk_.make_directory(directory_); !done) return done;
    if (Status done = disk_.sync_directory(parent_directory(directory_)); !done) return done;
    auto lock = disk_.lock(in(directory_, lock_name));
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    return {};
}

Status LogStore::create(const Identity& identity) {
    ZEX_CHECK(identity.log_id != 0);
    if (Status done = disk_.make_directory(log_directory(directory_)); !done) return done;
    // The mark first: an identity without a mark tells that one was lost.
    Mark mark;
    mark.log_id = identity.log_id;
    const std::string path = in(directory_, mark_name);
    auto file = disk_.open(path, Access::create);
    if (!file) return file.error();
    if (Status done = (*file)->write(0, mark_file_bytes(mark)); !done) return done;
    if (Status done = (*file)->sync(); !done) return done;
    if (Status done = disk_.sync_directory(directory_); !done) return done;
    return write_identity(disk_, directory_, identity);
}

Result<Recovered> LogStore::recover(const Progress& progress) {
    ZEX_CHECK(!writer_);
    if (Status done = make_directory(); !done) return done.error();
    auto recovery = recover_log(disk_, directory_, progress);
    if (!recovery) return recovery.error();
    if (Status done = noted(go_on(*recovery)); !done) return done.error();
    return std::move(recovery->found);
}

Status LogStore::go_on(const Recovery& recovery) {
    const InspectedLog& log = recovery.log;
    Identity identity = log.identity;
    if (identity.log_id == 0) {
        identity.log_id = options_.new_log_id;
        if (Status done = create(identity); !done) return done;
    } else if (!log.identity_whole) {
        if (Status done = write_identity(disk_, directory_, identity); !done) return done;
    }
    log_id_ = identity.log_id;

    const std::uint32_t next = recovery.found.next_segment;
    Mark last = log.mark.value_or(Mark{});
    last.log_id = log_id_;
    if (!log.mark && !log.segments.empty()) last.first = log.segments.front().number;
    auto mark = MarkFile::open(disk_, directory_, last);
    if (!mark) return mark.error();
    mark_.emplace(std::move(*mark));
    for (const std::uint32_t number : log.removed) {
        if (Status done = disk_.remove(segment_path(directory_, number)); !done) return done;
    }
    writer_.emplace(disk_, directory_, log_id_, options_.segment_bytes, options_.reserve_segments);
    if (Status done = writer_->adopt_reserve(); !done) return done;
    if (Status done = writer_->begin(next, 0, recovery.previous_end); !done) return done;
    if (Status done = mark_->write_both(writer_->synced(), last.first); !done) return done;
    reader_.emplace(disk_, directory_, log_id_);
    for (const RecoveredSegment& segment : recovery.found.segments) {
        ends_[segment.number] = segment.bytes;
    }
    return {};
}

Status LogStore::flush() {
    if (gathered_.empty()) return {};
    Status done = writer_->append(gathered_);
    gathered_.clear();  // after an error the same pieces are given again
    return done;
}

Status LogStore::write_piece(facts::Piece& piece) {
    const facts::Place begin = piece.begin;
    const facts::Place written = writer_->written();
    const facts::Place end{begin.segment,
                           begin.offset + static_cast<std::uint32_t>(piece.bytes.size())};
    if (piece.bytes.empty() || end <= written) return {};  // written before an error
    seal_all(piece, log_id_);
    if (begin.segment != written.segment) {
        if (Status done = flush(); !done) return done;
        ZEX_CHECK(begin.segment == written.segment + 1 && begin.offset == block_size);
        const std::uint64_t closed_end = writer_->written().offset;
        if (Status done = writer_->begin(begin.segment, end.offset, 0); !done) return done;
        ends_[written.segment] = closed_end;
        if (Status done = mark_->write(writer_->synced()); !done) return done;
    }
    ZEX_CHECK(begin.offset == writer_->written().offset + gathered_.size());
    if (gathered_.size() + piece.bytes.size() > gather_max) {
        if (Status done = flush(); !done) return done;
    }
    if (piece.bytes.size() > gather_max) return writer_->append(piece.bytes);
    gathered_ += piece.bytes;
    return {};
}

Status LogStore::write_pieces(std::span<facts::Batch> batches) {
    gathered_.clear();
    for (facts::Batch& batch : batches) {
        for (facts::Piece& piece : batch.pieces) {
            if (Status done = write_piece(piece); !done) return done;
        }
    }
    return flush();
}

Status LogStore::write(std::span<facts::Batch> batches) {
    ZEX_CHECK(writer_.has_value());
    if (failed_) return *failed_;
    if (Status done = noted(write_pieces(batches)); !done) return done;
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
    const facts::Place synced = writer_->synced();
    const Mark& marked = mark_->last();
    if (marked.segment == synced.segment && marked.offset == synced.offset) return {};
    return mark_->write(synced);
}

facts::Place LogStore::written() const {
    return writer_->written();
}

facts::Place LogStore::synced() const {
    return writer_->synced();
}

Status LogStore::reserve() {
    if (failed_) return *failed_;
    return writer_->reserve();
}

Reserve LogStore::reserved() const {
    return {writer_->reserved(), options_.reserve_segments};
}

Result<std::uint64_t> LogStore::free_bytes() const {
    return disk_.free_bytes(directory_);
}

std::vector<StoredRecord> LogStore::read(std::span<const facts::Place> places) {
    return reader_->read(places);
}

Result<SegmentPiece> LogStore::read_segment(facts::Place from, std::size_t bytes_max) {
    const auto end = ends_.find(from.segment);
    ZEX_CHECK(end != ends_.end());
    return reader_->read_segment(from, bytes_max, end->second);
}

Status LogStore::remove_before(std::uint32_t segment) {
    if (failed_) return *failed_;
    ZEX_CHECK(segment <= writer_->written().segment);
    // From here on recovery does not miss them.
    if (Status done = noted(mark_->write_both(writer_->synced(), segment)); !done) return done;
    reader_->forget_before(segment);
    while (!ends_.empty() && ends_.begin()->first < segment) {
        Status done = disk_.remove(segment_path(directory_, ends_.begin()->first));
        if (!done) return done;
        ends_.erase(ends_.begin());
    }
    return {};
}

Status LogStore::backup(const std::string& directory) {
    if (failed_) return *failed_;
    if (Status done = sync(); !done) return done;
    Backup what;
    what.from = directory_;
    what.to = trimmed(directory);
    what.identity.log_id = log_id_;
    what.mark = mark_->last();
    for (const auto& [number, end] : ends_) what.segments.push_back(number);
    return what.make(disk_);
}

Result<Verified> LogStore::verify(const Progress& progress) {
    auto recovery = recover_log(disk_, directory_, progress);
    if (!recovery) return recovery.error();
    return Verified{std::move(recovery->found)};
}

}  // namespace zex::store
