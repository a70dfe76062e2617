// The RESP protocol of Redis: commands out, replies in.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/stream.h"

namespace bench {

/// Reads values out of one complete reply, in order.
class RedisReply {
  public:
    explicit RedisReply(std::string_view text) : text_(text) {}
    char kind() const { return text_.front(); }
    std::int64_t header();  ///< of an array: its length, -1 for nil; of an integer: its value
    std::string_view bulk();

  private:
    std::string_view text_;
};

class RedisConnection {
  public:
    explicit RedisConnection(const std::string& endpoint) : stream_(endpoint) {}

    void command(std::size_t words) { header('*', words); }  ///< followed by so many word()s
    void word(std::string_view text);
    void command(std::initializer_list<std::string_view> words);
    void flush() { stream_.flush(); }
    void flush_if_full() { stream_.flush_if_full(); }

    /// The next complete reply that has arrived. It holds until the next read(). Ends the program
    /// where it is an error.
    std::optional<RedisReply> next();
    bool read(int timeout_ms) { return stream_.read(timeout_ms); }
    /// Waits for one reply and throws it away.
    void await();

  private:
    void header(char kind, std::size_t size);
    Stream stream_;
};

}  // namespace bench
