// Everything about a broker that an operator may choose. The struct holds the values, with their
// defaults and units in the names; option_table() has one row for each field, and from the row
// come the TOML key, the flag, the environment variable, --help, config/zexd.toml and
// docs/settings.md. To add an option, add a field here and a row in settings.cpp.
//
// Invariants: a value from a flag goes before the environment, that before the file, that before
// the default. A Settings that came out of a function here has passed check_settings().
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <zex/result.hpp>

namespace zex {

struct Settings {
    struct Listen {
        std::vector<std::string> endpoints = {"tcp://127.0.0.1:5695", "ipc:///tmp/zexd.sock"};
        bool allow_insecure_bind = false;
        bool allow_abstract_ipc = false;
        std::uint64_t connections_max = 1000;
        std::uint64_t connections_per_address_max = 100;  // 0: no bound
        std::uint64_t connections_per_address_rate = 20;  // in a second; 0: no bound
    } listen;

    struct Session {
        std::uint64_t hello_timeout_ms = 5'000;
        std::uint64_t heartbeat_ms = 5'000;
        std::uint64_t heartbeat_min_ms = 100;
        std::uint64_t heartbeat_timeout_ms = 15'000;
        std::uint64_t grace_ms = 30'000;
        std::uint64_t grace_max_ms = 3'600'000;
    } session;

    struct Limits {
        std::uint64_t message_bytes_max = 1 << 20;
        std::uint64_t batch_messages_max = 65'536;
        std::uint64_t sessions_max = 10'000;
        std::uint64_t exchanges_max = 10'000;
        std::uint64_t queues_max = 100'000;
        std::uint64_t bindings_max = 1'000'000;
        std::uint64_t consumers_per_session_max = 1'000;
        std::uint64_t queue_messages_max = 10'000'000;
        std::uint64_t queue_bytes_max = 1 << 30;
        std::uint64_t memory_bytes_max = 0;  // 0: see broker/memory_limit.h
        std::uint64_t unread_bytes_max = 64 << 20;
        std::uint64_t answer_bytes_max = 8 << 20;
        std::uint64_t output_bytes_max = 256 << 20;
    } limits;

    struct Storage {
        std::string data_dir;  // empty: nothing is durable
        std::uint64_t segment_bytes = 64 << 20;
        std::uint64_t free_bytes_min = 256 << 20;
        std::uint64_t memory_bytes = 128 << 20;
        std::uint64_t queue_messages_max = 1'000'000'000;
        std::uint64_t queue_bytes_max = 1ull << 40;
    } storage;

    struct Delivery {
        std::uint64_t credit = 100;
        std::uint64_t credit_bytes = 8 << 20;
        std::uint64_t credit_max = 1'000'000;
        std::uint64_t frame_bytes = 256 << 10;
    } delivery;

    struct Net {
        std::string transport = "native";  // native or libzmq
        std::uint64_t output_bytes = 1 << 20;
        std::uint64_t io_threads = 1;
        std::uint64_t receive_queue_messages = 64;  // ZMQ_RCVHWM
        std::uint64_t send_queue_messages = 256;    // ZMQ_SNDHWM
        std::uint64_t backlog = 1'024;
        std::uint64_t busy_poll_us = 0;
    } net;

    struct Log {
        std::string level = "info";   // debug, info, warn or error
        std::string format = "text";  // text or json
    } log;
};

/// The value of one option, and a place in a Settings that holds one.
using OptionValue = std::variant<bool, std::uint64_t, std::string, std::vector<std::string>>;
using OptionField = std::variant<bool*, std::uint64_t*, std::string*, std::vector<std::string>*>;

/// One row of the table.
struct Option {
    std::string_view key;  ///< "section.name", as in the TOML file
    OptionField (*field)(Settings&);
    std::string_view help;                  ///< one sentence, without a full stop
    std::string_view unit;                  ///< what a number counts; empty for other types
    std::uint64_t min = 0, max = 0;         ///< bounds of a number, or of a list's length
    std::vector<std::string_view> choices;  ///< the words that a string may be
    std::string_view short_flag;            ///< instead of the one made from the key

    std::string_view section() const { return key.substr(0, key.find('.')); }
    std::string_view name() const { return key.substr(key.find('.') + 1); }
    std::string flag() const;      ///< "--section-name", or the short one
    std::string variable() const;  ///< "ZEXD_SECTION_NAME"
    std::string expected() const;  ///< "a whole number of messages from 1 to 10"
    OptionValue value(const Settings&) const;
};

/// Rows in the order of the struct: a section's rows stand together.
std::span<const Option> option_table();

/// Sets the option's field, or says what was expected. `origin` is where the value came from
/// ("zexd.toml:3:1: limits.queues_max"); it opens the reason. The error's field is the key.
Status assign(const Option&, const OptionValue&, std::string_view origin, Settings&);

/// The same from the text of a flag or variable; a list's items are separated by commas.
Status assign_text(const Option&, std::string_view text, std::string_view origin, Settings&);

/// The value as TOML: `true`, `5`, `"text"`, `["a", "b"]`.
std::string toml_text(const OptionValue&);

/// Are the endpoints usable, and private to this machine unless allowed otherwise, and do values
/// agree that bound each other? Appends an error for each mistake, whose field is the key.
void check_settings(const Settings&, std::vector<Error>& mistakes);

/// The first of these mistakes.
Status check_settings(const Settings&);

/// Lays the settings of a TOML document over `settings`, and appends an error for each mistake.
/// `file_name` is for their reasons, which name line and column. Does not check_settings(): flags
/// may still come over it.
void read_settings_toml(std::string_view text, std::string_view file_name, Settings& settings,
                        std::vector<Error>& mistakes);

/// The settings of a TOML document laid over `base`, or the first mistake.
Result<Settings> parse_settings_toml(std::string_view text, std::string_view file_name,
                                     Settings base);

/// What a command line asks for. Where `show` is not `nothing`, print `text` and leave with 0.
struct Invocation {
    enum class Show { nothing, config, settings_doc, errors_doc, counters_doc, version, help };

    Settings settings;
    bool check_config = false;  ///< leave with 0: the settings are good
    Show show = Show::nothing;
    std::string text;
};

/// Looks a variable of the environment up; null where it is not set.
using Environment = std::function<const char*(const char*)>;

/// Not empty. The reason of each is a sentence for stderr; its field is the flag, the variable or
/// the key at fault. See exit_code().
using Mistakes = std::vector<Error>;

/// Flags over environment over file over defaults, checked; or every mistake.
std::variant<Invocation, Mistakes> read_all_settings(int argc, const char* const* argv,
                                                     const Environment& getenv);

/// The same, with the first mistake only.
Result<Invocation> read_settings(int argc, const char* const* argv, const Environment& getenv);

/// sysexits: 64 (EX_USAGE) where the command line is at fault, 78 (EX_CONFIG) where the file or
/// the environment is.
int exit_code(const Error& settings_error);

/// A mistake for each ZEXD_ variable in `environment` (as `environ`: "NAME=value", null at the end)
/// that is no option.
Mistakes unknown_variables(const char* const* environment);

/// config/zexd.toml: every option with its help and value.
std::string config_file_text(const Settings& settings = {});
/// The options for --help, one section after the other.
std::string options_help();
/// docs/settings.md, from option_table().
std::string settings_doc();
/// docs/counters.md, from the table in common/wire/status_fields.h.
std::string counters_doc();
/// docs/errors.md, from the table in <zex/error.hpp>.
std::string errors_doc();

}  // namespace zex
