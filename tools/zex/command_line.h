// The command line as people type it: what was meant where it was mistyped.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace zex::tool {

/// The words of the command line without the program's name, put right: nothing is `--help`,
/// `help X` is `X --help`, and `list queues` is `queues`.
std::vector<std::string> understood(const CLI::App& app, std::vector<std::string> words);

/// Why CLI11 refused them, in a sentence, with the nearest command or option. Requires words.
std::string usage_error(const CLI::App& app, const CLI::Error& wrong,
                        const std::vector<std::string>& words);

}  // namespace zex::tool
