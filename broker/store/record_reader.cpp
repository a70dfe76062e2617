#include "broker/store/record_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "broker/log/batch.h"
#include "broker/log/sealing.h"
#include "broker/store/log_files.h"
#include "broker/store/log_inspection.h"
#include "broker/store/segment_scan.h"

namespace zex::store {
namespace {

// Bytes between two records that are read rather than skipped: about what a disk reads in the time
// that another call takes.
constexpr std::uint64_t gap_max = 32 << 10;
// Of the last record of a group the size is not known; most fit, the others are read again.
constexpr std::size_t last_guess = 4096;

bool is_message(facts::Kind kind) {
    return kind == facts::Kind::enqueued || kind == facts::Kind::relocated;
}

}  // namespace

log::Damage damage_at(log::Place place, std::uint64_t end, std::string reason) {
    log::Damage damage;
    damage.file = std::string(log_name) + "/" + segment_name(place.segment);
    damage.begin = place;
    damage.end = static_cast<std::uint32_t>(end);
    damage.reason = std::move(reason);
    return damage;
}

log::StoredRecord stored_record(std::string_view bytes, const BlockRef& block, std::uint64_t log_id,
                                log::Place place) {
    log::StoredRecord out;
    out.place = place;
    const log::Read read = log::read_record(bytes, log_id, place);
    if (read.flaw) {
        out.damage = damage_at(place, place.offset + std::uint64_t{facts::header_size},
                               std::string(log::name_of(*read.flaw)));
        return out;
    }
    out.header = read.header;
    out.body = Slice(block, read.body);
    return out;
}

void require_message(log::StoredRecord& record) {
    if (record.damage || is_message(record.header.kind)) return;
    record.damage = damage_at(record.place, record.place.offset + record.header.size,
                              "the record is not a message");
    record.body = {};
}

Result<File*> RecordReader::file(std::uint32_t segment) {
    const auto found = files_.find(segment);
    if (found != files_.end()) return found->second.get();
    auto opened = disk_.open(segment_path(directory_, segment), Access::read);
    if (!opened) return opened.error();
    if (files_.size() >= open_max) files_.clear();
    return (files_[segment] = std::move(*opened)).get();
}

void RecordReader::forget_before(std::uint32_t segment) {
    std::erase_if(files_, [segment](const auto& entry) { return entry.first < segment; });
}

/// Alone, from the file: for a record that did not fit, or was wrong.
Result<log::StoredRecord> RecordReader::read_one(log::Place place) {
    auto opened = file(place.segment);
    if (!opened) return opened.error();
    char head[facts::header_size];
    auto got = read_fully(**opened, place.offset, head);
    if (!got) return got.error();
    const std::string_view bytes(head, *got);
    std::size_t size = *got;
    if (*got == facts::header_size && bytes.starts_with(facts::record_mark)) {
        auto length = (*opened)->size();
        if (!length) return length.error();
        const std::uint64_t rest = *length - std::min<std::uint64_t>(*length, place.offset);
        size = static_cast<std::size_t>(
            std::min<std::uint64_t>(facts::unchecked_header(bytes).size, rest));
    }
    return read_sized(**opened, place, size);
}

Result<log::StoredRecord> RecordReader::read_sized(File& file, log::Place place, std::size_t size) {
    const BlockRef block = BlockRef::allocate(std::max<std::size_t>(size, 1));
    auto got = read_fully(file, place.offset, {block->data(), size});
    if (!got) return got.error();
    return stored_record({block->data(), *got}, block, log_id_, place);
}

Status RecordReader::read_group(std::span<const log::Place> group,
                                std::vector<log::StoredRecord>& out) {
    auto opened = file(group.front().segment);
    if (!opened) return opened.error();
    const std::uint32_t begin = group.front().offset;
    const std::uint64_t span = group.back().offset - begin;
    const std::size_t average = group.size() > 1 ? span / (group.size() - 1) : 0;
    const auto want = static_cast<std::size_t>(span + std::max(last_guess, average * 2));
    const BlockRef block = BlockRef::allocate(want);
    auto got = read_fully(**opened, begin, {block->data(), want});
    if (!got) return got.error();
    for (const log::Place place : group) {
        const std::size_t skip = std::min<std::size_t>(place.offset - begin, *got);
        log::StoredRecord record =
            stored_record({block->data() + skip, *got - skip}, block, log_id_, place);
        if (record.damage) {
            auto again = read_one(place);
            if (!again) return again.error();
            record = std::move(*again);
        }
        require_message(record);
        out.push_back(std::move(record));
    }
    return {};
}

Result<std::vector<log::StoredRecord>> RecordReader::read(std::span<const log::Place> places) {
    std::vector<log::StoredRecord> out;
    out.reserve(places.size());
    for (std::size_t i = 0; i < places.size();) {
        std::size_t end = i + 1;
        const auto joins = [&](log::Place next) {
            const log::Place before = places[end - 1];
            return next.segment == before.segment && next.offset >= before.offset &&
                   next.offset - before.offset <= gap_max &&
                   next.offset - places[i].offset + 2 * gap_max <= log::read_bytes_max;
        };
        while (end < places.size() && joins(places[end])) ++end;
        if (Status done = read_group(places.subspan(i, end - i), out); !done) return done.error();
        i = end;
    }
    return out;
}

Result<log::SegmentPiece> take_piece(SegmentScan& scan, std::uint32_t segment,
                                     std::size_t bytes_max) {
    log::SegmentPiece piece;
    const BlockRef block = BlockRef::allocate(std::max<std::size_t>(bytes_max, 1));
    std::size_t used = 0;
    ScanItem item;
    for (;;) {
        auto more = scan.next(item);
        if (!more) return more.error();
        if (!*more) return piece;
        const log::Place place{segment, static_cast<std::uint32_t>(item.begin)};
        log::StoredRecord record{place, item.header, {}, {}};
        if (item.flaw && item.written_end == item.begin) continue;  // set aside, never written
        if (item.flaw) {
            record.header = {};
            record.damage = damage_at(place, item.end, std::string(log::name_of(*item.flaw)));
        } else if (item.body.size() > bytes_max - used) {
            record.body = Slice::copy_of(item.body);
            used = bytes_max;
        } else if (!item.body.empty()) {
            std::memcpy(block->data() + used, item.body.data(), item.body.size());
            record.body = Slice(block, {block->data() + used, item.body.size()});
            used += item.body.size();
        }
        piece.records.push_back(std::move(record));
        if (used >= bytes_max || piece.records.size() * facts::header_size >= bytes_max) {
            piece.next = {segment, static_cast<std::uint32_t>(item.end)};
            return piece;
        }
    }
}

Result<log::SegmentPiece> RecordReader::read_segment(log::Place from, std::size_t bytes_max,
                                                     std::uint64_t end) {
    auto opened = file(from.segment);
    if (!opened) return opened.error();
    const auto begin = std::max<std::uint64_t>(from.offset, log::segment_header_size);
    SegmentScan scan(**opened, from.segment, log_id_, begin, end);
    return take_piece(scan, from.segment, bytes_max);
}

}  // namespace zex::store
