// The socket thread: owns the link, drives the session, moves what waits in the outbox to the
// socket and what comes from it to those who wait.
//
// Thread: run() is the thread; stop() from any.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
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

  private:
    /// A message ready for the socket.
    struct Outgoing {
        std::vector<net::Frame> frames;
        std::shared_ptr<Batch> posted;  ///< goes back to the outbox if it cannot be sent
    };

    bool step();
    void sleep();
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
    Session session_;
    wire::Decoder decoder_;
    std::optional<Link> link_;
    std::deque<Outgoing> to_send_;
    std::vector<Outbox::Item> items_;
    std::atomic<bool> stop_{false};
    bool finished_ = false;
};

}  // namespace zex
