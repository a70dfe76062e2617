#include "tools/zex/command.h"

namespace zex::tool {

void add_commands(CLI::App& app, Globals& globals, Action& action) {
    app.require_subcommand(1);
    app.fallthrough();  // inherited by the commands, so that global options may stand behind them
    add_globals(app, globals);
    add_looking(app, action);
    add_status(app, action);
    add_listing(app, action);
    add_queue_detail(app, action);
    add_managing(app, action);
    add_backup(app, action);
    add_publishing(app, action);
    add_moving(app, action);
    add_consuming(app, action);
    add_log(app, action);
}

}  // namespace zex::tool
