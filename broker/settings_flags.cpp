#include <algorithm>
#include <fstream>
#include <utility>
#include <variant>

#include <CLI/CLI.hpp>

#include "broker/settings.h"
#include "common/base/text.h"

namespace zex {
namespace {

constexpr std::size_t config_file_bytes_max = 1 << 20;

constexpr std::string_view help_head =
    "zexd, the zex message broker\n"
    "\n"
    "Usage: zexd [OPTION...]\n"
    "\n"
    "Examples:\n"
    "  zexd                                       listen on this machine, port 5695\n"
    "  zexd --listen tcp://127.0.0.1:0            on a free port, which the log names\n"
    "  zexd --config zexd.toml --log-format json  with a file, logging JSON\n"
    "  zexd --config zexd.toml --check-config     is the file good?\n"
    "  ZEXD_LOG_LEVEL=debug zexd                  an option by its environment variable\n"
    "  zexd --print-config > zexd.toml            a file to begin with\n"
    "\n"
    "  --config FILE         read the settings in FILE (or ZEXD_CONFIG)\n"
    "  --check-config        check the settings and leave\n"
    "  --print-config        print the settings as a file and leave\n"
    "  --print-settings-doc  print docs/settings.md and leave\n"
    "  --print-errors-doc    print docs/errors.md and leave\n"
    "  --print-counters-doc  print docs/counters.md and leave\n"
    "  --version             print the version and leave\n"
    "  -h, --help            print this page and leave\n"
    "\n"
    "Every option below can also be set in the file, or by a variable: --limits-queues-max is\n"
    "queues_max under [limits], and ZEXD_LIMITS_QUEUES_MAX. A flag goes before the variable, that\n"
    "before the file, that before the default. Exit codes: 0; 64 a bad command line; 78 a bad "
    "file\n"
    "or environment.\n";

/// What stood on the command line, as text.
struct Flags {
    std::vector<std::vector<std::string>> of_option;  // as option_table(); empty: not given
    std::string config;
    bool check_config = false, version = false, help = false;
    bool print_config = false, print_settings_doc = false, print_errors_doc = false;
    bool print_counters_doc = false;
};

bool is_switch(const Option& option) {
    return std::holds_alternative<bool>(option.value({}));
}

bool is_list(const Option& option) {
    return std::holds_alternative<std::vector<std::string>>(option.value({}));
}

void declare_option(CLI::App& app, const Option& option, std::vector<std::string>& given) {
    if (is_switch(option)) {
        app.add_flag(option.flag() + "{true}", given);  // stands alone, or with "=false"
    } else {
        app.add_option(option.flag(), given)->allow_extra_args(false)->type_name("value");
    }
}

void declare(CLI::App& app, Flags& flags) {
    flags.of_option.resize(option_table().size());
    app.set_help_flag();
    app.add_option("--config", flags.config)->type_name("FILE");
    app.add_flag("--check-config", flags.check_config);
    app.add_flag("--print-config", flags.print_config);
    app.add_flag("--print-settings-doc", flags.print_settings_doc);
    app.add_flag("--print-errors-doc", flags.print_errors_doc);
    app.add_flag("--print-counters-doc", flags.print_counters_doc);
    app.add_flag("--version", flags.version);
    app.add_flag("-h,--help", flags.help);
    for (std::size_t i = 0; i < option_table().size(); ++i) {
        declare_option(app, option_table()[i], flags.of_option[i]);
    }
    app.allow_extras();
}

Error mistake(std::string reason, std::string_view field) {
    return error(ErrorCode::bad_argument, std::move(reason), std::string(field));
}

Error unknown_argument(const CLI::App& app, const std::string& argument) {
    if (!argument.starts_with("-")) {
        return mistake("unexpected argument '" + escaped(argument) + "'; see zexd --help", "--");
    }
    const std::string flag = argument.substr(0, argument.find('='));
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options()) known.push_back(option->get_name());
    const auto near = nearest(flag, known);
    return mistake("unknown option " + escaped(flag) +
                       (near ? "; did you mean " + std::string(*near) + "?" : "; see zexd --help"),
                   "--");
}

Result<Flags> parse_flags(CLI::App& app, int argc, const char* const* argv) {
    Flags flags;
    declare(app, flags);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
        return mistake(std::string(failure.what()) + "; see zexd --help", "--");
    }
    const auto unknown = app.remaining();
    if (!unknown.empty()) return unknown_argument(app, unknown.front());
    return flags;
}

