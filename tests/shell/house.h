// A broker under test and the guests that speak to it, in one process: stepped by hand on a clock
// that the test turns, or running on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "broker/shell/broker_loop.h"
#include "common/base/time.h"
#include "common/net/socket.h"
#include "common/wire/codec.h"

namespace zex::test {

/// What a guest hears: the reply, and the frames that its views point into.
struct Heard {
    std::vector<net::Frame> frames;
    wire::Reply reply;

    template <class T>
    const T* as() const {
        return std::get_if<T>(&reply.answer);
    }
    std::string error_name() const;  ///< of an ErrorReply, Refuse or Goodbye; else empty
};

/// A client of bare protocol structs over a DEALER socket.
class Guest {
  public:
    Guest(net::Context& context, const std::string& endpoint,
          wire::Form form = wire::Form::msgpack);

    void send(const wire::Operation& operation, std::optional<std::uint64_t> id = {});
    void send_frames(std::initializer_list<std::string_view> frames);
    std::optional<Heard> hear_now();
    /// Waits for a message; pings are answered and left out.
    std::optional<Heard> hear(Duration patience = std::chrono::seconds(10));
    void leave() { socket_.close(); }  ///< without a word

  private:
    wire::Form form_;
    net::Socket socket_;
    wire::Decoder decoder_;
};

wire::Hello hello();
wire::Publish publish(std::string_view key, std::string_view payload);

/// Stepped by hand.
class SteppedHouse {
  public:
    explicit SteppedHouse(shell::Options options = {});

    Guest guest(wire::Form form = wire::Form::msgpack) {
        return Guest(*context, "inproc://house", form);
    }
    /// Steps until the guest hears something, pings too.
    std::optional<Heard> hear(Guest& guest);
    Heard ask(Guest& guest, const wire::Operation& operation, std::uint64_t id = 1);
    /// Steps until nothing more happens for a while of turns.
    void settle();
    void pass(Duration time);  ///< turns the clock, then settles

    std::unique_ptr<net::Context> context;
    ManualClock clock;
    std::unique_ptr<shell::BrokerLoop> loop;
};

/// Running, on a free port of 127.0.0.1.
class RunningHouse {
  public:
    explicit RunningHouse(shell::Options options = {});
    ~RunningHouse();

    const std::string& endpoint() const { return endpoint_; }
    Guest guest() { return Guest(*context_, endpoint_); }
    Guest opened_guest();
    Heard ask(Guest& guest, const wire::Operation& operation, std::uint64_t id = 1);
    /// The broker's own word for one of its numbers.
    std::uint64_t counter(Guest& guest, std::string_view name);
    /// Asks until the number is at least this; false at the deadline.
    bool reaches(Guest& guest, std::string_view name, std::uint64_t least);
    void stop();

  private:
    std::unique_ptr<net::Context> context_;
    SteadyClock clock_;
    std::unique_ptr<shell::BrokerLoop> loop_;
    std::string endpoint_;
    std::thread thread_;
};

}  // namespace zex::test
