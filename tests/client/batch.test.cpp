#include <catch2/catch.hpp>

#include "client/outbox.h"
#include "common/wire/properties.h"

using namespace zex;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const BatchTerms posted{"logs", false, false, seconds(5)};
const BatchTerms confirmed{"logs", false, true, seconds(5)};

Outbox outbox(std::size_t bytes = 1 << 20, std::size_t unconfirmed = 100) {
    return Outbox({bytes, unconfirmed}, [] {});
}

std::vector<std::shared_ptr<Batch>> batches(Outbox& from) {
    std::vector<Outbox::Item> items;
    std::vector<std::shared_ptr<Batch>> out;
    from.take(items, SIZE_MAX);
    for (Outbox::Item& item : items) out.push_back(std::get<std::shared_ptr<Batch>>(item));
    return out;
}

}  // namespace

TEST_CASE("messages that agree gather in one batch, payloads end to end") {
    Outbox out = outbox();
    CHECK(out.post(posted, "a", {Payload::text("one", "line", "1.0")}, {}).ok());
    CHECK(out.post(posted, "a", {Payload::text("two", "line", "1.0")}, {}).ok());
    CHECK(out.post(posted, "b", {Payload::text("", "line", "1.0")}, {}).ok());
    const auto taken = batches(out);
    REQUIRE(taken.size() == 1);
    const wire::Publish publish = taken[0]->publish(0, 3);
    CHECK(publish.batch);
    CHECK(publish.exchange == "logs");
    CHECK(wire::find_text(publish.common, "type") == "line");
    CHECK(wire::find_text(publish.common, "version") == "1.0");
    CHECK(publish.messages[1].key == "a");
    CHECK(publish.messages[2].key == "b");
    CHECK(publish.messages[2].size == 0);
    CHECK(taken[0]->body(0, 3).view() == "onetwo");
    CHECK(taken[0]->body(1, 2).view() == "two");
    CHECK_FALSE(taken[0]->publish(1, 1).batch);
}

TEST_CASE("another exchange, type, mandatory flag or kind of answer opens another batch") {
    Outbox out = outbox();
    const Message plain{Payload::text("x")};
    CHECK(out.post(posted, "a", plain, {}).ok());
    CHECK(out.post({"other", false, false, seconds(5)}, "a", plain, {}).ok());
    CHECK(out.post({"other", true, false, seconds(5)}, "a", plain, {}).ok());
    CHECK(out.post({"other", true, false, seconds(5)}, "a", {Payload::text("x", "t")}, {}).ok());
    const auto future = out.publish({"other", true, true, seconds(5)}, "a", plain, {});
    CHECK(batches(out).size() == 5);
}

TEST_CASE("a message like the one before is appended, another one is left to be looked at") {
    Outbox out = outbox();
    const Message plain{Payload::text("x")};
    CHECK_FALSE(out.append(posted, "a", plain));
    CHECK(out.post(posted, "a", plain, {}).ok());
    CHECK(out.append(posted, "a", plain));
    CHECK(out.append(posted, "b", plain));
    CHECK_FALSE(out.append(posted, "bad\n", plain));
    CHECK_FALSE(out.append({"other", false, false, seconds(5)}, "a", plain));
    CHECK_FALSE(out.append(posted, "a", {Payload::text("x", "t")}));
    Message own = plain;
    own.message_id = "1";
    CHECK_FALSE(out.append(posted, "a", own));
    const auto taken = batches(out);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0]->size() == 3);
    CHECK(taken[0]->body(0, 3).view() == "xxx");
    CHECK_FALSE(out.append(posted, "a", plain));
}

