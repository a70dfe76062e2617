// The consumers of one client by name, and the settlements of all of them.
//
// Thread: add() and remove() from any; the rest from who has the driver's turn.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "client/subscription.h"

namespace zex {

class Subscriptions {
  public:
    explicit Subscriptions(std::shared_ptr<InboxBudget> budget);

    /// Called by the thread that settles, when there is something to settle. Set before the first
    /// consumer; deliveries may still be settled, and call it, when all else here is gone.
    void on_settle(std::function<void()> announce) { desk_->on_announce(std::move(announce)); }

    /// A consumer of this name, which the client has made up where it is empty. Waits until then
    /// for one of the same name that is being cancelled. `consumer_exists`, `client_closed`.
    Result<std::shared_ptr<Subscription>> add(std::string name, Subscription::Terms terms,
                                              Instant deadline);

    /// It is about to be cancelled: its name stays taken, and what still comes for it is kept,
    /// until remove(). False where it is gone, or leaves already.
    bool leave(const std::shared_ptr<Subscription>& subscription);
    void remove(const std::shared_ptr<Subscription>& subscription);

    std::size_t size() const;  ///< but those that leave
    std::shared_ptr<Subscription> find(std::string_view name) const;
    /// For what `get` takes.
    const std::shared_ptr<SettleBuffer>& taken() const { return taken_; }
    std::uint64_t generation() const { return generation_; }

    bool nothing_to_settle() const { return desk_->empty(); }
    /// Calls `send` for each gathered settlement; the name in it is good during the call.
    /// False where there was none.
    bool take_settles(const std::function<void(wire::Settle)>& send);

    void new_generation(std::uint64_t generation);
    void end(const std::string& name, const Error& why);
    void end_all(const Error& why);

  private:
    std::vector<std::shared_ptr<SettleBuffer>> buffers() const;

    const std::shared_ptr<SettleDesk> desk_;
    const std::shared_ptr<InboxBudget> budget_;
    const std::shared_ptr<SettleBuffer> taken_;
    mutable std::mutex mutex_;
    struct Entry {
        std::shared_ptr<Subscription> subscription;
        bool leaves = false;
    };
    std::condition_variable left_;
    std::map<std::string, Entry, std::less<>> by_name_;
    std::size_t leaving_ = 0;
    /// Those of cancelled consumers too: their deliveries may still be settled.
    mutable std::vector<std::weak_ptr<SettleBuffer>> buffers_;
    std::uint64_t generation_ = 0;
    std::uint64_t names_made_ = 0;
    bool closed_ = false;
};

}  // namespace zex
