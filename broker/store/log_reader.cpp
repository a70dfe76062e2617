#include "broker/store/log_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "broker/log/batch.h"
#include "broker/store/segment_scan.h"

namespace zex::store {
namespace {

constexpr std::uint64_t progress_step = 16 << 20;

class Reader {
  public:
    Reader(Disk& disk, const std::string& directory, const InspectedLog& log, LogVisitor& visitor,
           const log::Progress& progress)
        : disk_(disk), directory_(directory), log_(log), visitor_(visitor), progress_(progress) {
        for (const InspectedSegment& segment : log.segments) all_ += segment.bytes;
    }

    Result<LogEnd> run() {
        for (const log::Damage& damage : log_.damage) visitor_.damage(damage);
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
        log::Damage damage;
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

    /// Looks behind a bad stretch of the last segment for what proves that it was synced.
    Status look_behind(File& file, const InspectedSegment& segment, const ScanItem& item) {
        written_end_ = item.written_end;
        SegmentScan scan(file, segment.number, log_.identity.log_id, item.end, file_end_);
        ScanItem next;
        for (;;) {
            auto more = scan.next(next);
            if (!more) return more.error();
            if (!*more) return {};
            written_end_ = std::max(written_end_, next.flaw ? next.written_end : next.end);
            if (next.flaw || next.header.kind != facts::Kind::batch) continue;
            const auto synced = log::read_synced(next.body);
            const bool is_here = synced && synced->segment == segment.number;
            if (is_here && synced->offset <= next.begin) {
                confirmed_ = std::max<std::uint64_t>(confirmed_, synced->offset);
            }
        }
    }

    void cut(const InspectedSegment& segment, std::uint64_t begin) {
        if (written_end_ <= begin) return;
        visitor_.cut({{segment.number, static_cast<std::uint32_t>(begin)}, written_end_ - begin});
    }

    /// A stretch of bytes of the last segment that are no record; nothing where the segment goes on
    /// behind it, otherwise where it ends.
    Result<std::optional<std::uint64_t>> judge_last(File& file, const InspectedSegment& segment,
                                                    const ScanItem& item) {
        if (item.end > confirmed_ && !looked_behind_) {
            looked_behind_ = true;
            Status looked = look_behind(file, segment, item);
            if (!looked) return looked.error();
        }
        const std::string_view reason = log::name_of(*item.flaw);
        if (item.end <= confirmed_ && item.end < file_end_) {
            damaged(segment, item.begin, item.end, reason, &item.header);
            return std::optional<std::uint64_t>();
        }
        const std::uint64_t end = std::max(confirmed_, item.begin);
        if (end > item.begin) damaged(segment, item.begin, end, reason, &item.header);
        cut(segment, end);
        return std::optional(end);
    }

    /// The same in a segment that was complete: all of it was synced.
    std::optional<std::uint64_t> judge(const InspectedSegment& segment, const ScanItem& item) {
        if (item.begin >= confirmed_ && item.written_end == item.begin) return item.begin;
        const std::string_view reason = log::name_of(*item.flaw);
        if (item.end < file_end_) {
            damaged(segment, item.begin, item.end, reason, &item.header);
            return std::nullopt;
        }
        const std::uint64_t end = std::max({confirmed_, item.written_end, item.begin + 1});
        damaged(segment, item.begin, end, reason, &item.header);
        return end;
    }

    Result<LogEnd> read_segment(const InspectedSegment& segment) {
        auto file = disk_.open(segment_path(directory_, segment.number), Access::read);
        if (!file) return file.error();
        confirmed_ = confirmed_end(segment);
        looked_behind_ = false;
        file_end_ = std::min(segment.bytes, segment.end.value_or(segment.bytes));
        if (!segment.header) {
            damaged(segment, 0, block_size, "the segment's header is damaged");
        }
        SegmentScan scan(**file, segment.number, log_.identity.log_id, block_size, file_end_);
        LogEnd end{block_size, segment.header.has_value()};
        ScanItem item;
        for (;;) {
            auto more = scan.next(item);
            if (!more) return more.error();
            if (!*more) break;
            if (!item.flaw) {
                take(segment, item);
                end = {item.end, false};
                continue;
            }
            Result<std::optional<std::uint64_t>> ends = judge_any(**file, segment, item);
            if (!ends) return ends.error();
            const std::uint64_t behind = ends->value_or(item.end);
            end = {behind, end.is_empty && behind == block_size};
            if (*ends) break;
        }
        if (confirmed_ > end.offset) {
            damaged(segment, end.offset, confirmed_, "the file ends before it");
            end = {confirmed_, false};
        }
        return end;
    }

    Result<std::optional<std::uint64_t>> judge_any(File& file, const InspectedSegment& segment,
                                                   const ScanItem& item) {
        if (is_last(segment)) return judge_last(file, segment, item);
        return judge(segment, item);
    }

    void take(const InspectedSegment& segment, const ScanItem& item) {
        const log::Place place{segment.number, static_cast<std::uint32_t>(item.begin)};
        if (!visitor_.record(place, item.header, item.body)) {
            damaged(segment, item.begin, item.end, "the body is not what its kind has",
                    &item.header);
        }
        tell(done_ + item.end);
    }

    Disk& disk_;
    const std::string& directory_;
    const InspectedLog& log_;
    LogVisitor& visitor_;
    const log::Progress& progress_;
    std::uint64_t all_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t told_ = 0;

    // Of the segment at hand:
    std::uint64_t file_end_ = 0;
    std::uint64_t confirmed_ = 0;    ///< all before it was synced
    std::uint64_t written_end_ = 0;  ///< behind the last byte that is not zero
    bool looked_behind_ = false;     ///< so both are final
};

}  // namespace

Result<LogEnd> read_log(Disk& disk, const std::string& directory, const InspectedLog& log,
                        LogVisitor& visitor, const log::Progress& progress) {
    return Reader(disk, directory, log, visitor, progress).run();
}

}  // namespace zex::store
