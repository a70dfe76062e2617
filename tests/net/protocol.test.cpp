#include "common/net/zmtp/protocol.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/net/zmtp/greeting.h"
#include "tests/net/zmtp_bytes.h"

namespace zex::test {
namespace {

using net::zmtp::Refusal;

std::string frame(std::string_view bytes, bool more = false) {
    return RawPeer::frame(bytes, more);
}

TEST_CASE("the greeting is that of a peer of version 3.1 with the mechanism NULL") {
    const std::string greeting = heard_of("").output + Listener().heard.output;
    Listener listener;
    listener.take("");
    REQUIRE(listener.heard.output.size() == 64);
    CHECK(listener.heard.output.substr(0, 16) ==
          std::string("\xff\0\0\0\0\0\0\0\0\x7f\x03\x01NULL", 16));
    CHECK(greeting.size() <= 64);
}

TEST_CASE("a DEALER and a REQ are answered READY, whatever else they say of themselves") {
    for (const char* type : {"DEALER", "REQ"}) {
        const std::string identity = std::string("\x08Identity\0\0\0\x03you", 16);
        const Heard heard = heard_of(RawPeer::greeting() + ready(type, identity));
        CHECK_FALSE(heard.refusal);
        CHECK(heard.output.substr(64) == ready("ROUTER"));
    }
}

TEST_CASE("names of properties are found whatever the case of their letters") {
    std::string bytes = opening();
    bytes.replace(bytes.find("Socket-Type"), 11, "sOCKET-tYPE");
    CHECK_FALSE(heard_of(bytes).refusal);
}

TEST_CASE("a peer of version 3.0, or of one that does not exist yet, is served as one of 3.1") {
    for (const char* version : {"\x03\x00", "\x03\x01", "\x03\x63", "\x04\x00"}) {
        std::string bytes = opening() + frame("x");
        bytes[10] = version[0];
        bytes[11] = version[1];
        CHECK(heard_of(bytes).messages.size() == 1);
    }
}

TEST_CASE("other socket types are refused with an ERROR that says why") {
    for (const char* type : {"PUSH", "PULL", "PUB", "SUB", "XPUB", "XSUB", "REP", "ROUTER", "PAIR",
                             "STREAM", "", "dealer", "DEALERS"}) {
        const Heard heard = heard_of(RawPeer::greeting() + ready(type) + frame("x"));
        CHECK(heard.refusal == Refusal::socket_type);
        CHECK(heard.messages.empty());
        CHECK(heard.output.find("\x05"
                                "ERROR") != std::string::npos);
        CHECK(heard.output.find("DEALER") != std::string::npos);
    }
}

TEST_CASE("what is no greeting is refused at its first wrong byte") {
    const std::string good = RawPeer::greeting();
    const auto with = [&good](std::size_t at, char byte) {
        std::string bytes = good.substr(0, at + 1);
        bytes[at] = byte;
        return bytes;
    };
    CHECK(heard_of("GET / HTTP/1.1\r\n").refusal == Refusal::not_zmtp);
    CHECK(heard_of(std::string(1, '\0')).refusal == Refusal::not_zmtp);
    CHECK(heard_of(with(0, '\xfe')).refusal == Refusal::not_zmtp);
    CHECK(heard_of(with(9, '\x7e')).refusal == Refusal::not_zmtp);
    CHECK(heard_of(with(10, '\x00')).refusal == Refusal::old_version);
    CHECK(heard_of(with(10, '\x01')).refusal == Refusal::old_version);
    CHECK(heard_of(with(10, '\x02')).refusal == Refusal::old_version);
    CHECK(heard_of(with(12, 'C')).refusal == Refusal::mechanism);
    CHECK(heard_of(with(15, 'l')).refusal == Refusal::mechanism);
    CHECK(heard_of(with(16, 'X')).refusal == Refusal::mechanism);
    CHECK(heard_of(with(31, 'X')).refusal == Refusal::mechanism);
    CHECK_FALSE(heard_of(with(4, 'X')).refusal);   // padding of the signature
    CHECK_FALSE(heard_of(with(63, 'X')).refusal);  // filler
}

TEST_CASE("a handshake that is malformed, or too long, is refused") {
    const auto refusal = [](const std::string& bytes) {
        return heard_of(RawPeer::greeting() + bytes).refusal;
    };
    CHECK(refusal(frame("a message")) == Refusal::bad_handshake);
    CHECK(refusal(RawPeer::command("HELLO", "")) == Refusal::bad_handshake);
    CHECK(refusal(RawPeer::command("READY", "")) == Refusal::bad_handshake);
    CHECK(refusal(RawPeer::command("READY", "\x05half")) == Refusal::bad_handshake);
    CHECK(refusal(RawPeer::command("READY", std::string("\0\0\0\0\0", 5))) ==
          Refusal::bad_handshake);
    CHECK(refusal(ready("DEALER", "\x01")) == Refusal::bad_handshake);
    CHECK(refusal(ready("DEALER", std::string("\x01x\xff\xff\xff\xff", 6))) ==
          Refusal::bad_handshake);
    CHECK(refusal(ready("DEALER", std::string(20'000, 'x'))) == Refusal::bad_handshake);
    CHECK(refusal(std::string("\x06\x7f\xff\xff\xff\xff\xff\xff\xff", 9)) ==
          Refusal::bad_handshake);
    CHECK(refusal(std::string("\x04\x00", 2)) == Refusal::bad_handshake);
    CHECK(refusal(std::string("\x08\x00", 2)) == Refusal::bad_handshake);
    CHECK(refusal(RawPeer::command("ERROR", std::string("\x02no", 3))) == Refusal::peer_error);
}

TEST_CASE("frames are told as messages of one frame or two, of any length") {
    const net::zmtp::Protocol::Bounds bounds{32 << 20, 1 << 20};
    for (const std::size_t size : {0, 1, 254, 255, 256, 257, 65'535, 65'536, 1 << 20}) {
        const std::string body(size, 'b');
        const Heard heard = heard_of(
            opening() + frame("envelope", true) + frame(body) + frame(body), {1 << 16}, bounds);
        REQUIRE(heard.messages.size() == 2);
        CHECK(heard.messages[0] == std::vector<std::string>{"envelope", body});
        CHECK(heard.messages[1] == std::vector<std::string>{body});
    }
}

TEST_CASE("a short frame may be sent in the long form") {
    const std::string bytes = opening() + std::string("\x02\0\0\0\0\0\0\0\x02hi", 11);
    CHECK(heard_of(bytes).messages == std::vector<std::vector<std::string>>{{"hi"}});
}

TEST_CASE("however the bytes are split, the same is heard") {
    const std::string bytes = opening() + frame("one") + ping("context") + frame("two", true) +
                              ping() + frame(std::string(300, 'x')) + frame("a", true) +
                              frame("b", true) + frame("c", true) + ping("q") +
                              frame(std::string(1000, 'd')) + frame("") + frame("end");
    const Heard whole = heard_of(bytes);
    REQUIRE_FALSE(whole.refusal);
    CHECK(whole.messages.size() == 5);
    CHECK(whole.surplus == std::vector<bool>{false, false, true, false, false});
    CHECK(heard_of(bytes, {1}) == whole);
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        Listener listener;
        listener.take(bytes.substr(0, at));
        listener.take(bytes.substr(at));
        CHECK(listener.heard == whole);
    }
    std::mt19937 random(42);
    for (int i = 0; i < 300; ++i) {
        std::vector<std::size_t> sizes(7);
        for (std::size_t& size : sizes) size = 1 + random() % 97;
        CHECK(heard_of(bytes, sizes) == whole);
    }
}

TEST_CASE("PING is answered with PONG and its context, between messages and within one") {
    const std::string pong = RawPeer::command("PONG", "0123456789abcdef");
    const std::string asked = ping("0123456789abcdef");
    CHECK(heard_of(opening() + asked).output.ends_with(pong));
    const Heard heard = heard_of(opening() + frame("a", true) + asked + frame("b"));
    CHECK(heard.output.ends_with(pong));
    CHECK(heard.messages == std::vector<std::vector<std::string>>{{"a", "b"}});
    CHECK_FALSE(heard_of(opening() + RawPeer::command("PONG", "x")).refusal);
}

TEST_CASE("a PING that is too short is refused, not answered with what lies behind it") {
    for (const char* data : {"", "x"}) {
        const Heard heard = heard_of(opening() + RawPeer::command("PING", data));
        CHECK(heard.refusal == Refusal::bad_command);
        CHECK(heard.output.find("PONG") == std::string::npos);
    }
    CHECK(heard_of(opening() + ping("01234567890123456")).refusal == Refusal::bad_command);
}

TEST_CASE("commands that do not belong here end the connection") {
    for (const char* name : {"READY", "SUBSCRIBE", "CANCEL", "JOIN", "MESSAGE", "X"}) {
        CHECK(heard_of(opening() + RawPeer::command(name, "xx")).refusal == Refusal::bad_command);
    }
    CHECK(heard_of(opening() + std::string("\x04\x00", 2)).refusal == Refusal::bad_command);
    CHECK(heard_of(opening() + RawPeer::command("PONG", std::string(1000, 'x'))).refusal ==
          Refusal::bad_command);
    std::string many = opening() + frame("a", true);
    for (int i = 0; i < 17; ++i) many += ping();
    CHECK(heard_of(many).refusal == Refusal::bad_command);
}

TEST_CASE("reserved flags and lengths beyond 2^63 - 1 are refused") {
    for (const int flags : {0x05, 0x07, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
        CHECK(heard_of(opening() + static_cast<char>(flags)).refusal == Refusal::bad_frame);
    }
    const auto of_size = [](std::string_view size) {
        return heard_of(opening() + "\x02" + std::string(size)).refusal;
    };
    CHECK(of_size({"\x80\0\0\0\0\0\0\0", 8}) == Refusal::bad_frame);
    CHECK(of_size("\xff\xff\xff\xff\xff\xff\xff\xff") == Refusal::bad_frame);
    CHECK(of_size("\x7f\xff\xff\xff\xff\xff\xff\xff") == Refusal::too_large);
    CHECK(of_size({"\0\0\0\0\x10\0\0\0", 8}) == Refusal::too_large);
}

TEST_CASE("a message beyond the bound is refused when it is announced, both frames counted") {
    const net::zmtp::Protocol::Bounds bounds{1000, 1000};
    const auto refusal = [&](const std::string& bytes) {
        return heard_of(opening() + bytes, {1 << 20}, bounds).refusal;
    };
    CHECK_FALSE(refusal(frame(std::string(991, 'x'))));
    CHECK(refusal(frame(std::string(992, 'x')).substr(0, 9)) == Refusal::too_large);
    CHECK_FALSE(refusal(frame(std::string(500, 'x'), true) + frame(std::string(482, 'x'))));
    CHECK(refusal(frame(std::string(500, 'x'), true) + frame(std::string(483, 'x')).substr(0, 9)) ==
          Refusal::too_large);
}

TEST_CASE("frames behind the second are thrown away as they come, and bounded") {
    const net::zmtp::Protocol::Bounds bounds{1000, 50'000};
    std::string bytes = opening() + frame("a", true) + frame("b", true);
    for (int i = 0; i < 1000; ++i) bytes += frame("surplus", true);
    const Heard heard = heard_of(bytes + frame("last") + frame("next"), {7}, bounds);
    CHECK_FALSE(heard.refusal);
    CHECK(heard.messages == std::vector<std::vector<std::string>>{{"a", "b"}, {"next"}});
    CHECK(heard.most_held < 64);
    std::string endless = bytes;
    for (int i = 0; i < 10; ++i) endless += bytes.substr(opening().size());
    CHECK(heard_of(endless, {4096}, bounds).refusal == Refusal::endless_message);
}

TEST_CASE("a message that is longer than it was allowed is taken once the bound is raised") {
    Listener listener;
    net::zmtp::Protocol protocol(net::zmtp::null_mechanism(), {100, 100});
    const std::string hello = opening() + frame("hello");
    const std::string bytes = hello + frame(std::string(5000, 'x'));
    using Kind = net::zmtp::Protocol::Event::Kind;
    std::string_view rest = bytes;
    for (auto event = protocol.next(rest); event.kind != Kind::message;
         event = protocol.next(rest)) {
        REQUIRE(event.kind == Kind::progress);
        rest.remove_prefix(event.consumed);
    }
    rest = std::string_view(bytes).substr(hello.size());
    protocol.set_bounds({10'000, 100});
    CHECK(protocol.next(rest).kind == Kind::message);
}

}  // namespace
}  // namespace zex::test
