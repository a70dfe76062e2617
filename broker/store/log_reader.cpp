#include "broker/store/log_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "broker/store/segment_scan.h"

namespace zex::store {
namespace {

constexpr std::uint64_t progress_step = 16 << 20;

class Reader {
  public:
    Reader(Disk& disk, const std::string& directory, const InspectedLog& log, LogVisitor& visitor,
           const Progress& progress)
        : disk_(disk), directory_(directory), log_(log), visitor_(visitor), progress_(progress) {
        for (const InspectedSegment& segment : log.segments) all_ += segment.bytes;
    }

    Result<LogEnd> run() {
        for (const Damage& damage : log_.damage) visitor_.damage(damage);
        LogEnd end;
        for (const InspectedSegment& segment : log_.segments) {
            auto read = read_segment(segment);
            if (!read) return read.error();
            end = *read;
            done_ += segment.bytes;
        }
        tell(done_);
        return end;
    }

  private:
    bool is_last(const InspectedSegment& segment) const {
        return segment.number == log_.segments.back().number;
    }

    /// Bytes of the segment that were confirmed.
    std::uint64_t confirmed_end(const InspectedSegment& segment) const {
        if (segment.end) return *segment.end;
        if (!is_last(segment)) return 0;  // the next header is damaged: not known
        const bool marked = log_.mark && log_.mark->segment == segment.number;
        return marked ? log_.mark->offset : 0;
    }

    void tell(std::uint64_t done) {
        if (progress_ && (done >= told_ + progress_step || done == all_)) {
            progress_(done, all_);
            told_ = done;
        }
    }

    void damaged(const InspectedSegment& segment, std::uint64_t begin, std::uint64_t end,
                 std::string_view reason, const facts::Header* likely = nullptr) {
        Damage damage;
        damage.file = std::string(log_name) + "/" + segment_name(segment.number);
        damage.begin = {segment.number, static_cast<std::uint32_t>(begin)};
        damage.end = static_cast<std::uint32_t>(end);
        damage.reason = reason;
        if (likely != nullptr && likely->size == end - begin) {
            damage.queue = likely->queue;
            damage.sequence = likely->sequence;
        }
        visitor_.damage(damage);
    }

    /// A stretch of bytes that are no record; nothing where the segment goes on behind it,
    /// otherwise where it ends.
    std::optional<std::uint64_t> judge(const InspectedSegment& segment, const ScanItem& item,
                                       std::uint64_t confirmed) {
        const std::string_view reason = facts::name_of(*item.flaw);
        if (item.begin >= confirmed && (is_last(segment) || item.written_end == item.begin)) {
            if (item.written_end > item.begin) {
                visitor_.cut({{segment.number, static_cast<std::uint32_t>(item.begin)},
                              item.written_end - item.begin});
            }
            return item.begin;
        }
        const bool goes_on = item.end < file_end_;
        if (goes_on) {
            damaged(segment, item.begin, item.end, reason, &item.header);
            return std::nullopt;
        }
        const std::uint64_t bad = std::max(confirmed, is_last(segment) ? 0 : item.written_end);
        damaged(segment, item.begin, std::max(bad, item.begin + 1), reason, &item.header);
        if (is_last(segment) && item.written_end > bad) {
            visitor_.cut(
                {{segment.number, static_cast<std::uint32_t>(bad)}, item.written_end - bad});
        }
        return bad;
    }

    Result<LogEnd> read_segment(const InspectedSegment& segment) {
        auto file = disk_.open(segment_path(directory_, segment.number), Access::read);
        if (!file) return file.error();
        const std::uint64_t confirmed = confirmed_end(segment);
        file_end_ = std::min(segment.bytes, segment.end.value_or(segment.bytes));
        if (!segment.header) {
            damaged(segment, 0, block_size, "the segment's header is damaged");
        }
        SegmentScan scan(**file, segment.number, log_.identity.log_id, block_size, file_end_);
        std::uint64_t end = block_size;
        bool any = false;
        ScanItem item;
        for (;;) {
            auto more = scan.next(item);
            if (!more) return more.error();
            if (!*more) break;
            if (item.flaw) {
                const auto ends = judge(segment, item, confirmed);
                end = ends.value_or(item.end);
                if (ends) break;
                continue;
            }
            end = item.end;
            any = true;
            const facts::Place place{segment.number, static_cast<std::uint32_t>(item.begin)};
            if (!visitor_.record(place, item.header, item.body)) {
                damaged(segment, item.begin, item.end, "the body is not what its kind has",
                        &item.header);
            }
            tell(done_ + item.end);
        }
        if (confirmed > end) {
            damaged(segment, end, confirmed, "the file ends before it");
            end = confirmed;
        }
        return LogEnd{end, !any && segment.header && end == block_size};
    }

    Disk& disk_;
    const std::string& directory_;
    const InspectedLog& log_;
    LogVisitor& visitor_;
    const Progress& progress_;
    std::uint64_t all_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t told_ = 0;
    std::uint64_t file_end_ = 0;
};

}  // namespace

Result<LogEnd> read_log(Disk& disk, const std::string& directory, const InspectedLog& log,
                        LogVisitor& visitor, const Progress& progress) {
    return Reader(disk, directory, log, visitor, progress).run();
}

}  // namespace zex::store
