#include "broker/store/recovery.h"

#include <algorithm>
#include <utility>

#include "broker/store/fold.h"
#include "broker/store/log_reader.h"

namespace zex::store {
namespace {

class Summer final : public LogVisitor {
  public:
    explicit Summer(Recovered& found) : found_(found) {}
    bool record(facts::Place place, const facts::Header& header, std::string_view body) override {
        return fold_.take(place, header, body);
    }
    void damage(const Damage& damage) override { found_.damage.push_back(damage); }
    void cut(const Cut& cut) override { found_.cut = cut; }
    void finish() { fold_.finish(found_); }

  private:
    Fold fold_;
    Recovered& found_;
};

/// A record that is lost may have been the one that told that messages were delivered.
void suspect_deliveries(Recovered& found) {
    const bool records_lost = std::ranges::any_of(
        found.damage, [](const Damage& damage) { return static_cast<bool>(damage.begin); });
    if (!records_lost) return;
    for (RecoveredQueue& queue : found.queues) {
        queue.declared.offered = queue.declared.next_sequence;
    }
}

}  // namespace

Result<Recovery> recover_log(Disk& disk, const std::string& directory, const Progress& progress) {
    auto log = inspect(disk, directory);
    if (!log) return log.error();
    Recovery recovery;
    recovery.log = std::move(*log);
    Recovered& found = recovery.found;
    found.fresh = recovery.log.fresh;
    if (found.fresh) {
        found.damage = recovery.log.damage;
        return recovery;
    }

    for (const InspectedSegment& segment : recovery.log.segments) {
        found.segments.push_back({segment.number, segment.end.value_or(segment.bytes), 0, 0, false});
    }
    Summer summer(found);
    auto end = read_log(disk, directory, recovery.log, summer, progress);
    if (!end) return end.error();
    const InspectedSegment& last = recovery.log.segments.back();
    found.next_segment = last.number + 1;
    recovery.previous_end = end->offset;
    found.segments.back().bytes = end->offset;
    if (end->is_empty) {  // begun anew, so that starts that fail do not pile up segments
        found.next_segment = last.number;
        recovery.previous_end = last.header->previous_end;
        found.segments.pop_back();
    }
    summer.finish();
    suspect_deliveries(found);
    return recovery;
}

}  // namespace zex::store
