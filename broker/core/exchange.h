// A named router. Each kind answers one question: which queues is a message with this key for?
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/rate.h"
#include "common/base/time.h"

namespace zex::core {

class Queue;

using Targets = std::vector<Queue*>;

class Exchange {
  public:
    Exchange(std::string name_, std::string kind_, bool auto_delete_);
    virtual ~Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    const std::string name;
    const std::string kind;
    const bool auto_delete;
    bool durable = false;  ///< set once, where it is declared

    /// False: of a kind that only a newer program knows. It keeps its bindings and takes no
    /// messages.
    virtual bool is_known() const { return true; }

    /// Each queue at most once. Good until the next bind or unbind.
    virtual const Targets& route(std::string_view key) const = 0;

    /// False where the binding was there before.
    virtual bool bind(const std::string& key, Queue& queue) = 0;
    /// False where there was no such binding.
    virtual bool unbind(const std::string& key, Queue& queue) = 0;

    using EachBinding = std::function<void(const std::string& key, Queue& queue)>;
    virtual void each_binding(const EachBinding& visit) const = 0;
    virtual std::uint64_t bindings() const = 0;

    std::uint64_t published = 0;
    std::uint64_t routed = 0;
    std::uint64_t unroutable = 0;
    std::uint64_t refused = 0;  ///< published = routed + unroutable + refused
    RateMeter in;
};

bool is_known_kind(std::string_view kind);

/// The exchange of this kind, or null where the kind is not known.
std::unique_ptr<Exchange> make_exchange(const std::string& name, const std::string& kind,
                                        bool auto_delete);

}  // namespace zex::core
