// One fact as a record of bytes: a header of 40 bytes and a body. docs/storage.md has the layout.
//
// A record is made in two steps. The broker thread writes header and body here; broker/log decides
// where the record stands, and seals it there: the checksum covers place and log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zex::facts {

/// Stands in the file. A number once released is never used again for another meaning. A kind that
/// is not here was written by a newer program; it is kept as it is.
enum class Kind : std::uint8_t {
    enqueued = 1,   ///< a message, in the order of its queue: sequences have no gap
    relocated = 2,  ///< a message written again, so that its old segment can go
    settled = 3,    ///< messages that are no longer there
    offered = 4,    ///< messages before `sequence` may have been delivered
    topology = 5,   ///< changes of what is declared, together or not at all
    progress = 6,   ///< what a queue has come to: its next sequence, and what may be delivered
    batch = 7,      ///< ends a batch: how far the log was synced when it was sealed
};

/// Flag of `enqueued` and `relocated`: may have been delivered already when it was written.
inline constexpr std::uint8_t flag_offered = 1;
/// Flag of `enqueued` and `relocated`: the message has times (see StoredMessage).
inline constexpr std::uint8_t flag_times = 2;

struct Header {
    Kind kind = Kind::enqueued;
    std::uint8_t flags = 0;
    std::uint8_t lane = 0;   ///< of `enqueued` and `relocated`: kept for priorities; 0 today
    std::uint32_t size = 0;  ///< bytes of the whole record
    std::uint64_t queue = 0;
    std::uint64_t sequence = 0;
};

/// Found nowhere else by accident; a reader that has lost its way looks for the next one.
inline constexpr std::string_view record_mark{"\xF5zexfact", 8};
inline constexpr std::size_t header_size = 40;
inline constexpr std::size_t checksum_at = 8;  ///< 8 bytes; they cover all that follows them
inline constexpr std::size_t checked_from = 16;

/// Appends a header without a checksum. `header.size` is to be right.
void put_header(std::string& out, const Header& header);

/// What the first header_size bytes say, right or wrong. Requires that there are so many.
Header unchecked_header(std::string_view bytes);

/// First and last sequence of a run.
struct SequenceRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const SequenceRange&) const = default;
};

/// The ranges of a `settled` record; nothing where the body is not as Records writes it.
std::optional<std::vector<SequenceRange>> read_ranges(std::string_view body);

/// The body of a `progress` record, which stands for all of its queue that came before: what it
/// says holds even where an earlier record said more.
struct Progress {
    std::uint64_t next_sequence = 0;  ///< of the next message; those before it were all written
    std::uint64_t offered = 0;        ///< messages before it may have been delivered
};
void append_to(std::string& out, const Progress& progress);
std::optional<Progress> read_progress(std::string_view body);

}  // namespace zex::facts
