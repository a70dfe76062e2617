// Routes to the queues whose binding key is the message's key, byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/core/exchange.h"
#include "broker/core/names.h"

namespace zex::core {

class DirectExchange : public Exchange {
  public:
    DirectExchange(std::string name_, bool auto_delete_);

    const Targets& route(std::string_view key) const override;
    bool bind(const std::string& key, Queue& queue) override;
    bool unbind(const std::string& key, Queue& queue) override;
    void each_binding(const EachBinding& visit) const override;
    std::uint64_t bindings() const override { return count_; }

  protected:
    DirectExchange(std::string name_, std::string kind_, bool auto_delete_);

  private:
    ByName<Targets> by_key_;
    std::uint64_t count_ = 0;
};

}  // namespace zex::core
