#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "client/subscriptions.h"

using namespace zex;
using wire::Settlement;
using wire::TagRange;

namespace {

struct Desk {
    std::shared_ptr<Doorbell> bell = std::make_shared<Doorbell>();
    std::shared_ptr<InboxBudget> budget = std::make_shared<InboxBudget>(1000, 4000, bell);
    Subscriptions subscriptions{budget};

    Result<std::shared_ptr<Subscription>> add(std::string name, bool no_ack = false,
                                              std::size_t credit_bytes = 0) {
        Subscription::Terms terms;
        terms.no_ack = no_ack;
        terms.credit_bytes = credit_bytes;
        return subscriptions.add(std::move(name), std::move(terms), SteadyClock().now());
    }

    /// Three messages with the tags first, first+1, first+2.
    std::shared_ptr<const DeliveryFactory::Frame> frame(const Subscription& consumer,
                                                        std::uint64_t first) {
        wire::Deliver deliver;
        deliver.first_tag = first;
        deliver.messages.resize(3);
        return DeliveryFactory::frame({}, deliver, subscriptions.generation(), consumer.settles());
    }

    std::vector<wire::Settle> settles() {
        std::vector<wire::Settle> out;
        subscriptions.take_settles([&](wire::Settle settle) { out.push_back(std::move(settle)); });
        return out;
    }
};

}  // namespace

TEST_CASE("acks of neighbours travel as one range, in the order of the calls") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    consumer->deliver(desk.frame(*consumer, 1));
    for (int i = 0; i < 2; ++i) CHECK(consumer->next(Duration{0}).value().ack().ok());
    CHECK(consumer->next(Duration{0}).value().requeue().ok());
    const auto settles = desk.settles();
    REQUIRE(settles.size() == 2);
    CHECK(settles[0].tags == std::vector<TagRange>{{1, 2}});
    CHECK(settles[1].action == Settlement::requeue);
    CHECK(desk.settles().empty());
}

TEST_CASE("an ack of all up to a delivery stands alone") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    consumer->deliver(desk.frame(*consumer, 1));
    const Delivery first = consumer->next(Duration{0}).value();
    const Delivery second = consumer->next(Duration{0}).value();
    CHECK(first.reject().ok());
    CHECK(second.ack_up_to().ok());
    const auto settles = desk.settles();
    REQUIRE(settles.size() == 2);
    CHECK(settles[1].up_to);
    CHECK(settles[1].tags == std::vector<TagRange>{{2, 2}});
}

TEST_CASE("deliveries that came together are read and settled together") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    consumer->deliver(desk.frame(*consumer, 1));
    consumer->deliver(desk.frame(*consumer, 4));
    CHECK(consumer->next(Duration{0}).value().tag() == 1);
    const Deliveries rest = consumer->next_batch(100, Duration{0}).value();
    const Deliveries first = consumer->next_batch(2, Duration{0}).value();
    std::vector<std::uint64_t> tags;
    for (const Delivery& delivery : rest) tags.push_back(delivery.tag());
    CHECK(tags == std::vector<std::uint64_t>{2, 3});
    CHECK(first.size() == 2);
    CHECK(first[1].tag() == 5);
    CHECK(rest.ack().ok());
    CHECK(first.ack().ok());
    CHECK(consumer->next_batch(0, Duration{0}).value().reject().ok());
    CHECK(consumer->next_batch(1, Duration{0}).error().code == ErrorCode::timed_out);
    const auto settles = desk.settles();
    REQUIRE(settles.size() == 2);
    CHECK(settles[0].tags == std::vector<TagRange>{{2, 5}});
    CHECK(settles[1].tags == std::vector<TagRange>{{6, 6}});
    CHECK(Deliveries().ack().ok());
}

TEST_CASE("what neighbours in a frame share, and what they do not, is read back for each") {
    const std::string body = "onetwothree";
    const std::string_view view = body;
    wire::Deliver deliver;
    deliver.messages.resize(4);
    deliver.messages[0] = {"x", "a", {}, {}, view.substr(0, 3), 1};
    deliver.messages[1] = {"x", "a", {}, {}, view.substr(3, 3), 1};
    deliver.messages[2] = {"x", "b", {}, {}, {}, 2};
    deliver.messages[3] = {"x", "a", {}, {}, view.substr(6), 1};
    const auto all =
        DeliveryFactory::deliveries(DeliveryFactory::frame({}, deliver, 0, nullptr), 0, 4);
    std::string keys;
    std::string payloads;
    for (const Delivery& delivery : all) {
        keys += delivery.key();
        payloads += std::string(delivery.bytes()) + ",";
    }
    CHECK(keys == "aaba");
    CHECK(payloads == "one,two,,three,");
    CHECK(all[2].redelivered());
    CHECK_FALSE(all[3].redelivered());
    std::swap(deliver.messages[0].payload, deliver.messages[1].payload);
    const auto swapped = DeliveryFactory::frame({}, deliver, 0, nullptr);
    CHECK(DeliveryFactory::delivery(swapped, 0).bytes() == "two");
    CHECK(DeliveryFactory::delivery(swapped, 3).bytes() == "three");
}

TEST_CASE("settlements of deliveries from before a reconnection are dropped without an error") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    consumer->deliver(desk.frame(*consumer, 1));
    const Delivery before = consumer->next(Duration{0}).value();
    const Delivery waiting = consumer->next(Duration{0}).value();
    CHECK(waiting.ack().ok());
    desk.subscriptions.new_generation(1);
    CHECK(before.ack().ok());
    CHECK(desk.settles().empty());

    // What was unread comes again, so it is not to be read from here.
    CHECK(consumer->next(Duration{0}).error().code == ErrorCode::timed_out);
    consumer->deliver(desk.frame(*consumer, 4));
    CHECK(consumer->next(Duration{0}).value().ack().ok());
    CHECK(desk.settles().at(0).tags == std::vector<TagRange>{{4, 4}});
}

