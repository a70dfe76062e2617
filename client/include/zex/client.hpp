// The zex client library: connect, declare, bind, publish, consume, settle.
//
//     auto client = zex::Client::connect({}).value();
//     client.declare_exchange("logs").or_throw();
//     auto queue = client.declare_queue("").value();
//     client.bind(queue.name, "logs", {"error"}).or_throw();
//     auto consumer = client.consume(queue.name).value();
//     for (zex::Delivery& delivery : consumer) {
//         std::cout << delivery.bytes() << '\n';
//         delivery.ack().or_throw();
//     }
//
// Thread: every function may be called from any thread, callbacks included. One thread of the
// library owns the socket; callbacks run on a second one, one at a time, in order. After a fork the
// child must not use the client: there every call fails at once with client_closed.
//
// Errors are values (zex::Result, zex::Status) that say what to do; .value() and .or_throw() turn
// them into exceptions for those who like them better. Every call has a deadline: its own, or
// Options::timeout. An exception that leaves a callback goes to Options::on_error.
//
// A broken connection is mended by itself: the session is resumed, or, where its grace period has
// run out, its exchanges, queues, bindings and consumers are made anew under their names, and what
// was not confirmed is sent again. What cannot be made yet is tried again; Options::on_state tells.
// A message may therefore arrive twice, never not at all once confirmed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zex/declare.hpp>
#include <zex/payload.hpp>
#include <zex/result.hpp>

namespace zex {

using Milliseconds = std::chrono::milliseconds;

/// How envelopes are written. Payload bytes are the same in both.
enum class Envelope : std::uint8_t { msgpack, json };

enum class ConnectionState : std::uint8_t {
    connecting,  ///< not yet, or no longer, in conversation with a broker
    /// A new session. Comes when what it needs has been asked for and answered; with an error where
    /// something could not be had, and once more, without one, when everything is there.
    connected,
    resumed,  ///< the same session as before; likewise
    closed,   ///< for good: by close(), or because the reconnect limit was reached
};

struct StateChange {
    ConnectionState state = ConnectionState::connecting;
    std::string endpoint = {};        ///< tried or reached
    std::optional<Error> error = {};  ///< why, where something went wrong
    unsigned attempt = 0;             ///< connection attempts since the last success
};

/// A message that the broker did not take, when nobody waits for the answer to it.
struct Refused {
    Error error;
    std::uint64_t count = 1;  ///< messages
};

/// A mandatory message that no queue took.
struct Returned {
    std::string exchange;
    std::string key;
    Message message;
    Error error;
};

/// Exponential back-off between attempts: first, 2*first, … up to most, each times a random factor
/// in [1-jitter, 1+jitter].
struct Reconnect {
    Milliseconds first{50};
    Milliseconds most{5000};
    double jitter = 0.3;
    std::optional<unsigned> attempts =
        {};  ///< in a row, then the client is closed; nothing: for ever
};

struct Options {
    std::vector<std::string> endpoints = {"tcp://127.0.0.1:5695"};  ///< tried in turn
    std::string name = {};                                          ///< shown by `zex sessions`
    Envelope envelope = Envelope::msgpack;
    Milliseconds timeout{5000};              ///< of a call that names none
    Milliseconds heartbeat{5000};            ///< something is sent at least this often
    std::optional<Milliseconds> grace = {};  ///< how long the session outlives its connection
    Reconnect reconnect = {};
    /// Waiting to be sent or confirmed; then publishers wait.
    std::size_t outbox_bytes = 64 * 1024 * 1024;
    /// Deliveries (beyond credit only without acks) and events that nobody has read; then nothing
    /// more is read from the socket until somebody does.
    std::size_t inbox_bytes = 64 * 1024 * 1024;
    std::size_t unconfirmed_messages = 100'000;  ///< sent and not confirmed; then publishers wait
    /// Of one payload. A broker with larger messages is not connected to: `bad_argument`.
    std::size_t message_bytes_max = 256 * 1024 * 1024;
    /// How long a waiting thread polls before it blocks: lower latency, for a processor.
    std::chrono::microseconds busy_poll{0};
    std::function<void(const StateChange&)> on_state = {};
    std::function<void(const Refused&)> on_refused = {};    ///< of posted messages
    std::function<void(const Returned&)> on_returned = {};  ///< of posted messages
    /// An exception left another callback, and ended its consumer: `callback_failed`. Where this is
    /// not set, a line is written to standard error.
    std::function<void(const Error&)> on_error = {};
    void* zmq_context = nullptr;  ///< to share one, for inproc://; must outlive the client
};

struct PublishOptions {
    bool mandatory = false;  ///< error `unroutable` instead of a confirm of 0 queues
    std::optional<Milliseconds> timeout = {};
};

/// The broker has the message, as safe as its queues promise.
struct Confirmed {
    std::uint64_t queues = 0;  ///< how many queues took it
};

/// What became of the messages of a Publisher so far.
struct PublishCounts {
    std::uint64_t published = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t unroutable = 0;  ///< of the confirmed ones: taken by no queue
    std::uint64_t failed = 0;      ///< refused, returned, or not answered in time
};

/// Messages number .. number+count-1 of a Publisher were not taken.
struct PublishFailure {
    std::uint64_t number = 1;
    std::uint64_t count = 1;
    Error error;
};

struct ConsumeOptions {
    std::string consumer = {};                       ///< empty: the library makes one up
    std::optional<std::uint64_t> credit = {};        ///< most unsettled; broker's default 100
    std::optional<std::uint64_t> credit_bytes = {};  ///< most unsettled; broker's default 8 MiB
    bool no_ack = false;
};

/// One delivered message. Cheap to move and copy; keeps the frame that it came in alive.
class Delivery {
  public:
    std::string_view exchange() const;
    std::string_view key() const;
    std::string_view bytes() const;  ///< the payload
    std::string_view type() const;
    std::string_view version() const;
    std::string_view content_type() const;
    std::string_view message_id() const;
    std::string_view correlation_id() const;
    std::string_view reply_to() const;
    bool redelivered() const { return deliveries() > 1; }
    std::uint32_t deliveries() const;  ///< this one included
    std::uint64_t tag() const;
    std::optional<std::int64_t> timestamp_ms() const;  ///< since 1970-01-01 UTC

