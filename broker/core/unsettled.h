// Deliveries that wait to be settled, by tag. Tags rise, and are given by the session: those of one
// consumer may have gaps between them. Settled ones stay in a window until all before them are
// settled, so that a tag is found by its distance from the first one where there are no gaps. Old
// deliveries that stay unsettled while those after them are settled leave the window for a map:
// what is kept is in proportion to what is held.
#pragma once

#include <cstddef>
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
    /// Requires a tag above every one before.
    void add(std::uint64_t tag, Message message, QueueId queue, Instant now);

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
        for (const Place& place : window_) {
            if (place.held && !visit(*place.held)) return;
        }
    }

    /// All of them, in the order of their tags.
    std::vector<Unsettled> take_all();
    /// Those of one queue, likewise.
    std::vector<Unsettled> take_of(QueueId queue);

    std::uint64_t count() const { return count_; }
    std::uint64_t bytes() const { return bytes_; }
    std::optional<Instant> oldest() const;  ///< when the oldest one held was delivered

  private:
    struct Place {
        std::uint64_t tag = 0;
        std::optional<Unsettled> held;  ///< nothing: settled
    };
    using Window = std::deque<Place>;

    /// The first place in the window with this tag or a later one.
    std::size_t place_of(std::uint64_t tag) const;
    void trim();
    std::optional<Unsettled> take_from_window(std::uint64_t tag);
    std::optional<Unsettled> take_from_old(std::uint64_t tag);

    std::map<std::uint64_t, Unsettled> old_;  ///< below the window
    Window window_;                           ///< in the order of the tags
    std::uint64_t count_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace zex::core