TEST_CASE("deliveries that need no ack stay readable over a reconnection") {
    Desk desk;
    const auto consumer = desk.add("c", true).value();
    consumer->deliver(desk.frame(*consumer, 1));
    desk.subscriptions.new_generation(1);
    CHECK(consumer->next(Duration{0}).value().ack().ok());
    CHECK(desk.settles().empty());
}

TEST_CASE("a cancelled consumer gives its unread deliveries back") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    consumer->deliver(desk.frame(*consumer, 1));
    const Delivery held = consumer->next(Duration{0}).value();
    desk.subscriptions.remove(consumer);
    consumer->end(error(ErrorCode::no_such_consumer, "cancelled"), false);
    CHECK(consumer->next(std::nullopt).error().code == ErrorCode::no_such_consumer);
    CHECK(held.ack().ok());
    const auto settles = desk.settles();
    REQUIRE(settles.size() == 2);
    CHECK(settles[0].action == Settlement::requeue);
    CHECK(settles[0].tags == std::vector<TagRange>{{2, 3}});
    CHECK(settles[1].tags == std::vector<TagRange>{{1, 1}});
}

TEST_CASE("a settlement is sent though consumer and delivery are gone by then") {
    Desk desk;
    {
        const auto consumer = desk.add("c").value();
        consumer->deliver(desk.frame(*consumer, 1));
        desk.subscriptions.remove(consumer);
        CHECK(consumer->next(Duration{0}).value().ack().ok());
    }
    const auto sent = [&](const wire::Settle& settle) { CHECK(settle.consumer == "c"); };
    CHECK(desk.subscriptions.take_settles(sent));
}

TEST_CASE("after the client is closed a settlement says so") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    consumer->deliver(desk.frame(*consumer, 1));
    const Delivery delivery = consumer->next(Duration{0}).value();
    desk.subscriptions.end_all(error(ErrorCode::client_closed, "closed"));
    CHECK(delivery.ack().error().code == ErrorCode::client_closed);
    CHECK(consumer->next(std::nullopt).error().code == ErrorCode::client_closed);
    CHECK(desk.add("d").error().code == ErrorCode::client_closed);
}

TEST_CASE("consumer names are unique, and made up where none is given") {
    Desk desk;
    const auto taken = desk.add("consumer-1").value();
    const auto made = desk.add("").value();
    CHECK(made->name() == "consumer-2");
    CHECK(desk.add("consumer-2").error().code == ErrorCode::consumer_exists);
}

TEST_CASE("a name stays taken until its consumer has been cancelled") {
    Desk desk;
    const auto consumer = desk.add("c").value();
    CHECK(desk.subscriptions.leave(consumer));
    CHECK_FALSE(desk.subscriptions.leave(consumer));
    CHECK(desk.subscriptions.size() == 0);
    CHECK(desk.add("c").error().code == ErrorCode::consumer_exists);
    // What still comes for it goes back when it is gone, and is not taken for another one's.
    REQUIRE(desk.subscriptions.find("c") == consumer);
    consumer->deliver(desk.frame(*consumer, 1));
    consumer->end(error(ErrorCode::no_such_consumer, "cancelled"), false);
    desk.subscriptions.remove(consumer);
    const auto settles = desk.settles();
    REQUIRE(settles.size() == 1);
    CHECK(settles[0].action == wire::Settlement::requeue);
    CHECK(desk.add("c").ok());
}

TEST_CASE("what the credit explains does not count against the inbox, what is beyond it does") {
    Desk desk;
    const auto consumer = desk.add("c", false, 1'000'000).value();
    for (int i = 0; i < 100; ++i) consumer->deliver(desk.frame(*consumer, 1 + 3 * i));
    CHECK_FALSE(desk.budget->exceeded());
    std::uint64_t tag = 1000;
    for (int i = 0; i < 20'000 && !desk.budget->is_far_exceeded(); ++i, tag += 3) {
        consumer->deliver(desk.frame(*consumer, tag));
    }
    CHECK(desk.budget->is_far_exceeded());
    consumer->end(error(ErrorCode::no_such_consumer, "cancelled"), false);
    CHECK_FALSE(desk.budget->exceeded());
}

TEST_CASE("a callback that throws ends its consumer and calls nothing more") {
    Desk desk;
    int calls = 0;
    std::string said;
    Subscription::Terms terms;
    terms.on_delivery = [&](Delivery&) {
        ++calls;
        throw std::runtime_error("no such order");
    };
    terms.on_failure = [&](const Error& why, const Delivery& delivery) {
        said = std::to_string(delivery.tag()) + ": " + why.text();
    };
    const auto consumer =
        desk.subscriptions.add("c", std::move(terms), SteadyClock().now()).value();
    CHECK(consumer->deliver(desk.frame(*consumer, 1)));
    CHECK_FALSE(consumer->run_callbacks());
    CHECK(calls == 1);
    CHECK(said == "1: callback_failed (706): a callback of the program threw: no such order");
    CHECK(consumer->ready());
}

TEST_CASE("unread deliveries count against the inbox until they are read") {
    Desk desk;
    const auto consumer = desk.add("c", true).value();
    for (int i = 0; i < 10; ++i) consumer->deliver(desk.frame(*consumer, 1));
    CHECK(desk.budget->exceeded());
    while (consumer->next(Duration{0})) continue;
    CHECK_FALSE(desk.budget->exceeded());
}
