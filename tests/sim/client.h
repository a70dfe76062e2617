// One client: says what clients may say, and now and then what they may not. It knows only what it
// heard.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/wire/protocol.h"
#include "tests/sim/checker.h"
#include "tests/sim/dice.h"

namespace zex::sim {

/// A request on its way, with the bytes that it shows.
struct Sent {
    wire::Request request;
    std::deque<std::string> bytes;

    std::string_view keep(std::string text) { return bytes.emplace_back(std::move(text)); }
};

class Client {
  public:
    Client(Dice& dice, std::uint64_t& numbers) : dice_(dice), numbers_(numbers) {}

    bool is_connected() const { return connection_.has_value(); }
    std::optional<ConnectionId> connection() const { return connection_; }
    void connect(ConnectionId connection);
    void disconnect();
    void forget() { token_.clear(); }  ///< as after a crash of its own

    /// Puts a request on the way.
    void act();
    void declare_all();
    std::deque<std::unique_ptr<Sent>> on_the_way;

    void hear(Heard heard) { inbox_.push_back(std::move(heard)); }
    void listen(std::size_t most);

  private:
    struct Consumer {
        std::deque<std::uint64_t> tags;  ///< not settled
        std::uint64_t last_tag = 0;
    };
    void say(wire::Operation operation, bool with_id = true);
    void hello();
    void publish();
    void settle();
    void topology();
    void rare();
    std::string queue();
    std::string exchange();
    std::string key();
    wire::DeclareQueue declaration(const std::string& name);

    Dice& dice_;
    std::uint64_t& numbers_;
    std::optional<ConnectionId> connection_;
    std::string token_;
    std::uint64_t next_id_ = 1;
    std::map<std::string, Consumer> consumers_;
    std::deque<Heard> inbox_;
};

}  // namespace zex::sim
