#include "broker/store/memory_store.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "broker/log/fold.h"
#include "broker/store/disk.h"
#include "broker/store/record_reader.h"
#include "broker/store/segment_scan.h"
#include "common/base/check.h"

namespace zex::store {
namespace {

/// A segment as a file that can only be read.
class Bytes final : public File {
  public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
        const std::string_view from = bytes_.substr(std::min<std::size_t>(offset, bytes_.size()));
        return from.copy(into.data(), into.size());
    }
    Status write(std::uint64_t, std::string_view) override { return read_only(); }
    Status sync() override { return {}; }
    Status truncate(std::uint64_t) override { return read_only(); }
    Status preallocate(std::uint64_t) override { return read_only(); }
    Result<std::uint64_t> size() override { return bytes_.size(); }

  private:
    static Error read_only() { return error(ErrorCode::storage_failed, "it can only be read"); }
    std::string_view bytes_;
};

}  // namespace

log::Recovered MemoryStore::fold() const {
    log::Recovered found;
    found.fresh = log_.next == 1;
    found.next_segment = log_.next;
    log::Fold fold(log_.log_id);
    for (const auto& [number, bytes] : log_.segments) {
        log::RecoveredSegment& row = found.segments.emplace_back();
        row.number = number;
        row.bytes = bytes.size();
        Bytes file(bytes);
        SegmentScan scan(file, number, log_.log_id, log::segment_header_size, bytes.size());
        ScanItem item;
        for (auto more = scan.next(item); more && *more; more = scan.next(item)) {
            const log::Place place{number, static_cast<std::uint32_t>(item.begin)};
            const bool good = !item.flaw && fold.take(place, item.header, item.body);
            if (!good) found.damage.push_back(damage_at(place, item.end, "not a record"));
        }
    }
    fold.finish(found);
    return found;
}

Result<log::Recovered> MemoryStore::recover(const log::Progress& progress) {
    log::Recovered found = fold();
    written_ = synced_ = {log_.next, log::segment_header_size};
    if (progress) progress(1, 1);
    return found;
}

void MemoryStore::write_chunk(const log::Chunk& chunk) {
    if (chunk.bytes.empty() || chunk.end() <= written_) return;
    std::string& segment = log_.segments[chunk.begin.segment];
    if (segment.empty()) segment.assign(log::segment_header_size, '\0');
    ZEX_CHECK(chunk.begin.offset <= segment.size());
    segment += std::string_view(chunk.bytes).substr(segment.size() - chunk.begin.offset);
    log_.next = std::max(log_.next, chunk.begin.segment + 1);
    written_ = chunk.end();
}

Status MemoryStore::write(std::span<const log::Batch> batches) {
    bool asked = false;
    for (const log::Batch& batch : batches) {
        for (const log::Chunk& chunk : batch.chunks) write_chunk(chunk);
        asked = asked || batch.sync;
    }
    return asked ? sync() : Status();
}

Status MemoryStore::sync() {
    synced_ = written_;
    return {};
}

Result<std::vector<log::StoredRecord>> MemoryStore::read(std::span<const log::Place> places) {
    std::vector<log::StoredRecord> out;
    for (const log::Place place : places) {
        const auto segment = log_.segments.find(place.segment);
        if (segment == log_.segments.end()) {
            return error(ErrorCode::disk_error,
                         "there is no segment " + std::to_string(place.segment));
        }
        const std::size_t skip = std::min<std::size_t>(place.offset, segment->second.size());
        const Slice bytes = Slice::copy_of(std::string_view(segment->second).substr(skip));
        out.push_back(stored_record(bytes.view(), bytes.block(), log_.log_id, place));
        require_message(out.back());
    }
    return out;
}

Result<log::SegmentPiece> MemoryStore::read_segment(log::Place from, std::size_t bytes_max) {
    const std::string& bytes = log_.segments.at(from.segment);
    Bytes file(bytes);
    const auto begin = std::max<std::uint64_t>(from.offset, log::segment_header_size);
    SegmentScan scan(file, from.segment, log_.log_id, begin, bytes.size());
    return take_piece(scan, from.segment, bytes_max);
}

Status MemoryStore::remove_before(std::uint32_t segment) {
    ZEX_CHECK(segment <= written_.segment);
    log_.segments.erase(log_.segments.begin(), log_.segments.lower_bound(segment));
    return {};
}

Status MemoryStore::cut(log::Place place) {
    if (place == written_) return {};
    ZEX_CHECK(place < written_);
    log_.segments.erase(log_.segments.upper_bound(place.segment), log_.segments.end());
    log_.segments.at(place.segment).resize(place.offset);
    log_.next = place.segment + 1;
    written_ = synced_ = place;
    return {};
}

Status MemoryStore::adopt(std::uint64_t log_id) {
    ZEX_CHECK(log_.next == 1 && log_id != 0);
    log_.log_id = log_id;
    return {};
}

Result<Space> MemoryStore::space() {
    Space space;
    space.free_bytes = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [number, bytes] : log_.segments) space.used_bytes += bytes.size();
    return space;
}

Status MemoryStore::backup(const std::string& directory) {
    return error(ErrorCode::storage_failed,
                 "a store in memory has no files that could be copied to " + directory);
}

}  // namespace zex::store
