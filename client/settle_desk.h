// Where settle buffers announce that they hold something, and are kept alive until it is sent: the
// consumer, and the delivery that was settled, may be gone by then.
//
// Thread: put() from any; announce() from any that holds no lock and has not the driver's turn;
// take() from who has the turn.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace zex {

class SettleBuffer;

class SettleDesk {
  public:
    /// What announce() does, which must not outlive what it uses. Before the first consumer.
    void on_announce(std::function<void()> announce) { announce_ = std::move(announce); }

    void put(std::shared_ptr<SettleBuffer> buffer) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(buffer));
    }
    void announce() const {
        if (announce_) announce_();
    }
    std::vector<std::shared_ptr<SettleBuffer>> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(waiting_, {});
    }
    bool empty() const {
        const std::lock_guard lock(mutex_);
        return waiting_.empty();
    }

  private:
    std::function<void()> announce_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<SettleBuffer>> waiting_;
};

}  // namespace zex
