#include "broker/core/sessions.h"

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

Instant at(int seconds) {
    return {std::chrono::seconds(seconds)};
}

}  // namespace

TEST_CASE("a session is found by number, token and connection", "[sessions]") {
    Sessions sessions;
    Session& session = sessions.open("secret");
    CHECK(session.name == "s-1");
    CHECK(sessions.find(session.id) == &session);
    CHECK(sessions.with_token("secret") == &session);
    CHECK(sessions.with_token("other") == nullptr);
    CHECK(sessions.on(ConnectionId(5)) == nullptr);
    sessions.attach(session, ConnectionId(5));
    CHECK(sessions.on(ConnectionId(5)) == &session);
}

TEST_CASE("a session moves from one connection to the next", "[sessions]") {
    Sessions sessions;
    Session& session = sessions.open("secret");
    sessions.attach(session, ConnectionId(5));
    session.blocked = true;
    sessions.attach(session, ConnectionId(6));
    CHECK(sessions.on(ConnectionId(5)) == nullptr);
    CHECK(sessions.on(ConnectionId(6)) == &session);
    CHECK_FALSE(session.blocked);
}

TEST_CASE("a suspended session expires unless it is attached again", "[sessions]") {
    Sessions sessions;
    Session& first = sessions.open("a");
    Session& second = sessions.open("b");
    sessions.attach(first, ConnectionId(1));
    CHECK_FALSE(sessions.next_expiry());
    sessions.suspend(first, at(20));
    sessions.suspend(second, at(10));
    CHECK(sessions.on(ConnectionId(1)) == nullptr);
    CHECK(sessions.next_expiry() == at(10));
    CHECK(sessions.expired(at(9)).empty());
    CHECK(sessions.expired(at(10)) == std::vector<Session*>{&second});
    CHECK(sessions.expired(at(20)) == std::vector<Session*>{&second, &first});
    sessions.attach(second, ConnectionId(2));
    CHECK(sessions.next_expiry() == at(20));
    CHECK(sessions.expired(at(30)) == std::vector<Session*>{&first});
}

TEST_CASE("a removed session is found no more and its number is not used again", "[sessions]") {
    Sessions sessions;
    Session& session = sessions.open("a");
    const SessionId id = session.id;
    sessions.attach(session, ConnectionId(1));
    sessions.suspend(session, at(5));
    sessions.remove(session);
    CHECK(sessions.find(id) == nullptr);
    CHECK(sessions.with_token("a") == nullptr);
    CHECK_FALSE(sessions.next_expiry());
    CHECK(sessions.open("a").name == "s-2");
    CHECK(sessions.size() == 1);
}

TEST_CASE("sessions are listed in the order of opening", "[sessions]") {
    Sessions sessions;
    for (int i = 0; i < 20; ++i) sessions.open(std::to_string(i));
    std::uint64_t last = 0;
    for (const Session* session : sessions.all()) {
        CHECK(session->id.number() > last);
        last = session->id.number();
    }
    CHECK(last == 20);
}

}  // namespace zex::core
