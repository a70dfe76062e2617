#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/load/bare_zmq.h"
#include "bench/load/records.h"
#include "bench/load/relays.h"

namespace bench {
namespace {

struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
        return std::hash<std::string_view>()(key);
    }
};

struct R3Consumer {
    std::string peer;
    RecordWriter out;
};

class R3Relay {
  public:
    R3Relay(const std::string& endpoint, std::size_t frame_bytes)
        : frame_bytes_(frame_bytes), socket_(context_, ZMQ_ROUTER, kFrameHighWater) {
        socket_.bind(endpoint);
    }
    [[noreturn]] void run() {
        for (;;) {
            if (!take_one(true)) continue;
            // What is there by now is one turn; then nobody's messages are kept back.
            for (int i = 0; i < 64 && take_one(false); ++i) {
            }
            for (R3Consumer& consumer : consumers_)
                if (consumer.out.used() != 0) flush(consumer);
        }
    }

  private:
    bool take_one(bool wait) {
        BareMessage peer, frame;
        if (!socket_.receive(peer, wait)) return false;
        socket_.receive(frame, true);
        if (frame.more())
            subscribe(peer);
        else
            for_each_record(frame.bytes(), [this](std::string_view key, std::string_view payload) {
                route(key, payload);
            });
        return true;
    }
    void subscribe(BareMessage& peer) {
        BareMessage key;
        socket_.receive(key, true);
        for (BareMessage rest; key.more() && socket_.receive(rest, true) && rest.more();) {
        }
        if (consumers_.empty() || consumers_.back().peer != peer.bytes())
            consumers_.push_back({std::string(peer.bytes()), RecordWriter(frame_bytes_)});
        routes_[std::string(key.bytes())].push_back(&consumers_.back());
        socket_.send(peer.bytes(), true);
        socket_.send("ok");
    }
    void route(std::string_view key, std::string_view payload) {
        const auto found = routes_.find(key);
        if (found == routes_.end()) return;
        for (R3Consumer* consumer : found->second) {
            if (!consumer->out.fits(key, payload)) flush(*consumer);
            consumer->out.add(key, payload);
        }
    }
    void flush(R3Consumer& consumer) {
        const std::size_t size = consumer.out.used();
        std::unique_ptr<char[]> buffer = consumer.out.take();
        if (socket_.send(consumer.peer, true) == Sent::yes) socket_.send(std::move(buffer), size);
    }

    const std::size_t frame_bytes_;
    BareContext context_;
    BareSocket socket_;
    std::deque<R3Consumer> consumers_;  // addresses stay
    std::unordered_map<std::string, std::vector<R3Consumer*>, KeyHash, std::equal_to<>> routes_;
};

}  // namespace

void serve_r3(const std::string& endpoint, std::size_t frame_bytes) {
    R3Relay(endpoint, frame_bytes).run();
}

}  // namespace bench
