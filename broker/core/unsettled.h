// Deliveries that wait to be settled, by tag. Tags are dense and never used again within a
// session, so a tag is found by its distance from the first one of a window. Old deliveries that
// stay unsettled while those after them are settled leave the window for a map: what is kept is
// in proportion to what is held, however far apart the tags are.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "broker/core/message.h"
#include "common/base/ids.h"
#include "common/base/time.h"

namespace zex::core {

struct Unsettled {
    Message message;
    QueueId queue;
    Instant since;
};

class UnsettledDeliveries {
  public:
    /// Gives the new delivery's tag; the first is 1.
    std::uint64_t add(Message message, QueueId queue, Instant now);

    /// The delivery with this tag, which is then no longer held; nothing where there is none.
    std::optional<Unsettled> take(std::uint64_t tag);

    /// The lowest tag held of `from` to `last`. Its work is bounded by that stretch and, however
    /// long the stretch is, by what is held.
    std::optional<std::uint64_t> next_held(std::uint64_t from, std::uint64_t last) const;

    /// Calls visit(held) for each, by rising tag, until it gives false.
    template <class Visit>
    void each(const Visit& visit) const {
        for (const auto& [tag, held] : old_) {
            if (!visit(held)) return;
        }
        for (const std::optional<Unsettled>& held : window_) {
            if (held && !visit(*held)) return;
        }
    }

    /// All of them, in the order of their tags. From here on their tags are stale.
    std::vector<Unsettled> take_all();

    /// Tags below this one are from an earlier epoch: handed back when the connection broke.
    std::uint64_t epoch_first() const { return epoch_first_; }

    /// A tag that add() has not yet given.
    bool is_future(std::uint64_t tag) const { return tag >= next_tag(); }

    std::uint64_t next_tag() const { return window_first_ + window_.size(); }
    std::uint64_t count() const { return count_; }
    std::uint64_t bytes() const { return bytes_; }
    std::optional<Instant> oldest() const;  ///< when the oldest one held was delivered

  private:
    void trim();
    std::optional<Unsettled> take_from_window(std::uint64_t tag);
    std::optional<Unsettled> take_from_old(std::uint64_t tag);

    std::map<std::uint64_t, Unsettled> old_;       ///< below the window
    std::deque<std::optional<Unsettled>> window_;  ///< settled ones in the middle are nothing
    std::uint64_t window_first_ = 1;               ///< tag of its first element
    std::uint64_t epoch_first_ = 1;
    std::uint64_t count_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace zex::core
