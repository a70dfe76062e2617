#include "tools/zex/options.h"

#include "tools/zex/duration.h"

namespace zex::tool {
void add_globals(CLI::App& app, Globals& globals) {
    app.add_option("--endpoint", globals.endpoints,
                   "Where the broker listens; several, with commas or repeated, are tried in turn")
        ->envname("ZEX_ENDPOINT")
        ->type_name("ENDPOINT")
        ->delimiter(',')
        ->take_all()
        ->allow_extra_args(false)
        ->default_str(globals.endpoints.front());
    add_duration(app, "--timeout", globals.timeout, "To connect, and for each answer")
        ->default_str("1500ms");
    app.add_flag("--json-envelope", globals.json_envelope,
                 "Speak JSON with the broker instead of MessagePack");
}

CLI::Option* add_duration(CLI::App& app, const std::string& name,
                          std::optional<std::chrono::milliseconds>& to,
                          const std::string& description) {
    const auto take = [&to, name](const std::string& text) {
        const auto parsed = parse_duration(text);
        if (!parsed) throw CLI::ValidationError(name, parsed.error().reason);
        to = *parsed;
    };
    return app.add_option_function<std::string>(name, take, description)->type_name("DURATION");
}

CLI::Validator whole_number() {
    return {[](const std::string& text) -> std::string {
                const bool digits = !text.empty() && text.size() < 20 &&
                                    text.find_first_not_of("0123456789") == std::string::npos;
                return digits ? "" : "'" + text + "' is not a whole number";
            },
            "NUMBER"};
}

Options client_options(const Globals& globals, std::string_view command) {
    Options options;
    options.endpoints = globals.endpoints;
    options.name = "zex " + std::string(command);
    options.envelope = globals.json_envelope ? Envelope::json : Envelope::msgpack;
    options.timeout = globals.timeout.value_or(default_timeout);
    return options;
}

}  // namespace zex::tool
