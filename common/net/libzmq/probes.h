// Connections that may be gone: each is tried a few times, since libzmq tells that a connection
// broke some milliseconds before it lets go of the peer. Pure.
//
// Thread: the broker thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"

namespace zex::net {

class Probes {
  public:
    void start(ConnectionId connection, Instant now) {
        stop(connection);
        probes_.push_back({connection, now, 0});
    }

    void stop(ConnectionId connection) {
        std::erase_if(probes_, [&](const Probe& p) { return p.connection == connection; });
    }

    /// Those to try now. A connection that passed its last trial is believed to be well.
    std::vector<ConnectionId> take_due(Instant now) {
        std::vector<ConnectionId> due;
        for (Probe& probe : probes_) {
            if (probe.at() > now) continue;
            due.push_back(probe.connection);
            while (probe.trial < waits.size() && probe.at() <= now) ++probe.trial;
        }
        std::erase_if(probes_, [](const Probe& p) { return p.trial == waits.size(); });
        return due;
    }

    std::optional<Instant> next_deadline() const {
        std::optional<Instant> next;
        for (const Probe& probe : probes_) {
            if (!next || probe.at() < *next) next = probe.at();
        }
        return next;
    }

  private:
    static constexpr auto waits = std::to_array<Duration>(
        {std::chrono::milliseconds(0), std::chrono::milliseconds(2), std::chrono::milliseconds(10),
         std::chrono::milliseconds(50), std::chrono::milliseconds(150)});

    struct Probe {
        ConnectionId connection;
        Instant started;
        std::size_t trial = 0;
        Instant at() const { return started + waits[trial]; }
    };
    std::vector<Probe> probes_;
};

}  // namespace zex::net
