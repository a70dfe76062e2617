// Whether this process is a fork of the one that made something. A child has the memory of its
// parent and none of its threads: whatever it did with a client would wait for ever, or be sent on
// the parent's connection.
//
// Thread: any.
#pragma once

#include <cstdint>

#include <zex/error.hpp>

namespace zex {

/// How many forks this process is away from the first one that asked.
std::uint64_t fork_count();

/// Of what belongs to the process that made it.
class ForkGuard {
  public:
    ForkGuard() : made_in_(fork_count()) {}
    bool is_child() const { return fork_count() != made_in_; }

  private:
    const std::uint64_t made_in_;
};

Error used_in_child();

}  // namespace zex
