// What one run is to do: read from the command line, the same for every system.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace bench {

struct Plan {
    std::string system;
    std::string endpoint;  ///< host:port, or a ZeroMQ endpoint where the system speaks ZeroMQ
    std::string name;      ///< prefix of every queue, topic and stream; unique to the run

    bool at_least_once = false;  ///< every publish confirmed, every delivery settled
    bool durable = false;        ///< stored before it is confirmed
    bool own_headers = false;    ///< each message has its own id, key and two headers
    bool fanout = false;         ///< each consumer gets every message; otherwise they compete

    unsigned publishers = 1;
    unsigned consumers = 1;
    unsigned queues = 1;  ///< publishers take them in turn; consumer c has c, c + consumers, …
    std::uint64_t messages = 1000;  ///< of all publishers together
    std::size_t bytes = 128;
    std::uint64_t rate = 0;         ///< messages per second; 0: as fast as it goes
    std::uint64_t window = 10'000;  ///< unconfirmed messages of all publishers, unsettled ones of
                                    ///< all consumers
    std::size_t frame_bytes = 32 * 1024;  ///< of the libzmq rows that batch
    int server_pid = 0;                   ///< whose processor time is measured; 0: nobody's

    std::string queue(unsigned index) const { return name + "-" + std::to_string(index); }
    /// Unsettled messages that one consumer may hold.
    std::uint64_t credit() const { return std::max<std::uint64_t>(1, window / consumers); }
};

/// Keys in the own-headers scenario: neighbours never share one.
inline constexpr unsigned kOwnKeys = 1000;
inline std::string own_key(const Plan& plan, std::uint64_t number) {
    return plan.name + ".k" + std::to_string(number % kOwnKeys);
}

}  // namespace bench
