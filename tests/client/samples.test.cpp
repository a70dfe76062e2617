// Every example in headers, README and docs, as it stands there, against a real broker.
#include "tests/client/samples.h"

#include <csignal>
#include <iostream>
#include <streambuf>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/client/live.h"

using namespace zex;
using namespace zex::test;

namespace {

std::string endpoint_of_samples;

/// An endless example ends when it has printed a line.
class EndsAtOutput : public std::streambuf {
    int overflow(int character) override {
        if (character == '\n') ::_exit(0);
        return character;
    }
};

[[noreturn]] void run_here(const Sample& sample) {
    static EndsAtOutput ends_at_output;
    if (sample.endless) std::cout.rdbuf(&ends_at_output);
    try {
        sample.run();
    } catch (const std::exception& problem) {
        std::cerr << sample.name << ": " << problem.what() << '\n';
        ::_exit(1);
    }
    std::cout.flush();
    ::_exit(sample.endless ? 2 : 0);
}

}  // namespace

zex::Options with_endpoint(zex::Options options) {
    options.endpoints = {endpoint_of_samples};
    return options;
}

TEST_CASE("every example of the documents does what it says") {
    BrokerProcess broker;
    endpoint_of_samples = broker.endpoint();
    REQUIRE(samples.size() >= 8);
    Client::connect(options_for(broker.endpoint())).value().declare_exchange("logs").or_throw();
    for (const Sample& sample : samples) {
        INFO(sample.name);
        const pid_t child = ::fork();  // while this process has no client, and so no threads of one
        if (child == 0) run_here(sample);
        // An example that only consumes is fed.
        Client feeder = Client::connect(options_for(broker.endpoint())).value();
        int status = 0;
        pid_t ended = 0;
        const auto until = std::chrono::steady_clock::now() + 3 * long_enough;
        while (ended == 0 && std::chrono::steady_clock::now() < until) {
            REQUIRE(feeder.publish("logs", "error", text("disk full")).ok());
            ended = ::waitpid(child, &status, WNOHANG);
        }
        if (ended == 0) ::kill(child, SIGKILL);
        REQUIRE(ended == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
}
