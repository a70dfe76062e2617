// What this client has declared, bound and consumes, so that it can be made anew when the session
// was lost: and under which name each temporary queue lives now.
//
// Invariants: names used here are the client's; translate() turns them into the broker's.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/wire/protocol.h"

namespace zex {

class Topology {
  public:
    /// Notes a request that succeeded. `ok` tells the name of an unnamed queue.
    void succeeded(const wire::Operation& operation, const wire::Ok& ok);
    void cancelled(const std::string& consumer) { consumers_.erase(consumer); }

    /// The broker's name for a queue that the client calls `name`.
    const std::string& present_name(const std::string& name) const;
    /// An unnamed queue of old has been made anew.
    void renamed(const std::string& name, const std::string& present);
    bool has_renamed() const { return !present_names_.empty(); }

    void translate(wire::Operation& operation) const;

    /// A queue to declare: `name` is the client's, the request is for the broker.
    struct QueueStep {
        std::string name;
        wire::DeclareQueue declare;
    };
    std::vector<wire::DeclareExchange> exchanges() const;
    std::vector<QueueStep> queues() const;
    std::vector<wire::Bind> bindings() const;      ///< translated
    std::vector<wire::Consume> consumers() const;  ///< translated
    bool empty() const {
        return exchanges_.empty() && queues_.empty() && consumers_.empty() && bindings_.empty();
    }

  private:
    void forget_queue(const std::string& name);
    void forget_exchange(const std::string& name);

    struct Place {
        std::string queue;
        std::string exchange;
        auto operator<=>(const Place&) const = default;
    };
    std::map<std::string, wire::DeclareExchange> exchanges_;
    std::map<std::string, wire::DeclareQueue> queues_;
    std::map<Place, std::set<std::string>> bindings_;
    std::map<std::string, wire::Consume> consumers_;
    std::map<std::string, std::string> present_names_;
};

}  // namespace zex
