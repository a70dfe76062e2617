// The checksum of a record, and reading one back. The checksum has the record's place and the log's
// id mixed in: a record that was written elsewhere, or in another log, is not good here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/facts/record.h"
#include "broker/log/place.h"

namespace zex::log {

/// Writes the checksum into a whole record of `size` bytes that will stand at `place`.
void seal(char* record, std::size_t size, std::uint64_t log_id, Place place);

/// Of the store's own small files and headers: XXH3, 64 bits.
std::uint64_t checksum_of(std::string_view bytes);

/// Why bytes are no record.
enum class Flaw : std::uint8_t {
    mark,      ///< they do not begin with the mark
    size,      ///< the size is less than a header, or more than what is there
    checksum,  ///< a bit is not as it was written, or it was written for another place
};
std::string_view name_of(Flaw flaw);

struct Read {
    std::optional<Flaw> flaw;
    facts::Header header;   ///< good where there is no flaw
    std::string_view body;  ///< as the header
};
/// Reads the record that `bytes` begin with; more may follow it.
Read read_record(std::string_view bytes, std::uint64_t log_id, Place place);

}  // namespace zex::log
