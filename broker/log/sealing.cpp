#include "broker/log/sealing.h"

#include <cstring>

#include <xxhash.h>

namespace zex::log {
namespace {

/// Different for every place of every log.
std::uint64_t salt(std::uint64_t log_id, Place place) {
    std::uint64_t x = log_id ^ (std::uint64_t{place.segment} << 32 | place.offset);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;  // the finalizer of splitmix64
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

std::uint64_t checksum(const char* record, std::size_t size, std::uint64_t log_id, Place place) {
    return XXH3_64bits(record + facts::checked_from, size - facts::checked_from) ^
           salt(log_id, place);
}

}  // namespace

void seal(char* record, std::size_t size, std::uint64_t log_id, Place place) {
    const std::uint64_t sum = checksum(record, size, log_id, place);
    std::memcpy(record + facts::checksum_at, &sum, sizeof sum);
}

std::uint64_t checksum_of(std::string_view bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::string_view name_of(Flaw flaw) {
    switch (flaw) {
        case Flaw::mark:
            return "no record begins here";
        case Flaw::size:
            return "the record's size is impossible";
        case Flaw::checksum:
            return "the checksum is wrong";
    }
    return "";
}

Read read_record(std::string_view bytes, std::uint64_t log_id, Place place) {
    Read read;
    if (bytes.size() < facts::header_size || !bytes.starts_with(facts::record_mark)) {
        read.flaw = Flaw::mark;
        return read;
    }
    const facts::Header header = facts::unchecked_header(bytes);
    if (header.size < facts::header_size || header.size > bytes.size()) {
        read.flaw = Flaw::size;
        return read;
    }
    std::uint64_t sum = 0;
    std::memcpy(&sum, bytes.data() + facts::checksum_at, sizeof sum);
    if (sum != checksum(bytes.data(), header.size, log_id, place)) {
        read.flaw = Flaw::checksum;
        return read;
    }
    read.header = header;
    read.body = bytes.substr(facts::header_size, header.size - facts::header_size);
    return read;
}

}  // namespace zex::log
