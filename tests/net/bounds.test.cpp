// A model of what an engine may hold: whatever arrives, in whatever order things happen, the bytes
// held stay under their bounds, and who is not cut loses nothing.
#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/socket.h>

#include "tests/net/served.h"
#include "tests/net/zmtp_bytes.h"

namespace zex::test {
namespace {

constexpr std::uint64_t read_ahead = 64 << 10;  ///< whole messages of one peer

net::TransportOptions small_options() {
    net::TransportOptions options;
    options.hello_bytes = 2'000;
    options.message_bytes = 100'000;
    options.surplus_bytes = 20'000;
    options.output_bytes = 50'000;
    return options;
}

/// A peer that sends numbered messages, good ones or not, without waiting for anything.
struct Sender {
    std::unique_ptr<RawPeer> socket;
    std::string unsent;
    std::size_t next = 0;
    bool is_honest = true;
};

class Model {
  public:
    explicit Model(std::uint32_t seed)
        : random_(seed), served_(Kind::engine, "tcp", small_options()) {
        served_.on_message = [this](const Served::Received& got) { on_message(got); };
        senders_.resize(6);
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            act(senders_[below(static_cast<std::uint32_t>(senders_.size()))]);
            if (below(3) == 0) served_.turn();
            check();
        }
    }

    std::size_t in_order() const { return in_order_; }

  private:
    std::uint32_t below(std::uint32_t bound) { return random_() % bound; }

    void act(Sender& sender) {
        if (!sender.socket) {
            sender = {};
            sender.socket = std::make_unique<RawPeer>(served_.endpoint);
            sender.is_honest = below(2) == 0;
            sender.unsent = opening();
        } else if (below(60) == 0) {
            if (below(2) == 0) {
                const linger at_once{1, 0};
                setsockopt(sender.socket->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            }
            sender.socket.reset();
            return;
        }
        if (sender.unsent.size() < 200'000) sender.unsent += next_bytes(sender);
        const std::size_t part = std::min<std::size_t>(sender.unsent.size(), 1 + below(60'000));
        const ssize_t sent =
            ::send(sender.socket->fd(), sender.unsent.data(), part, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) sender.unsent.erase(0, static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN) sender.socket.reset();
    }

    std::string next_bytes(Sender& sender) {
        const std::string number = std::to_string(sender.next++);
        if (sender.next == 1) return RawPeer::frame("0", true) + RawPeer::frame("hello");
        const std::string body(below(20) == 0 ? below(90'000) : below(500), 'x');
        if (sender.is_honest) return RawPeer::frame(number, true) + RawPeer::frame(body);
        switch (below(8)) {
            case 0:
                return std::string("\x03\0\0\0\0\0\x01\x80\0", 9) + body;  // 98,304 bytes, perhaps
            case 1:
                return RawPeer::frame(body, true);
            case 2:
                return ping("context");
            case 3:
                return body;
            default:
                return RawPeer::frame(number, true) + RawPeer::frame(body);
        }
    }

    void on_message(const Served::Received& got) {
        served_.transport->admit(got.from, true);
        std::size_t& expected = expected_[got.from];
        if (got.frames.size() == 2 && !got.surplus && got.frames[0] == std::to_string(expected)) {
            ++expected;
            ++in_order_;
        }
        if (below(10) == 0) served_.transport->hear(got.from, below(2) == 0);
        if (below(10) == 0) served_.send(got.from, {"answer", std::string(below(60'000), 'a')});
        if (below(300) == 0) served_.transport->cut(got.from);
        if (below(300) == 0) served_.transport->close(got.from);
        heard_.push_back(got.from);
        if (heard_.size() > 50) {
            for (const ConnectionId id : std::exchange(heard_, {})) {
                served_.transport->hear(id, true);
            }
        }
    }

    void check() {
        const net::TransportOptions options = small_options();
        const std::uint64_t count = served_.engine->size();
        const std::uint64_t input = served_.engine->held_bytes();
        const std::uint64_t output = served_.engine->output_bytes();
        REQUIRE(input <= count * (options.message_bytes + read_ahead));
        REQUIRE(output <= count * (options.output_bytes + 61'000 + read_ahead));
        REQUIRE(served_.transport->unread_bytes() >= output);
        served_.received.clear();
        served_.events.clear();
    }

    std::mt19937 random_;
    Served served_;
    std::vector<Sender> senders_;
    std::map<ConnectionId, std::size_t> expected_;
    std::vector<ConnectionId> heard_;
    std::size_t in_order_ = 0;
};

TEST_CASE("whatever arrives, what is held stays under its bounds") {
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
        Model model(seed);
        model.run(1500);
        CHECK(model.in_order() > 30);
    }
}

TEST_CASE("a publisher that is faster than its reader is slowed, not cut and not buffered") {
    Served served(Kind::engine, "tcp", small_options());
    RawPeer peer(served.endpoint);
    peer.write(opening() + RawPeer::frame("hello"));
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    const ConnectionId id = served.received[0].from;
    served.transport->admit(id, true);
    served.transport->hear(id, false);
    served.received.clear();
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += RawPeer::frame(std::string(10'000, 'x'));
    std::size_t sent = 0;
    const auto send_on = [&] {
        const std::string_view rest = std::string_view(bytes).substr(sent);
        const ssize_t now =
            ::send(peer.fd(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (now > 0) sent += static_cast<std::size_t>(now);
        return now;
    };
    for (int idle = 0; idle<20; idle = send_on()> 0 ? 0 : idle + 1) served.turn();
    CHECK(sent < bytes.size());  // the system holds it up
    CHECK(served.engine->held_bytes() <= read_ahead);
    CHECK(served.received.empty());
    served.transport->hear(id, true);
    CHECK(served.until([&] {
        if (sent < bytes.size()) send_on();
        return served.received.size() == 1000;
    }));
    CHECK(served.engine->size() == 1);
}

}  // namespace
}  // namespace zex::test
