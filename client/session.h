// The client's half of a conversation: connecting, hello, resuming or restoring, requests and
// their answers, confirms, heartbeats.
//
// PURE: no socket, no clock, no thread. Time is handed in; what to do comes out as effects.
// Promises and callbacks of calls are fulfilled inside. Invariants: ids rise in the order of
// submission and are kept when something is sent again, which happens in that order; nothing is
// submitted while not open().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <zex/client.hpp>

#include "client/calls.h"
#include "client/effect.h"
#include "client/reconnect_plan.h"
#include "client/restoration.h"
#include "client/unconfirmed.h"

namespace zex {

class Session {
  public:
    struct Terms {
        std::vector<std::string> endpoints;
        std::string name;
        Duration heartbeat{std::chrono::seconds(5)};
        std::optional<Milliseconds> grace;
        Reconnect reconnect;
        Duration patience{std::chrono::seconds(5)};  ///< for a connection to become a conversation
        Duration first_patience = patience;  ///< likewise, when each endpoint is tried first
        std::uint64_t message_bytes_max = UINT64_MAX;  ///< largest message that this side can take
    };

    /// `random` gives numbers in [0, 1).
    Session(Terms terms, std::function<double()> random);

    void start(Instant now);

    // What the socket saw.
    void link_ready(Instant now);  ///< greeted: frames can be sent
    void link_lost(const Error& why, Instant now);
    void heard(Instant now) { heard_at_ = now; }
    void sent(Instant now) { sent_at_ = now; }
    /// Anything but a delivery to a consumer.
    void receive(const wire::Reply& reply, Instant now);
    /// A delivery came for a consumer that is not wanted here (any more).
    void unwanted(const std::string& consumer);

    // What the program asks. Requires open().
    void submit(Call call, Instant now);
    void submit(const std::shared_ptr<Batch>& batch, Instant now);

    void tick(Instant now);
    std::optional<Instant> next_deadline() const;

    /// Gives up for good: everything under way fails with `why`.
    void finish(const Error& why);

    bool open() const { return stage_ == Stage::open; }
    /// Nobody waits for an answer or a confirm.
    bool idle() const { return calls_.empty() && unconfirmed_.batches().empty(); }
    std::uint64_t generation() const { return generation_; }  ///< of the present connection
    const Restoration& restoration() const { return restoration_; }
    std::vector<Effect> take_effects() { return std::exchange(effects_, {}); }

  private:
    enum class Stage : std::uint8_t { waiting, opening, greeting, open, finished };

    void attempt_later(const std::optional<Error>& why, Instant now);
    void open_link(Instant now);
    Duration patience() const;
    void welcomed(const wire::Welcome& welcome, Instant now);
    void restore(Instant now);
    void restored(const Restoration::Id& id, const Result<const wire::Answer*>& answer);
    void tell_restored();
    void send_again();

    void on_error(const std::optional<std::uint64_t>& id, const Error& error, Instant now);
    void on_goodbye(const Error& error, Instant now);
    void on_return(const std::optional<std::uint64_t>& id, const wire::Return& returned);
    void on_answer(std::uint64_t id, const wire::Answer& answer);
    void answer(const Calls::Sent& sent, Result<const wire::Answer*> result);

    void ask(wire::Operation operation, Answered answered);  ///< the session's own request
    void send(std::optional<std::uint64_t> id, wire::Operation operation);
    void send(const std::shared_ptr<Batch>& batch, std::size_t first, std::size_t count);
    void progressed(Progressed progress);
    void notify(ConnectionState state, std::optional<Error> error);

    const Terms terms_;
    ReconnectPlan plan_;
    Stage stage_ = Stage::waiting;
    std::vector<Effect> effects_;
    std::string endpoint_;
    Instant guard_{};  ///< waiting: the next attempt; later: when this one has failed
    Instant now_{};    ///< of the event that is being handled
    Instant heard_at_{};
    Instant sent_at_{};
    Duration heartbeat_{0};
    Duration silence_{0};
    std::string token_;
    wire::Welcome welcome_;
    std::uint64_t next_id_ = 1;
    std::uint64_t hello_id_ = 0;
    std::uint64_t generation_ = 0;
    bool closing_ = false;
    Restoration restoration_;
    std::size_t restoring_ = 0;           ///< answers to restoration_'s steps to wait for
    bool told_ = false;                   ///< the program knows that this connection is open ...
    bool told_all_ = false;               ///< ... and that everything is there
    std::optional<Error> restore_error_;  ///< the first since it was last told
    Calls calls_;
    Unconfirmed unconfirmed_;
    std::set<std::string> unwanted_;
};

}  // namespace zex
