// A client made of bare frames: sends whatever a test wants sent, well-formed or not, over a real
// DEALER socket, and gives back answers as JSON values.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/net/socket.h"
#include "tests/support/process.h"

namespace zex::test {

/// An answer, from either form.
struct Heard {
    nlohmann::json envelope;
    std::optional<std::string> body;

    std::string op() const { return envelope.value("op", ""); }
    std::string error() const { return envelope.value("error", ""); }
    std::string field() const { return envelope.value("field", ""); }
};

class Dealer {
  public:
    /// hear() waits at most `longest`.
    explicit Dealer(const std::string& endpoint, std::chrono::milliseconds longest = patience);

    void send(std::vector<std::string> frames);
    void send_json(const nlohmann::json& envelope, std::optional<std::string> body = {});
    void send_msgpack(const nlohmann::json& envelope, std::optional<std::string> body = {});

    /// The next message from the broker; nothing at the deadline. Answers the broker's pings.
    std::optional<Heard> hear();

    /// Sends a JSON envelope and hears the next message, which must come.
    Heard ask(const nlohmann::json& envelope, std::optional<std::string> body = {});
    Heard ask_msgpack(const nlohmann::json& envelope, std::optional<std::string> body = {});

    /// Opens a session in JSON; gives the welcome. `more` are further fields of the hello.
    nlohmann::json hello(const nlohmann::json& more = nlohmann::json::object());

    /// Leaves without a word.
    void drop();

  private:
    Heard must_hear();
    std::unique_ptr<net::Context> context_;
    net::Socket socket_;
    const std::chrono::milliseconds longest_;
};

/// The bytes of a MessagePack map.
std::string packed(const nlohmann::json& value);

}  // namespace zex::test
