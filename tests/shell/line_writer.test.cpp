#include "broker/shell/line_writer.h"

#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace zex::shell {
namespace {

class Pipe {
  public:
    Pipe() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    int writer() const { return ends_[1]; }
    /// Reads until so many bytes have come.
    std::string read(std::size_t count) const {
        std::string text(count, '\0');
        std::size_t got = 0;
        while (got < count) {
            const ssize_t more = ::read(ends_[0], text.data() + got, count - got);
            REQUIRE(more > 0);
            got += static_cast<std::size_t>(more);
        }
        return text;
    }

  private:
    int ends_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("lines come out whole and in order, and all of them before the end") {
    const Pipe pipe;
    std::string expected;
    {
        LineWriter writer(pipe.writer());
        for (int i = 0; i < 1000; ++i) {
            const std::string line = "line " + std::to_string(i) + "\n";
            expected += line;
            CHECK(writer.write(line));
        }
        CHECK(writer.take_dropped() == 0);
    }
    CHECK(pipe.read(expected.size()) == expected);
}

TEST_CASE("a reader that stands still holds nobody up: lines are dropped and counted") {
    const Pipe pipe;
    auto writer = std::make_unique<LineWriter>(pipe.writer());
    const std::string line(1023, 'x');
    std::uint64_t refused = 0;
    const std::uint64_t all = 4 * LineWriter::bytes_max / 1024;
    for (std::uint64_t i = 0; i < all; ++i) refused += writer->write(line + "\n") ? 0 : 1;
    CHECK(refused > 0);
    CHECK(refused < all);
    CHECK(writer->take_dropped() == 0);  // no room yet for a line about them

    // What was taken comes out once somebody reads, and then there is room.
    const std::string got = pipe.read((all - refused) * 1024);
    CHECK(got.find_first_not_of("x\n") == std::string::npos);
    CHECK(writer->take_dropped() == refused);
    CHECK(writer->take_dropped() == 0);
}

TEST_CASE("the end does not wait for ever for a reader that stands still") {
    const Pipe pipe;
    auto writer = std::make_unique<LineWriter>(pipe.writer());
    for (int i = 0; i < 200; ++i) CHECK(writer->write(std::string(1023, 'x') + "\n"));
    writer.reset();
    // Its thread goes on until somebody reads, or the process ends.
    CHECK(pipe.read(200 * 1024).size() == 200 * 1024);
}

}  // namespace zex::shell
