// One record of the log, as bytes: docs/storage.md has the layout. All numbers are little-endian.
//
// A record is written in two steps. put_header() and the body come first, on the broker thread;
// seal() adds the checksum, on the store thread. The checksum has the record's place and the log's
// id mixed in, so that a record that was written elsewhere, or in another log, is not good here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/facts/place.h"

namespace zex::facts {

/// Stands in the file. A number once released is never used again for another meaning.
enum class Kind : std::uint8_t {
    enqueued = 1,  ///< a message, in the order of its queue: sequences have no gap
    kept = 2,      ///< a message written anew, so that its old segment can go
    settled = 3,   ///< messages that are no longer there
    offered = 4,   ///< messages before `sequence` may have been delivered
    topology = 5,  ///< changes of what is declared, together or not at all
};

/// Flag of `enqueued` and `kept`: may have been delivered already when it was written.
inline constexpr std::uint8_t flag_offered = 1;

struct Header {
    Kind kind = Kind::enqueued;
    std::uint8_t flags = 0;
    std::uint32_t size = 0;  ///< bytes of the whole record
    std::uint64_t queue = 0;
    std::uint64_t sequence = 0;
};

/// Found nowhere else by accident; a reader that has lost its way looks for the next one.
inline constexpr std::string_view record_mark{"\xF5zexfact", 8};
inline constexpr std::size_t header_size = 40;
inline constexpr std::size_t checksum_at = 8;

/// Appends a header without a checksum. `header.size` is to be right.
void put_header(std::string& out, const Header& header);

/// Writes the checksum into a whole record of `size` bytes that will stand at `place`.
void seal(char* record, std::size_t size, std::uint64_t log_id, Place place);

/// What the first header_size bytes say, right or wrong. Requires that there are so many.
Header unchecked_header(std::string_view bytes);

/// Of the store's own small files and headers: xxh3, 64 bits.
std::uint64_t checksum_of(std::string_view bytes);

/// Why bytes are no record.
enum class Flaw : std::uint8_t {
    mark,      ///< they do not begin with the mark
    size,      ///< the size is less than a header, or more than what is there
    checksum,  ///< a bit is not as it was written, or it was written for another place
    kind,      ///< unknown kind in a record that is otherwise good
};
std::string_view name_of(Flaw flaw);

struct Read {
    std::optional<Flaw> flaw;
    Header header;          ///< good where there is no flaw, or only that of its kind
    std::string_view body;  ///< as the header
};
/// Reads the record that `bytes` begin with; more may follow it.
Read read_record(std::string_view bytes, std::uint64_t log_id, Place place);

// Little-endian numbers in bodies.
void put(std::string& out, std::uint16_t number);
void put(std::string& out, std::uint32_t number);
void put(std::string& out, std::uint64_t number);

/// Takes numbers and strings from the front of a body; `good` turns false where it ends too soon.
struct Cursor {
    std::string_view rest;
    bool good = true;

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    std::string_view bytes(std::size_t count);
};

}  // namespace zex::facts
