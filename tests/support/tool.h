// The tool `zex` against a broker of its own.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/broker_process.h"

namespace zex::test {

struct Tool {
    explicit Tool(std::vector<std::string> broker_arguments = {})
        : broker(std::move(broker_arguments)) {}

    BrokerProcess broker;
    Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};

    Finished operator()(std::vector<std::string> arguments, std::string input = {}) {
        arguments.insert(arguments.begin(), built("zex"));
        return run(std::move(arguments), std::move(input), at);
    }
    /// Runs a line of shell, in which `zex` is the tool.
    Finished shell(const std::string& line) {
        return run({"/bin/bash", "-c",
                    "set -o pipefail; zex() { '" + built("zex") + "' \"$@\"; }; " + line},
                   "", at);
    }
    nlohmann::json rows(const std::string& what) {
        const Finished listed = (*this)({what, "-o", "json"});
        REQUIRE(listed.code == 0);
        return nlohmann::json::parse(listed.out);
    }
    nlohmann::json row(const std::string& what, const std::string& name) {
        for (const nlohmann::json& row : rows(what)) {
            if (row.at("name") == name) return row;
        }
        return {};
    }
    /// Looks until the queue's field has the value; false at the deadline.
    bool shows(const std::string& queue, const std::string& field, const nlohmann::json& value) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < deadline) {
            if (row("queues", queue).value(field, nlohmann::json()) == value) return true;
        }
        return false;
    }
};

}  // namespace zex::test