void read_file(const std::string& path, Settings& settings, Mistakes& mistakes) {
    std::ifstream file(path, std::ios::binary);
    std::string text(config_file_bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) {
        mistakes.push_back(mistake(path + ": cannot be read", "config"));
        return;
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > config_file_bytes_max) {
        mistakes.push_back(
            mistake(path + ": is larger than 1 MiB; this is no settings file", "config"));
        return;
    }
    read_settings_toml(text, path, settings, mistakes);
}

void apply_environment(const Environment& getenv, Settings& settings, Mistakes& mistakes) {
    for (const Option& option : option_table()) {
        const std::string variable = option.variable();
        const char* text = getenv(variable.c_str());
        if (text == nullptr || *text == '\0') continue;
        const Status assigned = assign_text(option, text, variable, settings);
        if (!assigned) mistakes.push_back(mistake(assigned.error().reason, variable));
    }
}

void apply_flags(const Flags& flags, Settings& settings, Mistakes& mistakes) {
    for (std::size_t i = 0; i < flags.of_option.size(); ++i) {
        const auto& given = flags.of_option[i];
        if (given.empty()) continue;
        const Option& option = option_table()[i];
        // A list's flag may be repeated; of any other the last one counts.
        const bool list = is_list(option);
        std::string text = list ? given.front() : given.back();
        for (std::size_t k = 1; list && k < given.size(); ++k) text += "," + given[k];
        const Status assigned = assign_text(option, text, option.flag(), settings);
        if (!assigned) mistakes.push_back(mistake(assigned.error().reason, option.flag()));
    }
}

Settings merge(const Flags& flags, const Environment& getenv, Mistakes& mistakes) {
    Settings settings;
    const char* variable = getenv("ZEXD_CONFIG");
    const std::string path = !flags.config.empty() ? flags.config : variable ? variable : "";
    if (!path.empty()) read_file(path, settings, mistakes);
    apply_environment(getenv, settings, mistakes);
    apply_flags(flags, settings, mistakes);

    Mistakes conflicts;
    check_settings(settings, conflicts);
    for (Error& conflict : conflicts) {
        for (std::size_t i = 0; i < flags.of_option.size(); ++i) {
            const Option& option = option_table()[i];
            if (option.key == conflict.field && !flags.of_option[i].empty()) {
                conflict.field = option.flag();
            }
        }
        mistakes.push_back(std::move(conflict));
    }
    return settings;
}

}  // namespace

std::variant<Invocation, Mistakes> read_all_settings(int argc, const char* const* argv,
                                                     const Environment& getenv) {
    using Show = Invocation::Show;
    CLI::App app{"zexd, the zex message broker", "zexd"};
    const auto flags = parse_flags(app, argc, argv);
    if (!flags) return Mistakes{flags.error()};

    Invocation out;
    const auto show = [&out](Show what, std::string text) {
        out.show = what;
        out.text = std::move(text);
        return out;
    };
    if (flags->help) return show(Show::help, std::string(help_head) + options_help());
    if (flags->version) return show(Show::version, "zexd " ZEX_VERSION "\n");
    if (flags->print_settings_doc) return show(Show::settings_doc, settings_doc());
    if (flags->print_errors_doc) return show(Show::errors_doc, errors_doc());
    if (flags->print_counters_doc) return show(Show::counters_doc, counters_doc());

    Mistakes mistakes;
    out.settings = merge(*flags, getenv, mistakes);
    if (!mistakes.empty()) return mistakes;
    out.check_config = flags->check_config;
    if (flags->print_config) return show(Show::config, config_file_text(out.settings));
    return out;
}

Result<Invocation> read_settings(int argc, const char* const* argv, const Environment& getenv) {
    auto read = read_all_settings(argc, argv, getenv);
    if (auto* mistakes = std::get_if<Mistakes>(&read)) return mistakes->front();
    return std::get<Invocation>(std::move(read));
}

int exit_code(const Error& settings_error) {
    return settings_error.field.starts_with("--") ? 64 : 78;
}

Mistakes unknown_variables(const char* const* environment) {
    std::vector<std::string> known = {"ZEXD_CONFIG"};
    for (const Option& option : option_table()) known.push_back(option.variable());
    Mistakes out;
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry = *environment;
        const std::string_view name = entry.substr(0, entry.find('='));
        if (!name.starts_with("ZEXD_") || std::ranges::find(known, name) != known.end()) continue;
        const auto near = nearest(name, known);
        out.push_back(mistake("the environment variable " + escaped(name) +
                                  " is no option of zexd" +
                                  (near ? "; did you mean " + std::string(*near) + "?" : ""),
                              name));
    }
    return out;
}

}  // namespace zex
