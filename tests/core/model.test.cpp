// Random commands of several clients, and after each what must always be so: the books balance, the
// memory gauge is what the messages cost, queues are in order and within their bounds, nobody holds
// more than its credit, and every message is delivered for the first time once and in order.
#include <algorithm>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

// All names are such that exchange and key have two bytes together: the cost of a message that
// somebody holds is then known from its size.
constexpr std::uint64_t name_bytes = 2;
constexpr std::uint64_t largest_message = 5000;
constexpr std::uint64_t steps = 20'000;

Limits tight() {
    Limits limits;
    limits.sessions = 6;
    limits.queues = 5;
    limits.bindings = 12;
    limits.session_consumers = 4;
    limits.queue_messages = 30;
    limits.queue_bytes = 20'000;
    limits.memory_bytes = 40'000;
    limits.grace_ms = 5000;
    return limits;
}

class Model {
  public:
    explicit Model(unsigned seed) : random_(seed) {}

    void run() {
        for (std::uint64_t step = 0; step < steps; ++step) {
            Client& client = any_client();
            INFO("step " << step);
            act(client);
            listen();
            check();
        }
        end();
    }

  private:
    std::uint64_t pick(std::uint64_t below) {
        return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
    }
    bool one_in(std::uint64_t n) { return pick(n) == 0; }
    std::string letter(char from, std::uint64_t count) {
        return std::string(1, static_cast<char>(from + static_cast<char>(pick(count))));
    }
    std::string queue_name() { return "q" + letter('0', 5); }
    std::string key() { return letter('k', 3); }
    Client& any_client() { return story_.stranger(letter('a', 4)); }
    /// Names its queue, so that a delivery tells where it came from.
    std::string consumer_name(const std::string& queue) { return queue + letter('.', 3); }

    void act(Client& client) {
        switch (pick(20)) {
            case 0:
                return say(client, declaration());
            case 1:
                return say(client, wire::DeclareExchange{"x", "direct", false, false, false});
            case 2:
            case 3:
                return say(client, wire::Bind{queue_name(), "x", {key(), key()}});
            case 4:
                return say(client, wire::Unbind{queue_name(), "x", {key()}});
            case 5:
            case 6:
                return consume(client);
            case 7:
                return leave(client);
            case 8:
                return come(client);
            case 9:
                return rare(client);
            case 10:
            case 11:
                return get(client);
            case 12:
            case 13:
            case 14:
            case 15:
                return settle(client);
            default:
                return publish(client);
        }
    }

    static void say(Client& client, wire::Operation operation) {
        client.does(std::move(operation));
    }

    wire::Operation declaration() {
        wire::DeclareQueue verb;
        verb.queue = queue_name();
        verb.exclusive = one_in(5);
        verb.auto_delete = one_in(5);
        if (one_in(3)) verb.overflow = "drop_head";
        return verb;
    }

    void consume(Client& client) {
        wire::Consume verb;
        verb.queue = queue_name();
        verb.consumer = consumer_name(verb.queue);
        verb.credit = 1 + pick(8);
        verb.credit_bytes = 1 + pick(2000);
        verb.no_ack = one_in(8);
        say(client, verb);
    }

    void leave(Client& client) {
        const std::string queue = queue_name();
        switch (pick(3)) {
            case 0:
                return say(client, wire::Cancel{consumer_name(queue)});
            case 1:
                return say(client, wire::Credit{consumer_name(queue), 8, 2000});
            default:
                return client.is_lost();
        }
    }

    void come(Client& client) {
        Client& other = one_in(4) ? any_client() : client;
        client.is_lost();
        wire::Hello hello;
        hello.token = one_in(6) ? "" : other.token();
        hello.batch = one_in(2);
        client.opens(hello);
    }

