#include "broker/facts/record.h"

#include <bit>
#include <cstring>

#include <xxhash.h>

namespace zex::facts {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the log is little-endian and written as memory has it");

constexpr std::size_t size_at = 16;
constexpr std::size_t kind_at = 20;
constexpr std::size_t flags_at = 21;
constexpr std::size_t queue_at = 24;
constexpr std::size_t sequence_at = 32;

template <class T>
void put_number(std::string& out, T number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    out.append(bytes, sizeof number);
}

template <class T>
T number_at(const char* from) {
    T number;
    std::memcpy(&number, from, sizeof number);
    return number;
}

/// Different for every place of every log.
std::uint64_t salt(std::uint64_t log_id, Place place) {
    std::uint64_t x = log_id ^ (std::uint64_t{place.segment} << 32 | place.offset);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;  // the finalizer of splitmix64
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

std::uint64_t checksum(const char* record, std::size_t size, std::uint64_t log_id, Place place) {
    return XXH3_64bits(record + size_at, size - size_at) ^ salt(log_id, place);
}

}  // namespace

void put_header(std::string& out, const Header& header) {
    out += record_mark;
    put(out, std::uint64_t{0});
    put(out, header.size);
    out += static_cast<char>(header.kind);
    out += static_cast<char>(header.flags);
    put(out, std::uint16_t{0});
    put(out, header.queue);
    put(out, header.sequence);
}

void seal(char* record, std::size_t size, std::uint64_t log_id, Place place) {
    const std::uint64_t sum = checksum(record, size, log_id, place);
    std::memcpy(record + checksum_at, &sum, sizeof sum);
}

Header unchecked_header(std::string_view bytes) {
    const char* at = bytes.data();
    return {static_cast<Kind>(static_cast<std::uint8_t>(at[kind_at])),
            static_cast<std::uint8_t>(at[flags_at]), number_at<std::uint32_t>(at + size_at),
            number_at<std::uint64_t>(at + queue_at), number_at<std::uint64_t>(at + sequence_at)};
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
        case Flaw::kind:
            return "the record's kind is unknown";
    }
    return "";
}

Read read_record(std::string_view bytes, std::uint64_t log_id, Place place) {
    Read read;
    if (bytes.size() < header_size || !bytes.starts_with(record_mark)) {
        read.flaw = Flaw::mark;
        return read;
    }
    const char* at = bytes.data();
    const auto size = number_at<std::uint32_t>(at + size_at);
    if (size < header_size || size > bytes.size()) {
        read.flaw = Flaw::size;
        return read;
    }
    if (number_at<std::uint64_t>(at + checksum_at) != checksum(at, size, log_id, place)) {
        read.flaw = Flaw::checksum;
        return read;
    }
    read.header = unchecked_header(bytes);
    if (read.header.kind < Kind::enqueued || read.header.kind > Kind::topology) {
        read.flaw = Flaw::kind;
    }
    read.body = bytes.substr(header_size, size - header_size);
    return read;
}

void put(std::string& out, std::uint16_t number) {
    put_number(out, number);
}
void put(std::string& out, std::uint32_t number) {
    put_number(out, number);
}
void put(std::string& out, std::uint64_t number) {
    put_number(out, number);
}

std::string_view Cursor::bytes(std::size_t count) {
    if (count > rest.size()) {
        good = false;
        rest = {};
        return {};
    }
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(count);
    return taken;
}

std::uint8_t Cursor::u8() {
    const std::string_view raw = bytes(1);
    return raw.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(raw[0]);
}
std::uint16_t Cursor::u16() {
    const std::string_view raw = bytes(2);
    return raw.empty() ? std::uint16_t{0} : number_at<std::uint16_t>(raw.data());
}
std::uint32_t Cursor::u32() {
    const std::string_view raw = bytes(4);
    return raw.empty() ? 0 : number_at<std::uint32_t>(raw.data());
}
std::uint64_t Cursor::u64() {
    const std::string_view raw = bytes(8);
    return raw.empty() ? 0 : number_at<std::uint64_t>(raw.data());
}

}  // namespace zex::facts
