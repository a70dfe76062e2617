#include <algorithm>

#include "broker/settings.h"
#include "common/wire/status_fields.h"

namespace zex {
namespace {

constexpr std::string_view section_sentences[][2] = {
    {"listen", "Where the broker listens, and to how many."},
    {"session", "When a client is taken for gone, and how long its session waits for it."},
    {"limits", "Bounds. What would go over one is refused with an error that names it."},
    {"storage", "Where what is durable is kept, and how much of it in memory."},
    {"delivery", "How much a consumer is given ahead, in batches of what size."},
    {"net", "Under the sockets."},
    {"log", "What the broker says on stderr."},
};

std::string_view section_sentence(std::string_view section) {
    const auto row = std::ranges::find_if(section_sentences,
                                          [section](const auto& r) { return r[0] == section; });
    return row == std::ranges::end(section_sentences) ? "" : (*row)[1];
}

std::string sentence(std::string_view text) {
    std::string out(text);
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out + ".";
}

/// The words in lines of at most 100 columns, each beginning with `lead`.
std::string wrapped(std::string_view lead, const std::string& text) {
    std::string out(lead);
    std::size_t column = lead.size();
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = std::min(text.find(' ', i), text.size());
        const std::size_t width = end - i;
        if (column > lead.size() && column + 1 + width > 100) {
            out += "\n" + std::string(lead);
            column = lead.size();
        }
        const bool first = column == lead.size();
        out += (first ? "" : " ") + text.substr(i, width);
        column += width + (first ? 0 : 1);
        i = end + 1;
    }
    return out + "\n";
}

/// For a table in Markdown.
std::string cell(std::string_view text) {
    std::string out;
    for (char c : text) out += c == '|' ? "\\|" : std::string(1, c);
    return out + " | ";
}

std::string code(std::string_view text) {
    return "`" + std::string(text) + "`";
}

std::string_view family(ErrorCode code) {
    switch (static_cast<unsigned>(code) / 100) {
        case 1:
            return "1xx: the bytes were wrong";
        case 2:
            return "2xx: a name was not found";
        case 3:
            return "3xx: it conflicts with what is there";
        case 4:
            return "4xx: a message was not taken";
        case 5:
            return "5xx: not permitted";
        case 6:
            return "6xx: the broker cannot now";
        default:
            return "7xx: raised by the client library, never sent";
    }
}

}  // namespace

std::string config_file_text(const Settings& settings) {
    std::string out =
        "# The settings of zexd. Every option stands here; a line that is left out means the "
        "default. A\n"
        "# flag goes before an environment variable, that before this file.\n"
        "# Check a changed file with: zexd --config FILE --check-config\n";
    std::string_view section;
    for (const Option& option : option_table()) {
        if (option.section() != section) {
            section = option.section();
            out += "\n" + wrapped("# ", std::string(section_sentence(section))) + "[" +
                   std::string(section) + "]\n";
        }
        out += "\n" + wrapped("# ", sentence(option.help) + " Expects " + option.expected() + ".") +
               std::string(option.name()) + " = " + toml_text(option.value(settings)) + "\n";
    }
    return out;
}

std::string options_help() {
    std::string out;
    std::string_view section;
    for (const Option& option : option_table()) {
        if (option.section() != section) {
            section = option.section();
            out += "\n" + std::string(section_sentence(section)) + "\n";
        }
        out += "  " + option.flag() + "\n" +
               wrapped("      ", sentence(option.help) + " Expects " + option.expected() +
                                     "; default " + toml_text(option.value({})) + ".");
    }
    return out;
}

std::string settings_doc() {
    std::string out =
        "# Settings\n\n"
        "Written by `zexd --print-settings-doc` from the table of options; change it there.\n\n"
        "Each option can be set in the file named by `--config FILE` (or `ZEXD_CONFIG`), by an\n"
        "environment variable, or by a flag. A flag goes before the variable, that before the "
        "file,\n"
        "that before the default. In a variable or flag the items of a list are separated by "
        "commas;\n"
        "a flag of a list may also be repeated. What is given replaces the default list. An empty\n"
        "variable counts as not set. [config/zexd.toml](../config/zexd.toml) has every option "
        "with\n"
        "its default.\n\n"
        "An unknown key, a wrong type or a value out of range stops the broker before it listens,\n"
        "with exit code 78, or 64 where the command line is at fault.\n";
    std::string_view section;
    for (const Option& option : option_table()) {
        if (option.section() != section) {
            section = option.section();
            out += "\n## " + std::string(section) + "\n\n" +
                   std::string(section_sentence(section)) +
                   "\n\n| key | default | expects | flag, variable | what it is |\n"
                   "| --- | --- | --- | --- | --- |\n";
        }
        out += "| " + cell(code(option.key)) + cell(code(toml_text(option.value({})))) +
               cell(option.expected()) +
               cell(code(option.flag()) + ", " + code(option.variable())) + sentence(option.help) +
               " |\n";
    }
    return out;
}

std::string counters_doc() {
    struct Group {
        wire::StatusGroup group;
        std::string_view title;
    };
    static constexpr auto groups = std::to_array<Group>({
        {wire::StatusGroup::broker, "Broker"},
        {wire::StatusGroup::messages, "Messages"},
        {wire::StatusGroup::losses, "Refused and lost"},
        {wire::StatusGroup::connections, "Connections"},
        {wire::StatusGroup::storage, "Storage"},
    });
    std::string out =
        "# Counters\n\n"
        "Written by `zexd --print-counters-doc` from the table in `common/wire/status_fields.h`;\n"
        "change it there. These are the fields of `status`, which `zex status --all` prints. A\n"
        "gauge is what is now; a counter begins at 0 when the broker starts, and only rises.\n\n"
        "    published = routed + returned + dropped_unroutable + refused\n\n"
        "and for each exchange (`zex exchanges`) published = routed + unroutable + refused.\n";
    for (const Group& group : groups) {
        out += "\n## " + std::string(group.title) +
               "\n\n| name | kind | unit | what it is |\n| --- | --- | --- | --- |\n";
        for (const wire::StatusField& field : wire::status_fields) {
            if (field.group != group.group) continue;
            const std::string_view kind = field.kind == wire::StatusKind::text    ? "text"
                                          : field.kind == wire::StatusKind::gauge ? "gauge"
                                                                                  : "counter";
            out += "| " + cell(code(field.name)) + cell(std::string(kind)) +
                   cell(std::string(field.unit)) + sentence(field.help) + " |\n";
        }
    }
    out +=
        "\n## Input that was refused\n\n"
        "One counter for each error about bytes that came in, named `bad_input_` and the\n"
        "error's name; [errors.md](errors.md) says what each means.\n";
    return out;
}

std::string errors_doc() {
    std::string out =
        "# Errors\n\n"
        "Written by `zexd --print-errors-doc` from the table in `common/include/zex/error.hpp`;\n"
        "change it there. The number and the name are the same on the wire, in the client library\n"
        "and in what the tool prints. \"Retry\" says whether the same request may succeed later,\n"
        "unchanged.\n";
    std::string_view last;
    for (const ErrorInfo& row : error_table) {
        if (family(row.code) != last) {
            last = family(row.code);
            out += "\n## " + std::string(last) +
                   "\n\n| number | name | retry | meaning |\n| --- | --- | --- | --- |\n";
        }
        out += "| " + cell(std::to_string(static_cast<unsigned>(row.code))) + cell(code(row.name)) +
               cell(row.may_retry ? "yes" : "no") + sentence(row.sentence) + " |\n";
    }
    return out;
}

}  // namespace zex
