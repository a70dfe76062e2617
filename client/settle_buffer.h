// Settlements of one consumer's deliveries, gathered until the socket thread sends them.
//
// Thread: settle() from any that holds no lock here; the rest from who has the driver's turn.
// Invariants: deliveries of an earlier connection (generation) are never settled: the broker has
// taken them back and will send them again.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <zex/result.hpp>

#include "client/fork.h"
#include "client/settle_desk.h"
#include "common/wire/protocol.h"

namespace zex {

class SettleBuffer : public std::enable_shared_from_this<SettleBuffer> {
  public:
    SettleBuffer(std::string consumer, std::uint64_t generation, std::shared_ptr<SettleDesk> desk)
        : consumer_(std::move(consumer)), generation_(generation), desk_(std::move(desk)) {}

    Status settle(std::uint64_t generation, wire::TagRange tags, wire::Settlement action,
                  bool up_to = false);
    /// The same without announcing it.
    Status add(std::uint64_t generation, wire::TagRange tags, wire::Settlement action,
               bool up_to = false) {
        bool first = false;
        return add(generation, tags, action, up_to, first);
    }

    struct Group {
        wire::Settlement action = wire::Settlement::ack;
        bool up_to = false;
        std::vector<wire::TagRange> tags;
    };
    std::vector<Group> take();

    void new_generation(std::uint64_t generation);
    void close();

    const std::string& consumer() const { return consumer_; }

  private:
    /// `first`: nothing else was here.
    Status add(std::uint64_t generation, wire::TagRange tags, wire::Settlement action, bool up_to,
               bool& first);

    const std::string consumer_;
    mutable std::mutex mutex_;
    std::uint64_t generation_;
    bool closed_ = false;
    std::vector<Group> groups_;
    const std::shared_ptr<SettleDesk> desk_;
    const ForkGuard guard_;
};

}  // namespace zex
