#include "broker/store/memory_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "broker/store/disk.h"
#include "broker/store/fold.h"
#include "broker/store/record_reader.h"
#include "broker/store/segment_scan.h"
#include "common/base/check.h"

namespace zex::store {
namespace {

constexpr std::uint64_t log_id = 1;

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

Recovered MemoryStore::fold() const {
    Recovered found;
    found.fresh = log_.last == 0;
    found.next_segment = log_.last + 1;
    Fold fold;
    for (const auto& [number, bytes] : log_.segments) {
        found.segments.push_back({number, bytes.size(), 0, 0, false});
        Bytes file(bytes);
        SegmentScan scan(file, number, log_id, facts::segment_header_size, bytes.size());
        ScanItem item;
        for (auto more = scan.next(item); more && *more; more = scan.next(item)) {
            const facts::Place place{number, static_cast<std::uint32_t>(item.begin)};
            const bool good = !item.flaw && fold.take(place, item.header, item.body);
            if (!good) found.damage.push_back(damage_at(place, item.end, "not a record"));
        }
    }
    fold.finish(found);
    return found;
}

Result<Recovered> MemoryStore::recover(const Progress& progress) {
    Recovered found = fold();
    log_.last = found.next_segment;
    log_.segments[log_.last].assign(facts::segment_header_size, '\0');
    written_ = synced_ = {log_.last, facts::segment_header_size};
    if (progress) progress(1, 1);
    return found;
}

Status MemoryStore::write(std::span<facts::Batch> batches) {
    bool asked = false;
    for (facts::Batch& batch : batches) {
        for (const facts::Piece& piece : batch.pieces) {
            std::string& segment = log_.segments[piece.begin.segment];
            if (segment.empty()) segment.assign(facts::segment_header_size, '\0');
            ZEX_CHECK(segment.size() == piece.begin.offset);
            log_.last = piece.begin.segment;
            const std::size_t begin = segment.size();
            segment += piece.bytes;
            for (std::size_t at = begin; at < segment.size();) {
                const auto rest = std::string_view(segment).substr(at);
                const std::size_t size = facts::unchecked_header(rest).size;
                facts::seal(segment.data() + at, size, log_id,
                            {log_.last, static_cast<std::uint32_t>(at)});
                at += size;
            }
            written_ = {log_.last, static_cast<std::uint32_t>(segment.size())};
        }
        asked = asked || batch.sync;
    }
    return asked ? sync() : Status();
}

Status MemoryStore::sync() {
    synced_ = written_;
    return {};
}

std::vector<StoredRecord> MemoryStore::read(std::span<const facts::Place> places) {
    std::vector<StoredRecord> out;
    for (const facts::Place place : places) {
        const auto segment = log_.segments.find(place.segment);
        const bool there = segment != log_.segments.end() && place.offset < segment->second.size();
        const Slice bytes = Slice::copy_of(
            there ? std::string_view(segment->second).substr(place.offset) : std::string_view());
        StoredRecord record = stored_record(bytes.view(), bytes.block(), log_id, place);
        const auto kind = record.header.kind;
        if (!record.damage && kind != facts::Kind::enqueued && kind != facts::Kind::kept) {
            record.damage = damage_at(place, place.offset, "the record is not a message");
            record.body = {};
        }
        out.push_back(std::move(record));
    }
    return out;
}

Result<SegmentPiece> MemoryStore::read_segment(facts::Place from, std::size_t bytes_max) {
    const std::string& bytes = log_.segments.at(from.segment);
    Bytes file(bytes);
    const auto begin = std::max<std::uint64_t>(from.offset, facts::segment_header_size);
    SegmentScan scan(file, from.segment, log_id, begin, bytes.size());
    return take_piece(scan, from.segment, bytes_max);
}

Status MemoryStore::remove_before(std::uint32_t segment) {
    ZEX_CHECK(segment <= written_.segment);
    log_.segments.erase(log_.segments.begin(), log_.segments.lower_bound(segment));
    return {};
}

Status MemoryStore::backup(const std::string& directory) {
    return error(ErrorCode::storage_failed,
                 "a store in memory has no files that could be copied to " + directory);
}

Result<Verified> MemoryStore::verify(const Progress& progress) {
    if (progress) progress(1, 1);
    return Verified{fold()};
}

}  // namespace zex::store
