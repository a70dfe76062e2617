#include "tools/zex/output.h"

#include <csignal>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "tools/zex/lines.h"

using namespace zex::tool;

namespace {

class Pipe {
  public:
    Pipe() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
    ~Pipe() {
        close_reader();
        ::close(ends_[1]);
    }
    int reader() const { return ends_[0]; }
    int writer() const { return ends_[1]; }
    void close_reader() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }

  private:
    int ends_[2] = {-1, -1};
};

void press_ctrl_c() {
    ::kill(::getpid(), SIGINT);
}

}  // namespace

TEST_CASE("What is written arrives at the flush and not before") {
    Pipe pipe;
    ::fcntl(pipe.reader(), F_SETFL, O_NONBLOCK);
    Output out(pipe.writer());
    out.write("hello");
    char got[16];
    CHECK(::read(pipe.reader(), got, sizeof got) == -1);
    REQUIRE(out.flush());
    REQUIRE(::read(pipe.reader(), got, sizeof got) == 5);
    CHECK(std::string(got, 5) == "hello");
    CHECK(out.finish("test") == Exit::ok);
}

TEST_CASE("A reader that has gone stops the output and is no error") {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    pipe.close_reader();
    Output out(pipe.writer());
    out.write("hello");
    CHECK_FALSE(out.flush());
    CHECK(out.finish("test") == Exit::ok);
}

TEST_CASE("A full disk is an error of its own") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    Output out(full);
    out.write("hello");
    CHECK_FALSE(out.flush());
    CHECK(out.finish("test") == Exit::io_error);
    ::close(full);
}

TEST_CASE("Ctrl-C ends a write that is blocked") {
    Pipe pipe;
    const Interrupt interrupt;
    CHECK_FALSE(interrupt.arrived());
    press_ctrl_c();
    Output out(pipe.writer(), &interrupt);
    out.write(std::string(4 * 1024 * 1024, 'x'));
    CHECK_FALSE(out.flush());
    CHECK(interrupt.arrived());
    CHECK(out.finish("test") == Exit::ok);
}

TEST_CASE("Ctrl-C ends the input, and half a line is no line") {
    Pipe pipe;
    REQUIRE(::write(pipe.writer(), "one\ntw", 6) == 6);
    const Interrupt interrupt;
    REQUIRE(::dup2(pipe.reader(), STDIN_FILENO) == STDIN_FILENO);
    const auto input = Input::open("-");
    REQUIRE(input.ok());
    Lines lines(*input, &interrupt);
    const auto first = lines.next();
    REQUIRE(first.ok());
    REQUIRE(*first);
    CHECK(**first == "one");
    press_ctrl_c();
    const auto rest = lines.next();
    REQUIRE(rest.ok());
    CHECK_FALSE(*rest);
}