TEST_CASE("large batches use their blocks again, but not while one is on its way") {
    Outbox out = outbox();
    const Message large{Payload::text(std::string(100'000, 'x'))};
    const auto send = [&] {
        CHECK(out.post(posted, "a", large, {}).ok());
        return batches(out).at(0)->body(0, 1);
    };
    send();
    const char* first = send().view().data();
    const Slice on_its_way = send();
    CHECK(on_its_way.view().data() == first);
    CHECK(send().view().data() != first);
}

TEST_CASE("a batch is full at its bytes or its messages, and one large message goes alone") {
    Outbox out = outbox();
    BatchLimits limits;
    limits.bytes = 100;
    limits.messages = 3;
    out.set_limits(limits);
    const Message small{Payload::text("x")};
    for (int i = 0; i < 4; ++i) CHECK(out.post(posted, "a", small, {}).ok());
    CHECK(out.post(posted, "a", {Payload::text(std::string(500, 'x'))}, {}).ok());
    CHECK(out.post(posted, "a", small, {}).ok());
    std::vector<std::size_t> sizes;
    for (const auto& batch : batches(out)) sizes.push_back(batch->size());
    CHECK(sizes == std::vector<std::size_t>{3, 1, 1, 1});
}

TEST_CASE("a message over the broker's limit is refused before it is sent") {
    Outbox out = outbox();
    BatchLimits limits;
    limits.message_bytes = 10;
    out.set_limits(limits);
    const Status refused = out.post(posted, "a", {Payload::text("eleven byte")}, {});
    CHECK(refused.error().code == ErrorCode::message_too_large);
    CHECK(out.empty());
}

TEST_CASE("a full outbox makes publishers wait, until their deadline") {
    Outbox out = outbox(1000);
    const BatchTerms impatient{"logs", false, false, milliseconds(1)};
    const Message message{Payload::text(std::string(400, 'x'))};
    CHECK(out.post(impatient, "a", message, {}).ok());
    CHECK(out.post(impatient, "a", message, {}).ok());
    CHECK(out.post(impatient, "a", message, {}).error().code == ErrorCode::outbox_full);
    for (const auto& batch : batches(out)) out.release(*batch);
    CHECK(out.post(impatient, "a", message, {}).ok());
}

TEST_CASE("too many unconfirmed messages make publishers wait, but not posts") {
    Outbox out = outbox(1 << 20, 2);
    const BatchTerms impatient{"logs", false, true, milliseconds(1)};
    const Message message{Payload::text("x")};
    const auto first = out.publish(impatient, "a", message, {});
    const auto second = out.publish(impatient, "a", message, {});
    CHECK(out.publish(impatient, "a", message, {}).get().error().code == ErrorCode::outbox_full);
    CHECK(out.post(posted, "a", message, {}).ok());
    out.settled(1);
    const auto third = out.publish(impatient, "a", message, {});
    CHECK(third.wait_for(seconds(0)) == std::future_status::timeout);
}

TEST_CASE("a request stands between the messages before and after it") {
    Outbox out = outbox();
    const Message message{Payload::text("x")};
    CHECK(out.post(posted, "a", message, {}).ok());
    CHECK(out.push({wire::Ping{}, Instant::max(), seconds(1), nullptr}).ok());
    CHECK(out.post(posted, "a", message, {}).ok());
    std::vector<Outbox::Item> items;
    out.take(items, SIZE_MAX);
    REQUIRE(items.size() == 3);
    CHECK(std::holds_alternative<Call>(items[1]));
}

TEST_CASE("what waits past its deadline is given back, the rest stays") {
    Outbox out = outbox();
    CHECK(out.push({wire::Ping{}, Instant{seconds(1)}, seconds(1), nullptr}).ok());
    CHECK(out.push({wire::Close{}, Instant{seconds(3)}, seconds(1), nullptr}).ok());
    CHECK(out.next_deadline() == Instant{seconds(1)});
    CHECK(out.expire(Instant{seconds(2)}).size() == 1);
    CHECK(out.next_deadline() == Instant{seconds(3)});
}

TEST_CASE("a closed outbox refuses everything and gives back what waited") {
    Outbox out = outbox();
    const Message message{Payload::text("x")};
    const auto future = out.publish(confirmed, "a", message, {});
    CHECK(out.close().size() == 1);
    CHECK(out.post(posted, "a", message, {}).error().code == ErrorCode::client_closed);
    CHECK(out.push({wire::Ping{}, Instant::max(), seconds(1), nullptr}).error().code ==
          ErrorCode::client_closed);
}
