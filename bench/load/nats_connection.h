// The text protocol of NATS, as much of it as a publisher and a subscriber use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bench/load/driver.h"
#include "bench/load/stream.h"

namespace bench {

struct NatsMessage {
    std::string_view reply;  ///< empty: none
    std::string_view payload;
};

class NatsConnection {
  public:
    explicit NatsConnection(const std::string& endpoint);

    void publish(std::string_view subject, std::string_view reply, std::string_view payload);
    void publish_with_headers(std::string_view subject, std::string_view reply,
                              const Outgoing& message);
    void subscribe(std::string_view subject, unsigned id, std::string_view group = {});
    void flush() { stream_.flush(); }
    void flush_if_full() { stream_.flush_if_full(); }
    void round_trip();  ///< returns when the server has seen everything sent so far

    /// The next message that has arrived; views hold until the next read() or next().
    std::optional<NatsMessage> next();
    bool read(int timeout_ms) { return stream_.read(timeout_ms); }

    /// A request to the JetStream API; its answer, in JSON.
    std::string request(std::string_view subject, std::string_view payload);

  private:
    struct Line {
        std::string_view text;
        std::size_t size;
    };
    std::optional<Line> line() const;
    std::optional<NatsMessage> message(const Line& line);

    Stream stream_;
    bool pong_ = false;  ///< whether the last next() ended at one
};

}  // namespace bench
