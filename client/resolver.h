// Looks up the host of a tcp endpoint, on a thread of its own: a name server that does not answer
// holds up nobody. One look-up of a host at a time; one that nobody waits for any more is left to
// end by itself, after the client if need be.
//
// Thread: who has the driver's turn; the look-up itself runs elsewhere.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <zex/result.hpp>

namespace zex {

class Resolver {
  public:
    Resolver();
    ~Resolver();

    /// The endpoint is one of a host's name, and so has to be looked up.
    static bool has_name(const std::string& endpoint);

    /// Requires has_name(). Another start() takes the place of this one.
    void start(const std::string& endpoint);
    void forget() { wanted_.clear(); }
    bool is_busy() const { return !wanted_.empty(); }

    /// The endpoint with an address for the name, or `not_connected`; nothing while it is looked
    /// up.
    std::optional<Result<std::string>> take();

    int fd() const;  ///< readable when take() may have something

  private:
    struct Lookups;
    std::shared_ptr<Lookups> lookups_;
    std::string wanted_;  ///< the endpoint
};

}  // namespace zex
