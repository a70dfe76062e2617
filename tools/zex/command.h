// The commands. Each add_… puts a group of subcommands into the command line; the one that is
// chosen there leaves its action in `action`.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "tools/zex/exit_codes.h"
#include "tools/zex/options.h"

namespace zex::tool {

using Action = std::function<Exit(const Globals&)>;

/// Global options and every command. `globals` and `action` must outlive `app`.
void add_commands(CLI::App& app, Globals& globals, Action& action);

// The groups.
void add_looking(CLI::App& app, Action& action);  ///< ping, peek, explain
void add_status(CLI::App& app, Action& action);
void add_queue_detail(CLI::App& app, Action& action);  ///< queue NAME
void add_listing(CLI::App& app, Action& action);       ///< queues, exchanges, bindings, …
void add_managing(CLI::App& app, Action& action);      ///< declare, delete, bind, unbind, purge
void add_backup(CLI::App& app, Action& action);
void add_publishing(CLI::App& app, Action& action);  ///< pub
void add_moving(CLI::App& app, Action& action);      ///< move
void add_consuming(CLI::App& app, Action& action);   ///< sub
void add_log(CLI::App& app, Action& action);         ///< log print, verify, export

}  // namespace zex::tool
