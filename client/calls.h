// Requests that were sent and wait for their answers, by id, each with its deadline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "client/call.h"

namespace zex {

class Calls {
  public:
    struct Sent {
        Call call;
        bool internal = false;  ///< of a restoration: not sent again, begun anew
        bool again = false;     ///< was sent on more than one connection
    };

    void add(std::uint64_t id, Call call, bool internal);

    /// The call, no longer held; nothing where nobody waits for this id.
    std::optional<Sent> take(std::uint64_t id);

    void expire(Instant now);  ///< answers `timed_out` to those whose deadline has passed
    void fail_all(const Error& why);
    void drop_internal();
    std::optional<Instant> next_deadline() const;

    bool empty() const { return sent_.empty(); }
    /// Those of the program that declare, delete, bind, consume or the opposite.
    std::size_t changing() const { return changing_; }
    std::map<std::uint64_t, Sent>& sent() { return sent_; }

  private:
    std::map<std::uint64_t, Sent> sent_;
    std::size_t changing_ = 0;
    std::set<std::pair<Instant, std::uint64_t>> deadlines_;
};

}  // namespace zex
