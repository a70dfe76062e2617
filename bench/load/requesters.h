// Connections of one process that each have one request under way.
//
// Thread: all of it belongs to one; replies come on the client library's threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/requests.h"
#include "bench/load/tally.h"
#include "bench/load/zex_client.h"

namespace bench {

class Requesters {
  public:
    /// Returns when all are connected. `plan` must outlive it.
    Requesters(const Plan& plan, unsigned connections);
    ~Requesters();

    /// Latencies are not sorted.
    Requests run(double seconds);

  private:
    class One;
    struct Shared {
        std::string queue;
        std::atomic<bool> stop{false};
        std::atomic<std::uint64_t> answered{0};
        std::atomic<std::uint64_t> errors{0};
        std::atomic<std::uint64_t> under_way{0};
    };
    void drain() const;

    BareContext context_;
    Shared shared_;
    std::deque<One> all_;
};

}  // namespace bench
