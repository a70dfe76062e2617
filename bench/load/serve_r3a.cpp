#include <cstring>
#include <deque>
#include <functional>
#include <memory>
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

// A message lies in the frame that it came in, which lives as long as one of its messages does.
struct Frame {
    BareMessage bytes;
    std::uint32_t messages = 0;
};

struct Entry {
    Frame* frame;
    const char* payload;
    std::uint32_t size;
    std::string_view text() const { return {payload, size}; }
};

void release(const Entry& entry) {
    if (--entry.frame->messages == 0) delete entry.frame;
}

struct Queue;

struct R3aConsumer {
    std::string peer;
    RecordWriter out;
    std::uint64_t credit = 0;
    std::uint64_t settled = 0;
    std::deque<Entry> unacked;
    std::vector<Queue*> queues;
};

struct Queue {
    std::string key;
    std::deque<Entry> ready;
    std::vector<R3aConsumer*> consumers;
    std::size_t turn = 0;
};

class R3aRelay {
  public:
    R3aRelay(const std::string& endpoint, std::size_t frame_bytes)
        : frame_bytes_(frame_bytes), socket_(context_, ZMQ_ROUTER, kMessageHighWater) {
        socket_.bind(endpoint);
    }
    [[noreturn]] void run() {
        for (;;) {
            if (!take_one(true)) continue;
            for (int i = 0; i < 64 && take_one(false); ++i) {
            }
            for (R3aConsumer& consumer : consumers_)
                if (consumer.out.used() != 0) flush(consumer);
            for (auto& [peer, confirmed] : publishers_) confirm(peer, confirmed);
            publishers_.clear();
        }
    }

  private:
    bool take_one(bool wait) {
        BareMessage peer, frame;
        if (!socket_.receive(peer, wait)) return false;
        socket_.receive(frame, true);
        if (!frame.more())
            publish(peer, std::move(frame));
        else if (frame.bytes() == "A")
            settle(peer);
        else
            subscribe(peer);
        return true;
    }

    void publish(BareMessage& peer, BareMessage bytes) {
        auto* frame = new Frame{std::move(bytes), 1};  // one more, for this function
        std::uint64_t count = 0;
        for_each_record(frame->bytes.bytes(), [&](std::string_view key, std::string_view payload) {
            ++count;
            const auto found = queues_.find(key);
            if (found == queues_.end()) return;
            ++frame->messages;
            found->second->ready.push_back(
                {frame, payload.data(), static_cast<std::uint32_t>(payload.size())});
            deliver(*found->second);
        });
        release({frame, nullptr, 0});
        publishers_[std::string(peer.bytes())] += count;
    }

    // Fair turn among the consumers that have credit.
    void deliver(Queue& queue) {
        while (!queue.ready.empty()) {
            R3aConsumer* consumer = nullptr;
            for (std::size_t i = 0; i < queue.consumers.size() && consumer == nullptr; ++i) {
                R3aConsumer* next = queue.consumers[queue.turn++ % queue.consumers.size()];
                if (next->unacked.size() < next->credit) consumer = next;
            }
            if (consumer == nullptr) return;
            const Entry entry = queue.ready.front();
            queue.ready.pop_front();
            if (!consumer->out.fits(queue.key, entry.text())) flush(*consumer);
            consumer->out.add(queue.key, entry.text());
            consumer->unacked.push_back(entry);
        }
    }

    void settle(BareMessage& peer) {
        BareMessage count;
        socket_.receive(count, true);
        std::uint64_t upto = 0;
        std::memcpy(&upto, count.bytes().data(), sizeof upto);
        R3aConsumer* consumer = by_peer_[std::string(peer.bytes())];
        for (; consumer->settled < upto; ++consumer->settled) {
            release(consumer->unacked.front());
            consumer->unacked.pop_front();
        }
        for (Queue* queue : consumer->queues) deliver(*queue);
    }

    void subscribe(BareMessage& peer) {
        BareMessage key, credit;
        socket_.receive(key, true);
        socket_.receive(credit, true);
        R3aConsumer*& consumer = by_peer_[std::string(peer.bytes())];
        if (consumer == nullptr)
            consumer = &consumers_.emplace_back(
                R3aConsumer{std::string(peer.bytes()), RecordWriter(frame_bytes_), 0, 0, {}, {}});
        consumer->credit = std::stoull(std::string(credit.bytes()));
        std::unique_ptr<Queue>& queue = queues_[std::string(key.bytes())];
        if (!queue) queue = std::make_unique<Queue>(Queue{std::string(key.bytes()), {}, {}, 0});
        queue->consumers.push_back(consumer);
        consumer->queues.push_back(queue.get());
        socket_.send(peer.bytes(), true);
        socket_.send("ok");
    }

    void flush(R3aConsumer& consumer) {
        const std::size_t size = consumer.out.used();
        std::unique_ptr<char[]> buffer = consumer.out.take();
        if (socket_.send(consumer.peer, true) == Sent::yes) socket_.send(std::move(buffer), size);
    }

    void confirm(const std::string& peer, std::uint64_t count) {
        if (socket_.send(peer, true) == Sent::yes)
            socket_.send({reinterpret_cast<const char*>(&count), sizeof count});
    }

    const std::size_t frame_bytes_;
    BareContext context_;
    BareSocket socket_;
    std::deque<R3aConsumer> consumers_;  // addresses stay
    std::unordered_map<std::string, R3aConsumer*> by_peer_;
    std::unordered_map<std::string, std::unique_ptr<Queue>, KeyHash, std::equal_to<>> queues_;
    std::unordered_map<std::string, std::uint64_t> publishers_;  // to be confirmed this turn
};

}  // namespace

void serve_r3a(const std::string& endpoint, std::size_t frame_bytes) {
    R3aRelay(endpoint, frame_bytes).run();
}

}  // namespace bench
