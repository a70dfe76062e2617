// The broker inside your program: the one that zexd runs, on a thread of yours or stepped by hand,
// with your clock. Made for tests and for programs that carry their broker with them.
//
//     zex::BrokerOptions options;
//     options.endpoints = {"inproc://broker"};
//     options.zmq_context = context;  // shared with the clients, for inproc
//     auto broker = zex::EmbeddedBroker::start(options).value();
//     std::thread thread([&] { broker.run(); });
//     ...
//     broker.stop();
//     thread.join();
//
// Thread: step() and run() belong to one thread; stop() may be called from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zex/result.hpp>

namespace zex {

/// Where an embedded broker gets its time from. It must not go back.
class BrokerClock {
  public:
    virtual ~BrokerClock() = default;
    virtual std::chrono::nanoseconds now() const = 0;
};

struct BrokerOptions {
    /// tcp (port 0 or *: a free one), ipc and inproc. There is no check for loopback here.
    std::vector<std::string> endpoints = {"inproc://zex"};

    void* zmq_context = nullptr;         ///< must outlive the broker; null: one of its own
    const BrokerClock* clock = nullptr;  ///< must outlive the broker; null: the monotonic clock
    /// Unpredictable numbers for session tokens and names of queues; empty: the system's.
    std::function<std::uint64_t()> entropy;
    bool log = false;  ///< information and warnings on stderr

    /// Where durable queues are kept, made where it is not there; one broker at a time. Empty:
    /// nothing can be durable.
    std::string data_dir;

    std::uint64_t connections_max = 1000;
    std::uint64_t message_bytes_max = 1 << 20;
    std::uint64_t queue_messages_max = 10'000'000;  ///< of a queue that names no bound
    std::uint64_t memory_bytes_max = 1ull << 30;    ///< all queued messages together
    std::chrono::milliseconds hello_timeout{5'000};
    std::chrono::milliseconds heartbeat{5'000};  ///< for clients that ask for none
    std::chrono::milliseconds heartbeat_timeout{15'000};
    std::chrono::milliseconds grace{30'000};  ///< for clients that ask for none
};

class EmbeddedBroker {
  public:
    /// Listens; the error names the endpoint where that is not possible.
    static Result<EmbeddedBroker> start(const BrokerOptions& options);
    ~EmbeddedBroker();
    EmbeddedBroker(EmbeddedBroker&&) noexcept;
    EmbeddedBroker& operator=(EmbeddedBroker&&) noexcept;

    /// Does what is due, after waiting at most `max_wait` for input. False when it has stopped.
    bool step(std::chrono::milliseconds max_wait);
    void run();            ///< until stopped
    void stop() noexcept;  ///< says goodbye to clients; run() returns within two seconds

    std::vector<std::string> endpoints() const;  ///< with real ports

    /// Why it stopped by itself, if it did: the data directory cannot be used (data_in_use,
    /// data_foreign, data_too_new, data_damaged), or a sync failed (storage_failed).
    std::optional<Error> failure() const;

  private:
    struct Parts;
    explicit EmbeddedBroker(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace zex
