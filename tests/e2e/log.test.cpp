// zex log on a real directory, whole and damaged, with no broker anywhere.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/temporary_directory.h"

using nlohmann::json;
using namespace zex::test;
namespace fs = std::filesystem;

namespace {

struct Directory {
    TemporaryDirectory home;
    std::string path = home.path + "/data";

    Directory() {
        fs::copy(fs::path(ZEX_SOURCE_ROOT) / "tests/store/fixtures/v1", path,
                 fs::copy_options::recursive);
    }
    /// Turns the first byte of `text` in the last segment into another.
    void damage(const std::string& text) const {
        const std::string name = path + "/log/00000003.seg";
        std::ifstream in(name, std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        const std::size_t at = bytes.find(text);
        REQUIRE(at != std::string::npos);
        bytes[at] = '!';
        std::ofstream(name, std::ios::binary) << bytes;
    }
};

Finished zex_log(const std::string& command, const std::string& directory) {
    return run({built("zex"), "log", command, directory});
}

}  // namespace

TEST_CASE("zex log verify says good, or names the queue and the sequences that are lost") {
    const Directory directory;
    Finished verified = zex_log("verify", directory.path);
    CHECK(verified.code == 0);
    CHECK(verified.out.find("good: ") == 0);
    CHECK(verified.out.find("1 queues, 23 messages") != std::string::npos);

    directory.damage("payload 27");
    verified = zex_log("verify", directory.path);
    CHECK(verified.code == 1);
    CHECK(verified.out.find("log/00000003.seg bytes ") != std::string::npos);
    CHECK(verified.out.find("queue 'all': lost messages with sequence 27\n") != std::string::npos);
    CHECK(zex_log("verify", directory.path).out == verified.out);  // nothing was written
}

TEST_CASE("zex log export gives each message that a broker would start with") {
    const Directory directory;
    const Finished exported = zex_log("export", directory.path);
    CHECK(exported.code == 0);
    const std::vector<std::string> lines = lines_of(exported.out);
    REQUIRE(lines.size() == 23);
    const json first = json::parse(lines.front());
    CHECK(first.at("queue") == "all");
    CHECK(first.at("sequence") == 3);
    CHECK(first.at("exchange") == "logs");
    CHECK(first.at("key") == "error");
    CHECK(first.at("redelivered") == true);
    CHECK(first.at("payload") == "cGF5bG9hZCAz");  // payload 3
    CHECK(json::parse(lines.back()).at("redelivered") == false);

    directory.damage("payload 27");
    const Finished less = zex_log("export", directory.path);
    CHECK(less.code == 1);
    CHECK(lines_of(less.out).size() == 22);
    CHECK(less.err.find("zex log verify") != std::string::npos);
}

TEST_CASE("zex log print has a line for each record") {
    const Directory directory;
    const Finished printed = zex_log("print", directory.path);
    CHECK(printed.code == 0);
    CHECK(printed.out.find(" relocated 1 3 ") != std::string::npos);
    CHECK(printed.out.find(" settled 1 9 72 9 21-22\n") != std::string::npos);
    CHECK(printed.out.find(" offered 1 25 40\n") != std::string::npos);
    CHECK(printed.out.find("[bound logs error 1]") != std::string::npos);
}

TEST_CASE("zex log says where there is no log") {
    const TemporaryDirectory home;
    const Finished verified = zex_log("verify", home.path);
    CHECK(verified.code == 66);
    CHECK(verified.err.find("there is no log in " + home.path) != std::string::npos);
    CHECK(zex_log("verify", home.path + "/nowhere").code == 66);
}
