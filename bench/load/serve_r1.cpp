#include <vector>

#include "bench/load/bare_zmq.h"
#include "bench/load/relays.h"

namespace bench {
namespace {

class R1Relay {
  public:
    explicit R1Relay(const std::string& endpoint)
        : socket_(context_, ZMQ_ROUTER, kMessageHighWater) {
        socket_.bind(endpoint);
    }
    [[noreturn]] void run() {
        for (;;) {
            BareMessage peer, frame;
            if (!socket_.receive(peer, true)) continue;
            socket_.receive(frame, true);
            if (frame.more())
                subscribe(peer);
            else
                relay(frame);
        }
    }

  private:
    void subscribe(BareMessage& peer) {
        BareMessage key;
        do socket_.receive(key, true);
        while (key.more());
        subscribers_.emplace_back(peer.bytes());
        socket_.send(peer.bytes(), true);
        socket_.send("ok");
    }
    void relay(BareMessage& frame) {
        for (std::size_t i = 0; i < subscribers_.size(); ++i) {
            if (socket_.send(subscribers_[i], true) == Sent::peer_gone) {
                subscribers_.erase(subscribers_.begin() + static_cast<std::ptrdiff_t>(i--));
                continue;
            }
            if (i + 1 == subscribers_.size()) {
                socket_.send(frame);
                return;
            }
            BareMessage copy;
            ::zmq_msg_copy(copy.get(), frame.get());
            socket_.send(copy);
        }
    }

    BareContext context_;
    BareSocket socket_;
    std::vector<std::string> subscribers_;
};

}  // namespace

void serve_r1(const std::string& endpoint) {
    R1Relay(endpoint).run();
}

}  // namespace bench
