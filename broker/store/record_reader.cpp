#include "broker/store/record_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

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
    return kind == facts::Kind::enqueued || kind == facts::Kind::kept;
}

}  // namespace

Damage damage_at(facts::Place place, std::uint64_t end, std::string reason) {
    Damage damage;
    damage.file = std::string(log_name) + "/" + segment_name(place.segment);
    damage.begin = place;
    damage.end = static_cast<std::uint32_t>(end);
    damage.reason = std::move(reason);
    return damage;
}

StoredRecord stored_record(std::string_view bytes, const BlockRef& block, std::uint64_t log_id,
                           facts::Place place) {
    StoredRecord out;
    out.place = place;
    const facts::Read read = facts::read_record(bytes, log_id, place);
    if (read.flaw) {
        out.damage = damage_at(place, place.offset + std::uint64_t{facts::header_size},
                               std::string(facts::name_of(*read.flaw)));
        return out;
    }
    out.header = read.header;
    out.body = Slice(block, read.body);
    return out;
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

StoredRecord RecordReader::read_one(File& file, facts::Place place, std::size_t size) {
    auto length = file.size();
    const std::uint64_t rest =
        length && *length > place.offset ? *length - place.offset : std::uint64_t{0};
    if (rest < size) size = static_cast<std::size_t>(rest);
    const BlockRef block = BlockRef::allocate(std::max<std::size_t>(size, 1));
    auto got = file.read(place.offset, {block->data(), size});
    if (!got) {
        StoredRecord out;
        out.place = place;
        out.damage = damage_at(place, place.offset + size, got.error().reason);
        return out;
    }
    return stored_record({block->data(), *got}, block, log_id_, place);
}

void RecordReader::read_group(std::span<const facts::Place> group, std::vector<StoredRecord>& out) {
    const auto fail = [&](const std::string& reason) {
        for (const facts::Place place : group) {
            out.push_back({place, {}, {}, damage_at(place, place.offset, reason)});
        }
    };
    auto opened = file(group.front().segment);
    if (!opened) return fail(opened.error().reason);
    const std::uint32_t begin = group.front().offset;
    const std::uint64_t span = group.back().offset - begin;
    const std::size_t average = group.size() > 1 ? span / (group.size() - 1) : 0;
    const auto want = static_cast<std::size_t>(span + std::max(last_guess, average * 2));
    const BlockRef block = BlockRef::allocate(want);
    auto got = (*opened)->read(begin, {block->data(), want});
    if (!got) return fail(got.error().reason);
    for (const facts::Place place : group) {
        const std::size_t skip = std::min<std::size_t>(place.offset - begin, *got);
        const std::string_view bytes(block->data() + skip, *got - skip);
        if (bytes.size() >= facts::header_size && bytes.starts_with(facts::record_mark)) {
            const std::size_t size = facts::unchecked_header(bytes).size;
            if (size > bytes.size()) {
                out.push_back(read_one(**opened, place, size));
                continue;
            }
        }
        out.push_back(stored_record(bytes, block, log_id_, place));
    }
}

std::vector<StoredRecord> RecordReader::read(std::span<const facts::Place> places) {
    std::vector<StoredRecord> out;
    out.reserve(places.size());
    for (std::size_t i = 0; i < places.size();) {
        std::size_t end = i + 1;
        const auto joins = [&](facts::Place next) {
            const facts::Place before = places[end - 1];
            return next.segment == before.segment && next.offset >= before.offset &&
                   next.offset - before.offset <= gap_max &&
                   next.offset - places[i].offset + 2 * gap_max <= read_bytes_max;
        };
        while (end < places.size() && joins(places[end])) ++end;
        read_group(places.subspan(i, end - i), out);
        i = end;
    }
    for (StoredRecord& record : out) {
        if (record.damage || is_message(record.header.kind)) continue;
        record.damage = damage_at(record.place, record.place.offset + record.header.size,
                                  "the record is not a message");
        record.body = {};
    }
    return out;
}

Result<SegmentPiece> take_piece(SegmentScan& scan, std::uint32_t segment, std::size_t bytes_max) {
    SegmentPiece piece;
    const BlockRef block = BlockRef::allocate(std::max<std::size_t>(bytes_max, 1));
    std::size_t used = 0;
    ScanItem item;
    for (;;) {
        auto more = scan.next(item);
        if (!more) return more.error();
        if (!*more) return piece;
        const facts::Place place{segment, static_cast<std::uint32_t>(item.begin)};
        StoredRecord record{place, item.header, {}, {}};
        if (item.flaw && item.written_end == item.begin) continue;  // set aside, never written
        if (item.flaw) {
            record.header = {};
            record.damage = damage_at(place, item.end, std::string(facts::name_of(*item.flaw)));
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

Result<SegmentPiece> RecordReader::read_segment(facts::Place from, std::size_t bytes_max,
                                                std::uint64_t end) {
    auto opened = file(from.segment);
    if (!opened) return opened.error();
    const auto begin = std::max<std::uint64_t>(from.offset, facts::segment_header_size);
    SegmentScan scan(**opened, from.segment, log_id_, begin, end);
    return take_piece(scan, from.segment, bytes_max);
}

}  // namespace zex::store
