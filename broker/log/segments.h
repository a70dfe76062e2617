// What each segment of the log holds and how much of it still counts, and so which one is worth
// compacting. Segments go from the oldest on, so that no `settled` record goes before the message
// that it settles: "all before this segment may go" is all that another holder of the log needs to
// be told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "broker/log/place.h"

namespace zex::log {

class Segments {
  public:
    struct Segment {
        std::uint64_t bytes = 0;           ///< of all records
        std::uint64_t messages = 0;        ///< records of messages
        std::uint64_t live = 0;            ///< of these: messages that are still there
        std::uint64_t message_bytes = 0;   ///< of all records of messages
        std::uint64_t topology_bytes = 0;  ///< that changes which still count take
        std::uint64_t unknown_bytes = 0;   ///< that what a newer program wrote takes; it is kept

        /// Estimated from the mean of the messages.
        std::uint64_t live_bytes() const {
            const std::uint64_t mean = messages == 0 ? 0 : message_bytes / messages;
            return live * mean + topology_bytes + unknown_bytes;
        }
        bool is_dead() const { return live == 0 && topology_bytes == 0 && unknown_bytes == 0; }
    };

    /// `segment_bytes`: of a full one.
    explicit Segments(std::uint64_t segment_bytes) : segment_bytes_(segment_bytes) {}

    Segment& at(std::uint32_t number);
    /// The message whose record is here is gone, or was written again.
    void let_go(Place place);
    void removed(std::uint32_t number);

    /// The oldest, where it should be compacted: nothing in it counts, more than half of the log is
    /// garbage, or there are many small segments. Never one from `open` on, which may still be
    /// written to.
    std::optional<std::uint32_t> to_compact(std::uint32_t open) const;

    const Segment* find(std::uint32_t number) const;
    std::uint64_t bytes() const;       ///< of all records
    std::uint64_t live_bytes() const;  ///< what still counts would take: estimated
    std::size_t count() const { return segments_.size(); }

  private:
    std::uint64_t garbage_allowed() const;

    const std::uint64_t segment_bytes_;
    std::map<std::uint32_t, Segment> segments_;
    Segment* recent_ = nullptr;  ///< where at() or let_go() were last
    std::uint32_t recent_number_ = 0;
};

}  // namespace zex::log
