// The one way in which threads speak to each other: a bounded queue with many writers and one
// reader, who may sleep in poll() on its bell.
//
// Thread: push() from any; take() from the reader.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "common/net/wakeup.h"

namespace zex::net {

template <class T>
class Mailbox {
  public:
    /// `bell`, where there is one, must outlive the mailbox; several mailboxes may share it.
    explicit Mailbox(std::size_t capacity, const Wakeup* bell = nullptr)
        : capacity_(capacity), bell_(bell) {}

    /// False when the mailbox is full: the value is untouched and the bell not rung.
    bool push(T&& value) {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            if (values_.size() >= capacity_) return false;
            first = values_.empty();
            values_.push_back(std::move(value));
        }
        if (first && bell_ != nullptr) bell_->ring();
        return true;
    }
    bool push(const T& value) { return push(T(value)); }

    /// Moves all values, in order, to `into`, which is cleared first; false when there were none.
    bool take(std::vector<T>& into) {
        into.clear();
        const std::lock_guard lock(mutex_);
        values_.swap(into);
        return !into.empty();
    }

  private:
    const std::size_t capacity_;
    const Wakeup* bell_;
    std::mutex mutex_;
    std::vector<T> values_;
};

}  // namespace zex::net
