#include "broker/store/recovery.h"

#include <algorithm>
#include <utility>

#include "broker/log/fold.h"
#include "broker/store/log_reader.h"

namespace zex::store {
namespace {

class Summer final : public LogVisitor {
  public:
    Summer(log::Recovered& found, std::uint64_t log_id) : found_(found), fold_(log_id) {}
    bool record(log::Place place, const facts::Header& header, std::string_view body) override {
        return fold_.take(place, header, body);
    }
    void damage(const log::Damage& damage) override { found_.damage.push_back(damage); }
    void cut(const log::Cut& cut) override { found_.cut = cut; }
    void finish() { fold_.finish(found_); }

  private:
    log::Recovered& found_;
    log::Fold fold_;
};

/// A record that is lost may have been the one that told that messages were delivered.
void suspect_deliveries(log::Recovered& found) {
    const bool records_lost = std::ranges::any_of(
        found.damage, [](const log::Damage& damage) { return static_cast<bool>(damage.begin); });
    if (!records_lost) return;
    for (log::RecoveredQueue& queue : found.queues) {
        queue.declared.offered = queue.declared.next_sequence;
    }
}

}  // namespace

Result<Recovery> recover_log(Disk& disk, const std::string& directory,
                             const log::Progress& progress) {
    auto log = inspect(disk, directory);
    if (!log) return log.error();
    Recovery recovery;
    recovery.log = std::move(*log);
    log::Recovered& found = recovery.found;
    found.fresh = recovery.log.fresh;
    found.log_id = recovery.log.identity.log_id;
    if (recovery.log.segments.empty()) {
        found.damage = recovery.log.damage;
        found.next_segment = recovery.log.mark ? recovery.log.mark->first : 1;
        return recovery;
    }
    for (const InspectedSegment& segment : recovery.log.segments) {
        log::RecoveredSegment& row = found.segments.emplace_back();
        row.number = segment.number;
        row.bytes = segment.end.value_or(segment.bytes);
    }
    Summer summer(found, found.log_id);
    auto end = read_log(disk, directory, recovery.log, summer, progress);
    if (!end) return end.error();
    found.next_segment = found.segments.back().number + 1;
    found.segments.back().bytes = end->offset;
    recovery.last_end = end->offset;
    recovery.last_is_empty = end->is_empty;
    if (end->is_empty) {  // so that starts that fail do not pile up segments
        --found.next_segment;
        found.segments.pop_back();
    }
    summer.finish();
    suspect_deliveries(found);
    return recovery;
}

}  // namespace zex::store
