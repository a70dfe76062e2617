// How much of each segment of the log is still needed, and so which one is worth cleaning. Segments
// go from the oldest on, so that no `settled` record goes before the message that it settles.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "broker/facts/place.h"

namespace zex::core {

class Segments {
  public:
    struct Segment {
        std::uint64_t bytes = 0;     ///< of all its records
        std::uint64_t messages = 0;  ///< that were written there
        std::uint64_t live = 0;      ///< of these: still in a queue, or unacked
        bool topology = false;       ///< has changes of what is declared
    };

    /// A record of `bytes` was written.
    void wrote(facts::Place place, std::uint64_t bytes);
    void wrote_message(facts::Place place, std::uint64_t bytes);
    void wrote_topology(facts::Place place, std::uint64_t bytes);

    /// The message whose record is here is no longer needed, or was written anew.
    void let_go(facts::Place place);

    void restore(std::uint32_t number, const Segment& segment) { segments_[number] = segment; }
    void removed(std::uint32_t number) { segments_.erase(number); }

    /// The oldest, where it should be cleaned: nothing in it is needed, or a large part of the
    /// whole log is garbage. Never `current`, which is still written.
    std::optional<std::uint32_t> to_clean(std::uint32_t current) const;

    const Segment* find(std::uint32_t number) const;
    std::uint64_t bytes() const;    ///< of all records
    std::uint64_t garbage() const;  ///< of these, estimated: messages that are gone
    std::size_t count() const { return segments_.size(); }

  private:
    std::map<std::uint32_t, Segment> segments_;
};

/// Garbage below this many bytes is left alone.
inline constexpr std::uint64_t garbage_allowed = 128 << 20;

}  // namespace zex::core
