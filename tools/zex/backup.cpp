// zex backup.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/output.h"
#include "tools/zex/printable.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

/// It copies up to one segment of the log, and waits for the disk.
constexpr std::chrono::minutes default_backup_timeout{10};

Exit back_up(const std::string& name, const Globals& globals) {
    auto client = connect(globals, "backup");
    if (!client) return fail("backup", client.error());
    const std::string where = "backups/" + printable(name) + " in the broker's data directory";
    if (is_terminal(STDERR_FILENO)) {
        std::fprintf(stderr, "copying all that is stored into %s; Ctrl-C does not stop that\n",
                     where.c_str());
    }
    const Status done = client->backup(name, globals.timeout.value_or(default_backup_timeout));
    if (!done) return fail("backup", done.error());
    Output out(STDOUT_FILENO);
    out.write("backup " + where + "; start zexd --data-dir on a copy of it to restore it\n");
    return out.finish("backup");
}

}  // namespace

void add_backup(CLI::App& app, Action& action) {
    CLI::App& command = *app.add_subcommand(
        "backup", "Have the running broker copy all that it has stored, into a new directory");
    auto name = std::make_shared<std::string>();
    command.add_option("NAME", *name, "Of the new directory in backups/ of the data directory")
        ->required();
    command.footer("Examples:\n  zex backup friday\n  zex backup \"$(date +%F)\" --timeout 1h");
    command.callback([&action, name] {
        action = [=](const Globals& globals) { return back_up(*name, globals); };
    });
}

}  // namespace zex::tool