    void rare(Client& client) {
        switch (pick(7)) {
            case 0:
                return say(client, wire::DeleteQueue{queue_name(), false, false});
            case 1:
                return say(client, wire::Purge{queue_name()});
            case 2:
                return one_in(3) ? say(client, wire::Close{}) : say(client, wire::Ping{});
            case 3:
                return client.is_blocked();
            case 4:
                return story_.apply(PeerReady{client.connection});
            case 5:
                return one_in(4) ? say(client, wire::DeleteExchange{"x", one_in(2)})
                                 : say(client, wire::Ping{});
            default:
                return story_.pass(std::chrono::milliseconds(pick(3000)));
        }
    }

    void get(Client& client) {
        asked_ = queue_name();
        say(client, wire::Get{asked_, one_in(4), false});
    }

    void settle(Client& client) {
        wire::Settle verb;
        const std::string name = one_in(4) ? "" : consumer_name(queue_name());
        verb.consumer = name;
        verb.action = static_cast<wire::Settlement>(pick(3));
        const std::uint64_t first = tag_near(client, name);
        verb.tags = {{first, one_in(20) ? ~std::uint64_t{0} : first + pick(4)}};
        verb.up_to = one_in(4);
        if (verb.up_to) verb.tags[0].last = first;
        if (!verb.up_to && one_in(3)) verb.tags.push_back({tag_near(client, name), first + 2});
        say(client, verb);
    }

    /// A tag that is probably held.
    std::uint64_t tag_near(Client& client, const std::string& consumer) {
        const Session* session = story_.core.sessions().on(client.connection);
        if (session == nullptr) return pick(10);
        const auto found = session->consumers.find(consumer);
        const auto& held =
            found == session->consumers.end() ? session->taken : found->second->unsettled;
        const auto tag = held.next_held(0, ~std::uint64_t{0});
        return tag.value_or(client.session().last_tag + 1) + pick(4) - (one_in(8) ? 1 : 0);
    }

    void publish(Client& client) {
        std::string body;
        std::vector<std::string> keys;
        const bool by_default = one_in(4);
        wire::Publish verb;
        verb.exchange = by_default ? "" : "x";
        verb.mandatory = one_in(4);
        verb.batch = true;
        verb.common = one_in(2) ? "" : "\x81\xa1p\xa1v";
        const std::uint64_t count = 1 + pick(5);
        for (std::uint64_t i = 0; i < count; ++i) keys.push_back(by_default ? queue_name() : key());
        for (const std::string& each : keys) {
            std::string payload = std::to_string(++published_) + ":";
            payload.resize(payload.size() + pick(one_in(20) ? largest_message - 100 : 300), '.');
            body += payload;
            verb.messages.push_back({each, static_cast<std::uint32_t>(payload.size()), {}});
        }
        verb.body = body;
        say(client, std::move(verb));
    }

    /// First deliveries of a queue come in the order of publishing.
    void listen() {
        for (const std::string& line : story_.heard_by_all()) {
            const std::size_t tag = line.find(" #");
            if (tag == std::string::npos || line.substr(0, 2) == "re") continue;
            const bool again = line.find(" (") != std::string::npos;
            const std::size_t payload = line.find(' ', tag + 1) + 1;
            const std::uint64_t number = std::stoull(line.substr(payload));
            const std::string queue = line[0] == 'g' ? asked_ : line.substr(0, 2);
            std::uint64_t& last = last_first_[queue];
            if (again ? number > last : number <= last) {
                FAIL("out of order from " << queue << ": " << line.substr(0, 40));
            }
            last = std::max(last, number);
            ++(again ? redelivered_ : delivered_);
        }
    }

    void check() {
        std::uint64_t cost = 0;
        for (const Queue* queue : story_.core.topology().all_queues()) cost += check_queue(*queue);
        for (const Session* session : story_.core.sessions().all()) {
            cost += cost_of(session->taken);
            for (const auto& [name, consumer] : session->consumers) {
                cost += cost_of(consumer->unsettled);
                check_credit(*consumer);
            }
        }
        if (cost != story_.memory()) FAIL("cost " << cost << ", gauge " << story_.memory());
        if (cost > story_.core.limits().memory_bytes) FAIL("over the memory bound");
        const Counters& c = story_.counters();
        if (c.delivered != delivered_ + redelivered_ || c.redelivered != redelivered_) {
            FAIL("deliveries are not as counted");
        }
        check_publishes();
    }

