// Owns the link, drives the session, moves what waits in the outbox to the socket and what comes
// from it to those who wait. All that is done by the thread that has the turn, a mutex. Usually it
// is the socket thread, which waits for the socket and for the bell. Two ways spare a message the
// waking of that thread:
//
// - A thread of the program that has something to send after a pause takes the turn and sends it.
// - A thread that waits for a delivery leads: it waits for the socket itself, while the socket
//   thread stands by. After it has got one, its place is kept for a lease (1 ms), because it is
//   likely to come back; then the socket thread takes over. The lease ends at once when the bell
//   rings, and there is none while anybody waits for anything else of this client.
//
// Thread: run() is the socket thread; announce(), lead() and stop() from any without the turn.
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
#include "client/resolver.h"
#include "client/session.h"
#include "client/state_board.h"
#include "client/subscriptions.h"
#include "common/net/wakeup.h"
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

    /// Something new waits to be sent: does it at once, or wakes who waits for the socket.
    void announce();

    /// Waits for the socket in place of the socket thread until the consumer has something to read
    /// or has ended, or until then. Returns early where that thread had better do it.
    void lead(Subscription& consumer, Instant until);

  private:
    /// A message ready for the socket.
    struct Outgoing {
        std::vector<net::Frame> frames;
        std::shared_ptr<Batch> posted;  ///< goes back to the outbox if it cannot be sent
    };

    bool step();
    using Turn = std::unique_lock<std::mutex>;
    void sleep(Turn& turn, const net::Wakeup& bed, Instant until);
    void stand_by(Turn& turn);
    void stop_leading(const Subscription& consumer);
    bool may_lead() const;
    bool has_work() const;
    Instant next_deadline() const;
    bool gather();
    bool send();
    bool read();
    void take_in(std::vector<net::Frame>& frames);
    void deliver(std::vector<net::Frame>& frames, const wire::Deliver& deliver);
    bool must_not_read() const;
    bool watch();
    bool resolve();
    void open_link(const std::string& endpoint);
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

    const net::Wakeup bed_;       ///< of the socket thread
    const net::Wakeup lead_bed_;  ///< of the one who leads

    std::mutex turn_;  ///< guards all below
    Session session_;
    wire::Decoder decoder_;
    Resolver resolver_;
    std::optional<Link> link_;
    std::deque<Outgoing> to_send_;
    std::vector<Outbox::Item> items_;
    bool may_read_ = false;      ///< receive() has not said since that there is nothing
    bool may_watch_ = false;     ///< the same of the link's news
    Instant sleeps_until_{};     ///< who waits for the socket, if nothing wakes him
    bool led_ = false;           ///< the socket thread stands by ...
    bool leading_ = false;       ///< ... for one who is in lead(), or else was there a moment ago
    bool deep_ = false;          ///< it sleeps without looking whether the lease has ended
    std::uint64_t changes_ = 0;  ///< of leading_
    bool finished_ = false;
};

}  // namespace zex
