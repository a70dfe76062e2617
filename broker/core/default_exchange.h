// The exchange without a name: a message goes to the queue that its key names. Every queue is
// bound to it by being there; it cannot be declared, deleted or bound.
#pragma once

#include <string_view>

#include "broker/core/exchange.h"
#include "broker/core/names.h"
#include "broker/core/queue.h"

namespace zex::core {

class DefaultExchange final : public Exchange {
  public:
    /// `queues` must outlive the exchange.
    explicit DefaultExchange(const ByName<std::unique_ptr<Queue>>& queues)
        : Exchange("", "direct", false), queues_(queues) {}

    const Targets& route(std::string_view key) const override {
        const auto found = queues_.find(key);
        if (found == queues_.end()) {
            target_.clear();
        } else {
            target_.assign(1, found->second.get());
        }
        return target_;
    }
    bool bind(const std::string&, Queue&) override { return false; }
    bool unbind(const std::string&, Queue&) override { return false; }
    void each_binding(const EachBinding&) const override {}
    std::uint64_t bindings() const override { return 0; }

  private:
    const ByName<std::unique_ptr<Queue>>& queues_;
    mutable Targets target_;  ///< what the last route() gave
};

}  // namespace zex::core
