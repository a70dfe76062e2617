// How many connections one address may hold, and make in a second. Pure: time is handed in.
//
// Thread: one.
// Invariants: what is kept is one entry for each address that holds a connection or made one within
// the last second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "common/base/time.h"

namespace zex::net {

class AddressLimits {
  public:
    /// 0: no bound.
    struct Bounds {
        std::uint64_t connections = 100;
        std::uint64_t rate = 20;  ///< in a second; as many may come at once
    };
    explicit AddressLimits(Bounds bounds) : bounds_(bounds) {}

    /// True: the connection is counted, until leave(). False: it is one too many.
    bool enter(const std::string& address, Instant now);
    void leave(const std::string& address);

    std::size_t size() const { return addresses_.size(); }

  private:
    struct Entry {
        std::uint64_t held = 0;
        std::uint64_t made = 0;  ///< since window began
        Instant window;
    };
    void forget_idle(Instant now);

    Bounds bounds_;
    // Ordered: peers choose their addresses, and could choose some that one hash has in common.
    std::map<std::string, Entry> addresses_;
    Instant next_look_{};
};

}  // namespace zex::net
