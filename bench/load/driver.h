// What the load program asks of a system under test. One file per system implements it, with the
// fastest honest client that its wire protocol allows; zex alone is reached through its public
// client library.
//
// Thread: a Publisher and a Consumer are used by one thread each, a Driver by the main thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench/load/plan.h"
#include "bench/load/tally.h"

namespace bench {

/// The last four are set in the own-headers scenario only.
struct Outgoing {
    std::string_view payload;
    unsigned queue = 0;
    std::string_view key;
    std::string_view id;
    std::string_view trace;  ///< the two headers
    std::string_view tenant;
};

enum class Wait { no, yes };

class Publisher {
  public:
    virtual ~Publisher() = default;
    /// May keep the message until 64 KiB have come together, or flush().
    virtual void publish(const Outgoing& message) = 0;
    virtual void flush() = 0;
    /// Confirms that came since the last call. Wait::yes: at most 100 ms for the first of them.
    virtual std::uint64_t confirmed(Wait) { return 0; }
    /// publish() itself waits while plan.window messages are unconfirmed.
    virtual bool keeps_window() const { return false; }
};

class Consumer {
  public:
    virtual ~Consumer() = default;
    /// Waits at most 100 ms, gives every payload that is there to `tally`, and settles it where the
    /// plan says so.
    virtual void receive(Tally& tally) = 0;
};

/// A connection that does nothing.
class Idle {
  public:
    virtual ~Idle() = default;
};

class Driver {
  public:
    virtual ~Driver() = default;
    /// Makes the queues, or whatever stands for them, before the first client comes.
    virtual void prepare() {}
    virtual std::unique_ptr<Publisher> publisher(unsigned index) = 0;
    /// Is given what is published from the time this returns.
    virtual std::unique_ptr<Consumer> consumer(unsigned index) = 0;
    /// Removes what prepare() made. The clients are gone.
    virtual void tear_down() {}

    /// For the memory scenario; nullptr where the system is not asked.
    virtual std::unique_ptr<Idle> idle() { return nullptr; }
};

/// nullptr for a system that is not known.
std::unique_ptr<Driver> make_driver(const Plan& plan);

std::unique_ptr<Driver> nats_driver(const Plan& plan);
std::unique_ptr<Driver> jetstream_driver(const Plan& plan);
std::unique_ptr<Driver> redis_pubsub_driver(const Plan& plan);
std::unique_ptr<Driver> redis_streams_driver(const Plan& plan);
std::unique_ptr<Driver> rabbitmq_driver(const Plan& plan);
std::unique_ptr<Driver> mosquitto_driver(const Plan& plan);
std::unique_ptr<Driver> zex_driver(const Plan& plan);
std::unique_ptr<Driver> zex_plain_driver(const Plan& plan);
std::unique_ptr<Driver> bare_driver(const Plan& plan);  ///< r1, r3, r3a

}  // namespace bench
