#include "broker/store/segment_scan.h"

#include <algorithm>
#include <cstring>

namespace zex::store {
namespace {

constexpr std::size_t window = std::size_t{1} << 20;

// A payload may be full of false marks, each with a size that makes us hash what follows it. After
// so many times the segment's bytes, only small records are looked for.
constexpr std::uint64_t budget_factor = 8;
constexpr std::size_t small_record = 4096;

/// Behind the last byte that is not zero; 0 where all are.
std::size_t trimmed(std::string_view bytes) {
    const auto last = bytes.find_last_not_of('\0');
    return last == std::string_view::npos ? 0 : last + 1;
}

}  // namespace

SegmentScan::SegmentScan(File& file, std::uint32_t segment, std::uint64_t log_id,
                         std::uint64_t begin, std::uint64_t end)
    : file_(file),
      segment_(segment),
      log_id_(log_id),
      at_(begin),
      end_(end),
      buffer_at_(begin),
      search_budget_((end - std::min(begin, end)) * budget_factor) {}

Result<std::string_view> SegmentScan::bytes(std::uint64_t offset, std::size_t size) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - offset));
    const bool there = offset >= buffer_at_ && offset + size <= buffer_at_ + buffer_size_;
    if (!there) {
        std::size_t keep = 0;
        if (offset >= buffer_at_ && offset < buffer_at_ + buffer_size_) {
            keep = static_cast<std::size_t>(buffer_at_ + buffer_size_ - offset);
            std::memmove(buffer_.data(), buffer_.data() + (offset - buffer_at_), keep);
        }
        const auto want = static_cast<std::size_t>(
            std::min<std::uint64_t>(std::max(size, keep + window), end_ - offset));
        if (buffer_.size() < want) buffer_.resize(want);
        auto got = read_fully(file_, offset + keep, {buffer_.data() + keep, want - keep});
        if (!got) return got.error();
        buffer_at_ = offset;
        buffer_size_ = keep + *got;
        if (buffer_size_ < want) end_ = offset + buffer_size_;  // the file ends here
    }
    const auto skip = static_cast<std::size_t>(offset - buffer_at_);
    return std::string_view(buffer_.data() + skip, buffer_size_ - skip);
}

Result<log::Read> SegmentScan::record(std::uint64_t offset) {
    auto have = bytes(offset, facts::header_size);
    if (!have) return have.error();
    const log::Place place{segment_, static_cast<std::uint32_t>(offset)};
    log::Read read = log::read_record(*have, log_id_, place);
    if (read.flaw != log::Flaw::size) return read;
    have = bytes(offset, facts::unchecked_header(*have).size);  // it may only need more bytes
    if (!have) return have.error();
    return log::read_record(*have, log_id_, place);
}

/// From the file, since what is in memory may have changed there or on its way.
Result<log::Read> SegmentScan::read_again(std::uint64_t offset, const log::Read& before) {
    const auto rest = static_cast<std::size_t>(end_ - offset);
    again_.resize(std::min(facts::header_size, rest));
    auto got = read_fully(file_, offset, again_);
    if (!got) return got.error();
    if (*got < facts::header_size) return before;
    const std::string_view head(again_.data(), again_.size());
    if (!head.starts_with(facts::record_mark)) return before;
    const std::size_t size = std::min<std::size_t>(facts::unchecked_header(head).size, rest);
    again_.resize(std::max(facts::header_size, size));
    got = read_fully(file_, offset, again_);
    if (!got) return got.error();
    const log::Place place{segment_, static_cast<std::uint32_t>(offset)};
    return log::read_record({again_.data(), *got}, log_id_, place);
}

Result<bool> SegmentScan::next(ScanItem& item) {
    if (at_ >= end_) return false;
    auto read = record(at_);
    if (!read) return read.error();
    if (at_ >= end_) return false;  // the file was shorter
    if (read->flaw) {
        read = read_again(at_, *read);
        if (!read) return read.error();
    }
    item.begin = at_;
    item.flaw = read->flaw;
    item.header = read->header;
    item.body = read->body;
    item.end = at_ + read->header.size;
    if (read->flaw) {
        auto have = bytes(at_, facts::header_size);
        if (!have) return have.error();
        item.header = {};
        item.body = {};
        if (*read->flaw != log::Flaw::mark) item.header = facts::unchecked_header(*have);
        if (Status found = find_next(item); !found) return found.error();
    }
    at_ = item.end;
    return true;
}

Status SegmentScan::find_next(ScanItem& item) {
    item.written_end = item.begin;
    std::uint64_t from = item.begin;  // all marks before it were tried
    while (from < end_) {
        from = std::min(end_, file_.next_data(from));  // no mark begins in zeros
        auto have = bytes(from, window);
        if (!have) return have.error();
        if (have->empty()) break;
        const std::size_t skip = from == item.begin ? 1 : 0;
        const auto found = have->find(facts::record_mark, skip);
        // Without one, a mark may still begin in the last bytes, if more follow them.
        const bool last = from + have->size() >= end_;
        const std::size_t rest = last ? 0 : facts::record_mark.size() - 1;
        const std::size_t passed = found != std::string_view::npos ? found
                                   : have->size() > rest           ? have->size() - rest
                                                                   : have->size();
        const std::size_t written = trimmed(have->substr(0, passed));
        if (written > 0) item.written_end = from + written;
        from += passed;
        if (found == std::string_view::npos) continue;

        auto here = bytes(from, facts::header_size);
        if (!here) return here.error();
        const bool whole = here->size() >= facts::header_size;
        const std::size_t size = whole ? facts::unchecked_header(*here).size : 0;
        if (whole && (size <= small_record || size <= search_budget_)) {
            auto read = record(from);
            if (!read) return read.error();
            if (!read->flaw) break;
            if (*read->flaw == log::Flaw::checksum) {
                search_budget_ -= std::min<std::uint64_t>(search_budget_, size);
            }
        }
        item.written_end = ++from;
    }
    item.end = std::min(from, end_);
    return {};
}

}  // namespace zex::store
