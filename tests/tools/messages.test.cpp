#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tools/zex/arrival.h"
#include "tools/zex/lines.h"
#include "tools/zex/publisher.h"

using namespace zex::tool;
using nlohmann::json;

namespace {

/// A file with this text, gone with its owner.
class TextFile {
  public:
    explicit TextFile(const std::string& text) {
        const int fd = ::mkstemp(path_.data());
        REQUIRE(fd >= 0);
        REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(fd);
    }
    ~TextFile() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = "zex-lines-XXXXXX";
};

std::vector<std::string> lines_of(const std::string& text) {
    const TextFile file(text);
    const auto input = Input::open(file.path());
    REQUIRE(input.ok());
    CHECK(input->size() == text.size());
    Lines lines(*input, nullptr);
    std::vector<std::string> all;
    for (;;) {
        const auto line = lines.next();
        REQUIRE(line.ok());
        if (!*line) break;
        all.emplace_back(**line);
    }
    CHECK(lines.bytes_read() == text.size());
    return all;
}

std::string printed(const Arrival& arrival, Style style) {
    std::string out;
    append_arrival(out, arrival, style);
    return out;
}

}  // namespace

TEST_CASE("A file is split at line feeds, and the last line needs none") {
    using Texts = std::vector<std::string>;
    CHECK(lines_of("a\nb\n") == Texts{"a", "b"});
    CHECK(lines_of("a\nb") == Texts{"a", "b"});
    CHECK(lines_of("\n\na\n") == Texts{"", "", "a"});
    CHECK(lines_of("a\r\n") == Texts{"a\r"});
    CHECK(lines_of("").empty());
}

TEST_CASE("Lines longer than one read arrive whole") {
    const std::string longest(200'000, 'x');
    const auto lines = lines_of("first\n" + longest + "\nlast");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == "first");
    CHECK(lines[1] == longest);
    CHECK(lines[2] == "last");
}

TEST_CASE("A file is read whole, line ends and all") {
    const TextFile file("a\nb\n");
    const auto input = Input::open(file.path());
    REQUIRE(input.ok());
    const auto text = read_all(*input);
    REQUIRE(text.ok());
    CHECK(*text == "a\nb\n");
}

TEST_CASE("A file that is not there and a directory are refused by name") {
    const auto missing = Input::open("no-such-file");
    REQUIRE_FALSE(missing.ok());
    CHECK_THAT(missing.error().reason, Catch::Contains("'no-such-file'"));
    CHECK_FALSE(Input::open("/").ok());
}

TEST_CASE("The human line is key and payload with nothing that steers a terminal") {
    Arrival arrival;
    arrival.key = "error";
    arrival.bytes = "disk\tfull\x1b[0m\n";
    CHECK(printed(arrival, Style::line) == "error  disk\tfull\\x1b[0m\\x0a\n");
}

TEST_CASE("The raw form is the payload and a line feed") {
    Arrival arrival;
    arrival.key = "error";
    arrival.bytes = std::string_view("\0\xff\n", 3);
    CHECK(printed(arrival, Style::raw) == std::string("\0\xff\n\n", 4));
}

TEST_CASE("The JSON form has the fields in a fixed order and unknown ones among them") {
    Arrival arrival;
    arrival.exchange = "logs";
    arrival.key = "error";
    arrival.content_type = "application/json";
    arrival.bytes = R"({"b":[1,2.5],"a":null})";
    arrival.properties = json{{"trace", "t1"},
                              {"version", "1.2"},
                              {"type", "entry"},
                              {"headers", {{"host", "a"}}},
                              {"content_type", "application/json"}};
    arrival.tag = 7;
    arrival.deliveries = 2;
    CHECK(printed(arrival, Style::json) ==
          R"({"exchange":"logs","key":"error","type":"entry","version":"1.2",)"
          R"("content_type":"application/json","headers":{"host":"a"},"trace":"t1","tag":7,)"
          R"("redelivered":true,"deliveries":2,"payload":{"b":[1,2.5],"a":null}})"
          "\n");
}

TEST_CASE("In the JSON form a payload is a string where it is UTF-8 and else base64") {
    Arrival arrival;
    arrival.properties = json::object();
    arrival.bytes = "grün";
    CHECK(json::parse(printed(arrival, Style::json))["payload"] == "grün");
    arrival.content_type = "application/json";
    arrival.bytes = "{broken";
    // Where the content type says JSON, a string would say that the payload is a JSON string.
    CHECK(json::parse(printed(arrival, Style::json))["payload_base64"] == "e2Jyb2tlbg==");
    arrival.bytes = "\xff\xfe";
    const json binary = json::parse(printed(arrival, Style::json));
    CHECK(binary["payload_base64"] == "//4=");
    CHECK_FALSE(binary.contains("payload"));
}

TEST_CASE("Each published message is counted by what became of it") {
    using zex::Confirmed;
    using zex::ErrorCode;
    Tally tally;
    tally.published = 4;
    tally.count(Confirmed{2});
    tally.count(Confirmed{0});
    CHECK_FALSE(tally.first_error);
    tally.count(zex::error(ErrorCode::unroutable, "nobody"));
    tally.count(zex::error(ErrorCode::queue_full, "full"));
    CHECK(tally.confirmed == 2);
    CHECK(tally.unroutable == 2);
    CHECK(tally.refused == 1);
    REQUIRE(tally.first_error);
    CHECK(tally.first_error->code == ErrorCode::unroutable);
    CHECK(tally.first_error_at == 3);
    CHECK(summary(tally, 0.02) ==
          "published 4 messages in 0.0 s: 1 reached a queue, 2 reached none, 1 was refused");
}

TEST_CASE("The summary of a long publish has its rate") {
    Tally tally;
    tally.published = tally.confirmed = 1000;
    CHECK(summary(tally, 0.1) == "published 1,000 messages in 0.1 s (10,000/s), all confirmed");
}
