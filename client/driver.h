// Owns the link, drives the session, moves what waits in the outbox to the socket and what comes
// from it to those who wait. All that is done by the thread that has the turn (a mutex): the socket
// thread, or, where little happens, for a moment a thread of the program, whose message then
// leaves without waking another thread first.
//
// Thread: run() is the socket thread; announce() and stop() from any without the turn.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <zex/client.hpp>

#include "client/callbacks.h"
#include "client/link.h"
#include "client/outbox.h"
#include "client/session.h"
#include "client/state_board.h"
#include "client/subscriptions.h"
#include "common/wire/codec.h"

namespace zex {

class Driver {
  public:
    /// Everything here must outlive the driver.
    struct Parts {
        const Options& options;
        net::Context& context;
        Doorbell& bell;
        Outbox& outbox;
        Subscriptions& subscriptions;
        InboxBudget& budget;
        Callbacks& callbacks;
        StateBoard& board;
    };
    explicit Driver(const Parts& parts);

    void run();
    void stop();  ///< run() returns soon, and fails all that is under way

    /// Something new waits in the outbox: sends it at once, or wakes the socket thread.
    void announce();

  private:
    /// A message ready for the socket.
    struct Outgoing {
        std::vector<net::Frame> frames;
        std::shared_ptr<Batch> posted;  ///< goes back to the outbox if it cannot be sent
    };

    bool step();
    void sleep(std::unique_lock<std::mutex>& turn);
    bool has_work() const;
    Instant next_deadline() const;
    bool gather();
    bool send();
    bool read();
    void take_in(std::vector<net::Frame>& frames);
    void deliver(std::vector<net::Frame>& frames, const wire::Deliver& deliver);
    bool watch();
    bool expire();
    void drop_link();
    void report_late(Outbox::Item& item, const Error* why);

    void perform();
    void perform(OpenLink& effect);
    void perform(CloseLink& effect);
    void perform(SendRequest& effect);
    void perform(SendBatch& effect);
    void perform(Progressed& effect);
    void perform(Notify& effect);
    void perform(ReportRefused& effect);
    void perform(ReportReturned& effect);
    void perform(ConsumerEnded& effect);
    void perform(NewGeneration& effect);
    void perform(Opened& effect);
    void perform(Finished& effect);

    Parts parts_;
    const wire::Form form_;
    std::atomic<bool> stop_{false};
    std::atomic<Instant> sent_at_once_{Instant{}};  ///< when announce() last did so

    std::mutex turn_;  ///< guards all below
    Session session_;
    wire::Decoder decoder_;
    std::optional<Link> link_;
    std::deque<Outgoing> to_send_;
    std::vector<Outbox::Item> items_;
    bool may_read_ = false;   ///< receive() has not said since that there is nothing
    bool may_watch_ = false;  ///< the same of the link's news
    Instant sleeps_until_{};  ///< the socket thread, if nothing wakes it
    bool finished_ = false;
};

}  // namespace zex
