#include "broker/log/batch.h"

#include "broker/facts/encoding.h"
#include "broker/facts/record.h"
#include "broker/log/sealing.h"
#include "common/base/check.h"

namespace zex::log {

std::size_t Batch::bytes() const {
    std::size_t sum = 0;
    for (const Chunk& chunk : chunks) sum += chunk.bytes.size();
    return sum;
}

void seal(Batch& batch, std::uint64_t log_id) {
    for (Chunk& chunk : batch.chunks) {
        Place place = chunk.begin;
        for (std::size_t at = 0; at < chunk.bytes.size();) {
            const auto rest = std::string_view(chunk.bytes).substr(at);
            const std::uint32_t size = facts::unchecked_header(rest).size;
            ZEX_CHECK(size >= facts::header_size && size <= rest.size());
            seal(chunk.bytes.data() + at, size, log_id, place);
            at += size;
            place.offset += size;
        }
    }
}

std::string synced_body(Place synced) {
    std::string body;
    facts::put(body, synced.segment);
    facts::put(body, synced.offset);
    return body;
}

std::optional<Place> read_synced(std::string_view body) {
    facts::Cursor cursor{body};
    const Place place{cursor.u32(), cursor.u32()};
    return cursor.good ? std::optional(place) : std::nullopt;
}

}  // namespace zex::log
