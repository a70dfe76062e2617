// AMQP 0-9-1 as RabbitMQ speaks it: one connection, one channel. Methods are written and read by
// hand; only what the load needs is here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/stream.h"

namespace bench {

/// Bytes of a method or a content header under construction.
class AmqpBytes {
  public:
    AmqpBytes& u8(unsigned v);
    AmqpBytes& u16(unsigned v);
    AmqpBytes& u32(std::uint32_t v);
    AmqpBytes& u64(std::uint64_t v);
    AmqpBytes& shortstr(std::string_view text);
    AmqpBytes& longstr(std::string_view text);
    AmqpBytes& table(const std::vector<std::pair<std::string_view, std::string_view>>& entries);
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

struct AmqpFrame {
    unsigned type = 0;  ///< 1 method, 2 content header, 3 body
    std::string_view payload;
    std::uint32_t method() const;  ///< class in the upper half; requires type 1
};

inline constexpr std::uint32_t amqp(unsigned klass, unsigned method) {
    return klass << 16 | method;
}
std::uint64_t amqp_u64(std::string_view at);

class AmqpConnection {
  public:
    /// Opens connection and channel 1.
    explicit AmqpConnection(const std::string& endpoint);

    void send(unsigned klass, unsigned method, const AmqpBytes& arguments = {});
    /// send() and wait for the answer, of which the arguments are returned.
    std::string call(unsigned klass, unsigned method, const AmqpBytes& arguments,
                     unsigned answer_method);

    /// Ready to be repeated: method and content header of a publish.
    static std::string publish_frames(std::string_view exchange, std::string_view key,
                                      const AmqpBytes& properties, std::uint64_t body_size);
    void publish(std::string_view frames, std::string_view body);

    void ack(std::uint64_t tag, bool multiple);
    void flush() { stream_.flush(); }
    void flush_if_full() { stream_.flush_if_full(); }

    /// The next complete frame that has arrived; it holds until the next read(). Ends the program
    /// where it closes the channel or the connection.
    std::optional<AmqpFrame> next();
    bool read(int timeout_ms) { return stream_.read(timeout_ms); }

  private:
    std::string await(std::uint32_t method);
    void handshake();
    Stream stream_;
    unsigned channel_ = 0;
};

}  // namespace bench