    /// Every message that was published is counted once: routed, or by the reason why not.
    void check_publishes() const {
        const Counters& c = story_.counters();
        if (c.refused != c.refused_no_exchange + c.refused_queue_full + c.refused_memory_full +
                             c.refused_storage) {
            FAIL("refusals without a reason");
        }
        if (c.published != c.routed + c.returned + c.dropped_unroutable + c.refused) {
            FAIL("published is not what became of it");
        }
        for (const Exchange* exchange : story_.core.topology().all_exchanges()) {
            const Exchange& e = *exchange;
            if (e.published != e.routed + e.unroutable + e.refused) {
                FAIL("exchange '" << e.name << "': published is not what became of it");
            }
        }
    }

    static std::uint64_t cost_of(const UnsettledDeliveries& held) {
        return held.bytes() + held.count() * (message_overhead_bytes + name_bytes);
    }

    static std::uint64_t check_queue(const Queue& queue) {
        std::uint64_t cost = 0;
        const Message* before = nullptr;
        for (const Message* message : queue.first_ready(queue.ready())) {
            if (before != nullptr && before->sequence >= message->sequence) FAIL("out of order");
            before = message;
            cost += MemoryGauge::cost(*message);
        }
        if (queue.messages() > queue.options.max_messages) FAIL("over the queue's bound");
        if (queue.bytes() > queue.options.max_bytes) FAIL("over the queue's bound in bytes");
        const bool idle = std::any_of(queue.consumers.begin(), queue.consumers.end(),
                                      [](const Consumer* c) { return c->can_take(); });
        if (idle && queue.ready() > 0) FAIL("a consumer with credit beside a ready message");
        return cost;
    }

    /// One that took the name of a cancelled consumer holds what that one left, too: it may be over
    /// its own credit, but then gets nothing more.
    void check_credit(const Consumer& consumer) {
        const UnsettledDeliveries& held = consumer.unsettled;
        Held& before = held_before_[consumer.id.number()];
        if (held.count() > std::max(consumer.options.credit, before.count)) {
            FAIL("over the credit");
        }
        if (held.bytes() >=
            std::max(consumer.options.credit_bytes + largest_message, before.bytes + 1)) {
            FAIL("over the credit in bytes");
        }
        before = {held.count(), held.bytes()};
    }

    void end() {
        for (const char* name : {"a", "b", "c", "d"}) story_.stranger(name).is_lost();
        story_.pass(std::chrono::hours(1));
        CHECK(story_.core.sessions().size() == 0);
        Client& last = story_["last"];
        for (const Queue* queue : story_.core.topology().all_queues()) {
            CHECK(queue->unacked() == 0);
            last.deletes(queue->name);
        }
        CHECK(story_.memory() == 0);
        CHECK(story_.core.topology().bindings() == 0);
        // The walk has been where it should.
        const Counters& c = story_.counters();
        for (const CounterRow& counter : counter_table) {
            // There is no disk here.
            if (counter.name == "dropped_damaged" || counter.name == "refused_storage") continue;
            INFO(counter.name);
            CHECK(c.*counter.value > 0);
        }
    }

    std::mt19937 random_;
    Story story_{tight()};
    std::string asked_;  ///< queue of the latest get
    struct Held {
        std::uint64_t count = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::uint64_t, Held> held_before_;  ///< by consumer, at the check before
    std::map<std::string, std::uint64_t> last_first_;
    std::uint64_t published_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t redelivered_ = 0;
};

}  // namespace

TEST_CASE("whatever clients do, in whatever order, the core's books balance", "[model]") {
    const unsigned seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    Model(seed).run();
}

}  // namespace zex::core