    /// The message with all its properties, to be published again: forwarded, answered, put aside.
    Message message() const;

    Payload payload() const;
    nlohmann::json headers() const;     ///< an object, empty where there are none
    nlohmann::json properties() const;  ///< every field, unknown ones too

    /// Settle. Sent together with others; `client_closed` when there is nobody left to tell, no
    /// error when the delivery is from before a reconnection (it will come again).
    Status ack() const;
    Status ack_up_to() const;  ///< this one and every earlier unsettled one of the consumer
    Status requeue() const;
    Status reject() const;

  private:
    friend class ClientCore;
    friend class Deliveries;
    friend class DeliveryFactory;
    struct Frame;
    std::shared_ptr<const Frame> frame_;
    std::size_t index_ = 0;
};

/// Deliveries of one consumer that came together, in order. Going over them costs a fraction of
/// asking for each. Keeps the frame that they came in alive, as does a copy of one of them.
class Deliveries {
  public:
    /// What it points at is good until the next step; copy it to keep it.
    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Delivery;
        using difference_type = std::ptrdiff_t;
        using pointer = const Delivery*;
        using reference = const Delivery&;

        const Delivery& operator*() const { return current_; }
        const Delivery* operator->() const { return &current_; }
        Iterator& operator++() {
            ++current_.index_;
            return *this;
        }
        bool operator==(const Iterator& other) const {
            return current_.index_ == other.current_.index_;
        }

      private:
        friend class Deliveries;
        explicit Iterator(Delivery current) : current_(std::move(current)) {}
        Delivery current_;
    };
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(at(size_)); }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    Delivery operator[](std::size_t index) const { return at(index); }  ///< requires index < size()

    /// Settle all of them, as Delivery does one.
    Status ack() const;
    Status requeue() const;
    Status reject() const;

  private:
    friend class DeliveryFactory;
    Delivery at(std::size_t index) const {
        Delivery out = first_;
        out.index_ += index;
        return out;
    }
    Delivery first_;
    std::size_t size_ = 0;
};

/// A stream of deliveries, or what keeps a callback being called: keep it. Cancelled when the last
/// copy is gone.
class Consumer {
  public:
    const std::string& name() const;

    /// The next delivery, waiting at most `timeout`. Errors: timed_out, queue_deleted,
    /// no_such_consumer (it was cancelled), client_closed.
    Result<Delivery> next(std::optional<Milliseconds> timeout = {});

    /// A delivery that is here already, or nothing. Errors as next(), but for timed_out.
    Result<std::optional<Delivery>> try_next();

    /// All deliveries up to `most` (at least 1) that are here and came together, waiting for the
    /// first as next() does. For reading at full speed.
    Result<Deliveries> next_batch(std::size_t most = 1024,
                                  std::optional<Milliseconds> timeout = {});

    /// Stops deliveries; those that wait here unread go back to the queue. Waits for a running
    /// callback (unless called from it): `timed_out`. The end of the last copy waits without limit.
    Status cancel();

    /// Iteration: waits without limit, ends when the consumer is cancelled or the client closed.
    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Delivery;
        using difference_type = std::ptrdiff_t;
        using pointer = Delivery*;
        using reference = Delivery&;

        Iterator() = default;
        explicit Iterator(Consumer* consumer) : consumer_(consumer) { ++*this; }
        Delivery& operator*() { return *current_; }
        Delivery* operator->() { return &*current_; }
        Iterator& operator++();
        bool operator==(const Iterator& other) const { return consumer_ == other.consumer_; }

