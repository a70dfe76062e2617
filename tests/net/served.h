// A transport that a test drives by hand, and what came out of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/net/libzmq/router_transport.h"
#include "common/net/poller.h"
#include "common/net/transport.h"
#include "common/net/zmtp/engine.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {

enum class Kind { engine, libzmq };

class Served {
  public:
    explicit Served(Kind kind = Kind::engine, const std::string& scheme = "tcp",
                    net::TransportOptions options = {})
        : context(net::Context::make().value()) {
        if (kind == Kind::engine) {
            auto made = std::make_unique<net::zmtp::Engine>(options, poller, ids);
            engine = made.get();
            transport = std::move(made);
        } else {
            transport = std::make_unique<net::RouterTransport>(options, *context, poller, ids);
        }
        const std::string path = "ipc://" + directory.path + "/socket";
        endpoint = transport->listen(scheme == "ipc" ? path : "tcp://127.0.0.1:0").value();
    }

    struct Received {
        ConnectionId from;
        std::vector<std::string> frames;
        bool surplus = false;
    };

    /// One turn of a loop; what may be gone is tried.
    void turn() {
        if (transport->wants_turn()) {
            poller.wait(Duration(0));
        } else {
            poller.wait(std::chrono::milliseconds(5));
        }
        transport->begin_turn(clock.now());
        net::Transport::Message message;
        for (int i = 0; i < 256 && transport->receive(message); ++i) {
            Received& got = received.emplace_back(Received{message.from, {}, message.surplus});
            for (std::size_t at = 0; at < message.frame_count; ++at) {
                got.frames.emplace_back(message.frames[at]);
            }
            if (on_message) on_message(got);
        }
        for (const auto& event : transport->take_events()) {
            if (event.kind == net::Transport::Event::Kind::doubt) {
                send(event.id, {"are you there?"});
            } else {
                events.push_back(event);
            }
        }
        transport->flush();
    }

    /// Turns until it is so; false where that takes ten seconds.
    bool until(const std::function<bool()>& is_so) {
        const Instant deadline = clock.now() + std::chrono::seconds(10);
        while (!is_so()) {
            if (clock.now() > deadline) return false;
            turn();
        }
        return true;
    }

    net::Sent send(ConnectionId to, std::vector<std::string> texts) {
        std::vector<net::Outgoing> frames;
        for (std::string& text : texts) frames.emplace_back(std::move(text));
        return transport->send(to, frames);
    }

    std::uint64_t counter(std::uint64_t net::TransportCounters::*which) const {
        return transport->counters().*which;
    }

    TemporaryDirectory directory;
    SteadyClock clock;
    std::unique_ptr<net::Context> context;
    net::Poller poller;
    net::ConnectionIds ids;
    net::zmtp::Engine* engine = nullptr;
    std::unique_ptr<net::Transport> transport;
    std::string endpoint;
    std::vector<Received> received;
    std::vector<net::Transport::Event> events;
    std::function<void(const Received&)> on_message;
};

/// A DEALER of libzmq's.
class Client {
  public:
    Client(net::Context& context, const std::string& endpoint) {
        net::SocketOptions options;
        options.immediate = false;
        socket = net::Socket::open(context, net::SocketKind::dealer, options).value();
        socket.connect(endpoint).value();
    }

    bool send(const std::vector<std::string>& texts) {
        std::vector<net::Frame> frames;
        for (const std::string& text : texts) frames.push_back(net::Frame::copy_of(text));
        return socket.send(frames) == net::Sent::sent;
    }

    /// The next message, if there is one now.
    bool receive(std::vector<std::string>& texts) {
        std::vector<net::Frame> frames;
        if (socket.receive(frames) != net::Got::message) return false;
        texts.clear();
        for (const net::Frame& frame : frames) texts.emplace_back(frame.view());
        return true;
    }

    net::Socket socket;
};

}  // namespace zex::test
