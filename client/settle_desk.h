// Where settle buffers announce that they hold something, and are kept alive until it is sent: the
// consumer, and the delivery that was settled, may be gone by then.
//
// Thread: announce() from any; take() from the socket thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "client/doorbell.h"

namespace zex {

class SettleBuffer;

class SettleDesk {
  public:
    explicit SettleDesk(std::shared_ptr<Doorbell> bell) : bell_(std::move(bell)) {}

    void announce(std::shared_ptr<SettleBuffer> buffer) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(buffer));
        }
        bell_->ring();
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
    const std::shared_ptr<Doorbell> bell_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<SettleBuffer>> waiting_;
};

}  // namespace zex