      private:
        Consumer* consumer_ = nullptr;
        std::optional<Delivery> current_;
    };
    Iterator begin() { return Iterator(this); }
    Iterator end() { return {}; }

  private:
    friend class Client;
    struct State;
    std::shared_ptr<State> state_;
};

/// Publishes many messages and counts their confirms by ranges, where a future for each message
/// would cost more than the message. Made by Client::publisher().
class Publisher {
  public:
    /// As Client::publish_async. Messages have the numbers 1, 2, … in the order of the calls.
    Status publish(std::string_view exchange, std::string_view key, const Message& message,
                   const PublishOptions& options = {});

    PublishCounts counts() const;

    /// Waits until everything published so far is confirmed or has failed; `timed_out` otherwise.
    Status wait(std::optional<Milliseconds> timeout = {});

    /// What failed since the last call; beyond 1000 stretches only counts() tells.
    std::vector<PublishFailure> take_failures();

  private:
    friend class Client;
    std::shared_ptr<class ClientCore> core_;
    std::shared_ptr<class PublishTally> tally_;
};

class Client {
  public:
    /// Waits until a broker has welcomed the client, at most Options::timeout.
    static Result<Client> connect(Options options);

    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    /// close() without waiting for confirms; waits for a callback that is running.
    ~Client();

    Status declare_exchange(const std::string& name, const ExchangeOptions& options = {});
    Status delete_exchange(const std::string& name, bool if_unused = false);

    /// An empty name gives a temporary queue with a name that nobody else has, exclusive to this
    /// session. It keeps that name when it has to be made anew after a long outage.
    Result<QueueInfo> declare_queue(const std::string& name, const QueueOptions& options = {});
    Result<std::uint64_t> delete_queue(const std::string& name, bool if_unused = false,
                                       bool if_empty = false);  ///< messages that were in it

    Status bind(const std::string& queue, const std::string& exchange,
                const std::vector<std::string>& keys);
    Status unbind(const std::string& queue, const std::string& exchange,
                  const std::vector<std::string>& keys);
    Result<std::uint64_t> purge(const std::string& queue);  ///< messages removed

    /// Waits for the confirm. Errors: unroutable (mandatory), queue_full, no_such_exchange, …
    Result<Confirmed> publish(std::string_view exchange, std::string_view key,
                              const Message& message, const PublishOptions& options = {});

    /// The confirm comes through the future. Messages are sent in the order of the calls, in
    /// batches while the socket is busy. Waits while Options::unconfirmed_messages are under way.
    std::future<Result<Confirmed>> publish_async(std::string_view exchange, std::string_view key,
                                                 const Message& message,
                                                 const PublishOptions& options = {});

    /// For publishing at full speed with confirms. Good as long as the client is open.
    Publisher publisher();

    /// At most once, no confirm. Waits while the outbox is full; `outbox_full` at the deadline.
    Status post(std::string_view exchange, std::string_view key, const Message& message,
                const PublishOptions& options = {});

    /// Waits until everything published and posted so far has been answered or taken in by the
    /// broker.
    Status flush(std::optional<Milliseconds> timeout = {});

    Result<Consumer> consume(const std::string& queue, const ConsumeOptions& options = {});

    /// `on_delivery` runs on the callback thread; settle from there or from anywhere else. Where it
    /// throws, the consumer ends: see Options::on_error.
    Result<Consumer> consume(const std::string& queue, const ConsumeOptions& options,
                             std::function<void(Delivery&)> on_delivery);

    /// One message, or nothing where none is ready.
    Result<std::optional<Delivery>> get(const std::string& queue, bool no_ack = false);

    Result<std::chrono::microseconds> ping();  ///< round trip

    // For looking; shapes in docs/protocol.md. Numbers stay numbers.
    Result<nlohmann::json> list(const std::string& what);  ///< array of rows
    Result<nlohmann::json> status();                       ///< object
    Result<nlohmann::json> explain(const std::string& exchange, const std::string& key);
    Result<nlohmann::json> peek(const std::string& queue, std::uint64_t count = 1);

    /// Copies all that the broker has stored into the new directory backups/NAME of its data
    /// directory; a broker started on the copy has what was confirmed before this call. Takes as
    /// long as the disk needs: give it time. Errors: not_permitted (no data directory), bad_name,
    /// not_empty (there is such a backup, finished or not), disk_full, storage_failed, timed_out
    /// (it may still be made).
    Status backup(const std::string& name, std::optional<Milliseconds> timeout = {});

    ConnectionState state() const;
    std::string session() const;  ///< its name in `zex sessions`

    /// Waits for outstanding confirms, ends the session, and stops the threads. `timed_out` where a
    /// callback still runs then; none begins any more, and the destructor waits for it.
    Status close(std::optional<Milliseconds> timeout = {});

  private:
    friend class ClientCore;
    explicit Client(std::shared_ptr<class ClientCore> core);
    std::shared_ptr<ClientCore> core_;
};

/// "major.minor.patch" of the library.
const char* version();

}  // namespace zex
