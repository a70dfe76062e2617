// A session, a clock and the broker's lines: what the tests of client/session tell stories with.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/session.h"

namespace zex::test {

class SessionStory {
  public:
    explicit SessionStory(Session::Terms terms = default_terms())
        : session(std::move(terms), [] { return 0.5; }) {
        session.start(now);
        collect();
    }

    static Session::Terms default_terms() {
        Session::Terms terms;
        terms.endpoints = {"tcp://one", "tcp://two"};
        terms.message_bytes_max = 1 << 28;
        return terms;
    }

    /// Effects of one kind since the last look, in order.
    template <class T>
    std::vector<T> take() {
        std::vector<T> out;
        std::vector<Effect> rest;
        for (Effect& effect : effects) {
            if (auto* one = std::get_if<T>(&effect)) {
                out.push_back(std::move(*one));
            } else {
                rest.push_back(std::move(effect));
            }
        }
        effects = std::move(rest);
        return out;
    }

    /// The requests of one operation that were sent since the last look.
    template <class Op>
    std::vector<std::pair<std::uint64_t, Op>> sent() {
        std::vector<std::pair<std::uint64_t, Op>> out;
        for (SendRequest& effect : take<SendRequest>()) {
            if (auto* op = std::get_if<Op>(&effect.request.operation)) {
                out.emplace_back(effect.request.id.value_or(0), std::move(*op));
            } else {
                effects.push_back(std::move(effect));
            }
        }
        return out;
    }

    void say(std::optional<std::uint64_t> id, wire::Answer answer) {
        session.receive({id, std::move(answer)}, now);
        session.heard(now);
        collect();
    }

    void pass(Duration time) {
        now = now + time;
        session.tick(now);
        collect();
    }

    /// Waits out the back-off, connects and is welcomed.
    void connect(bool resumed = false) {
        while (take<OpenLink>().empty()) pass(std::chrono::milliseconds(10));
        session.link_ready(now);
        collect();
        const auto hello = sent<wire::Hello>();
        last_hello = hello.at(0).second;
        wire::Welcome welcome;
        welcome.session = "s-1";
        welcome.token = resumed ? last_hello.token : "token-" + std::to_string(++tokens);
        welcome.resumed = resumed;
        welcome.heartbeat_ms = 1000;
        welcome.timeout_ms = 3000;
        welcome.max_message_bytes = 1 << 20;
        welcome.max_batch = 65536;
        welcome.max_batch_bytes = 8 << 20;
        if (welcome_change != nullptr) welcome_change(welcome);
        say(hello.at(0).first, welcome);
    }

    void lose() {
        session.link_lost(error(ErrorCode::not_connected, "the connection broke"), now);
        collect();
    }

    /// Submits a request; the result appears in `*answered`.
    struct Outcome {
        std::optional<Error> error;
        std::optional<wire::Answer> answer;
        int count = 0;
    };
    std::shared_ptr<Outcome> ask(wire::Operation operation,
                                 Duration timeout = std::chrono::seconds(5)) {
        auto outcome = std::make_shared<Outcome>();
        const auto answered = [outcome](Result<const wire::Answer*> result) {
            ++outcome->count;
            if (result) {
                outcome->answer = **result;
            } else {
                outcome->error = result.error();
            }
        };
        session.submit(Call{std::move(operation), now + timeout, timeout, answered}, now);
        collect();
        return outcome;
    }

    /// Asks and lets the broker say ok at once.
    template <class Op>
    void done(Op operation, wire::Ok ok = {}) {
        ask(operation);
        say(sent<Op>().at(0).first, std::move(ok));
    }

    using Futures = std::vector<std::future<Result<Confirmed>>>;

    /// Submits a batch of messages that wait for confirms.
    Futures publish(const std::vector<std::string>& payloads,
                    Duration timeout = std::chrono::seconds(5)) {
        Futures futures;
        Message message;
        auto batch =
            std::make_shared<Batch>(BatchTerms{"logs", false, true, timeout}, message, now);
        for (const std::string& payload : payloads) {
            message.payload.bytes = payload;
            batch->add("key", message, {});
            futures.push_back(batch->add_promise());
        }
        session.submit(std::move(batch), now);
        collect();
        return futures;
    }

    void collect() {
        for (Effect& effect : session.take_effects()) effects.push_back(std::move(effect));
    }

    Instant now{std::chrono::seconds(100)};
    Session session;
    std::vector<Effect> effects;
    std::vector<std::uint64_t> asked;  ///< ids of requests that the test has still to answer
    wire::Hello last_hello;
    void (*welcome_change)(wire::Welcome&) = nullptr;
    int tokens = 0;
};

/// What a future holds already.
template <class T>
std::optional<T> now_in(std::future<T>& future) {
    if (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return {};
    return future.get();
}

}  // namespace zex::test
