// The options that every command has, and the connection that they describe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <zex/client.hpp>

namespace zex::tool {

struct Globals {
    std::vector<std::string> endpoints = Options{}.endpoints;
    std::optional<std::chrono::milliseconds> timeout;  ///< to connect, and of each request
    bool json_envelope = false;
};

/// --endpoint (ZEX_ENDPOINT), --timeout, --json-envelope. `globals` must outlive `app`.
void add_globals(CLI::App& app, Globals& globals);

/// An option that takes a duration (see parse_duration). `to` must outlive `app`.
CLI::Option* add_duration(CLI::App& app, const std::string& name,
                          std::optional<std::chrono::milliseconds>& to,
                          const std::string& description);

/// Refuses what is no number of digits: CLI11 takes -1 for 18446744073709551615.
CLI::Validator whole_number();

inline constexpr std::chrono::milliseconds default_timeout{1500};

/// Client options for these; `command` is what the broker's list of sessions shows.
Options client_options(const Globals& globals, std::string_view command);

}  // namespace zex::tool
