#include "bench/load/redis_connection.h"

#include <charconv>

#include "bench/load/fail.h"

namespace bench {
namespace {

constexpr std::size_t kIncomplete = 0;

std::int64_t integer(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Bytes of the value at the start of `text`; kIncomplete where its end is not there yet.
std::size_t value_size(std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return kIncomplete;
    std::size_t size = end + 1;
    if (text[0] == '$') {
        const std::int64_t length = integer(text.substr(1, end - 2));
        if (length >= 0) size += static_cast<std::size_t>(length) + 2;
        return size <= text.size() ? size : kIncomplete;
    }
    if (text[0] != '*') return size;
    for (std::int64_t left = integer(text.substr(1, end - 2)); left > 0; --left) {
        const std::size_t part = value_size(text.substr(size));
        if (part == kIncomplete) return kIncomplete;
        size += part;
    }
    return size;
}

}  // namespace

std::int64_t RedisReply::header() {
    const std::size_t end = text_.find('\n');
    const std::int64_t value = integer(text_.substr(1, end - 2));
    text_.remove_prefix(end + 1);
    return value;
}

std::string_view RedisReply::bulk() {
    const std::int64_t length = header();
    if (length < 0) return {};
    const std::string_view bytes = text_.substr(0, static_cast<std::size_t>(length));
    text_.remove_prefix(bytes.size() + 2);
    return bytes;
}

void RedisConnection::header(char kind, std::size_t size) {
    stream_.write({&kind, 1});
    stream_.write_decimal(size);
    stream_.write("\r\n");
}

void RedisConnection::word(std::string_view text) {
    header('$', text.size());
    stream_.write(text);
    stream_.write("\r\n");
}

void RedisConnection::command(std::initializer_list<std::string_view> words) {
    command(words.size());
    for (const std::string_view text : words) word(text);
}

std::optional<RedisReply> RedisConnection::next() {
    const std::string_view input = stream_.input();
    const std::size_t size = value_size(input);
    if (size == kIncomplete) return {};
    if (input[0] == '-') fail(input.substr(0, size - 2));
    stream_.skip(size);
    return RedisReply(input.substr(0, size));
}

void RedisConnection::await() {
    while (!next())
        if (!read(10'000)) fail("Redis does not answer");
}

}  // namespace bench
