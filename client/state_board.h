// The connection's state, for everybody to see and to wait for.
//
// Thread: any.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <zex/client.hpp>

#include "common/base/time.h"

namespace zex {

class StateBoard {
  public:
    void post(const StateChange& change) {
        const std::lock_guard lock(mutex_);
        state_ = change.state;
        if (change.error) last_error_ = change.error;
        changed_.notify_all();
    }
    void set_session(std::string name) {
        const std::lock_guard lock(mutex_);
        session_ = std::move(name);
    }

    ConnectionState state() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }
    std::string session() const {
        const std::lock_guard lock(mutex_);
        return session_;
    }
    std::optional<Error> last_error() const {
        const std::lock_guard lock(mutex_);
        return last_error_;
    }

    /// Waits until connected or closed, at most `longest`, and gives the state then.
    ConnectionState wait_connected(Duration longest) const {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, longest, [this] { return state_ != ConnectionState::connecting; });
        return state_;
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    ConnectionState state_ = ConnectionState::connecting;
    std::string session_;
    std::optional<Error> last_error_;
};

}  // namespace zex
