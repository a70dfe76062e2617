#include "broker/shell/log.h"

#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/base/text.h"

namespace zex::shell {
namespace {

constexpr std::size_t longest_value = 1024;

spdlog::level::level_enum spdlog_level(Log::Level level) {
    switch (level) {
        case Log::Level::trace:
            return spdlog::level::trace;
        case Log::Level::debug:
            return spdlog::level::debug;
        case Log::Level::info:
            return spdlog::level::info;
        case Log::Level::warn:
            return spdlog::level::warn;
        case Log::Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : escaped(text, longest_value)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

bool needs_quotes(std::string_view text) {
    return text.empty() || text.find_first_of(" \"=\\") != std::string_view::npos;
}

std::string value_text(Log::Form form, const std::variant<std::string_view, std::uint64_t>& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
    const std::string_view text = std::get<std::string_view>(value);
    const bool plain = form == Log::Form::text && !needs_quotes(text);
    return plain ? escaped(text, longest_value) : quoted(text);
}

}  // namespace

struct Log::Sink {
    Form form;
    spdlog::logger logger;
};

Log::Log(Level least, Form form) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink_ = std::make_shared<Sink>(Sink{form, spdlog::logger("zexd", std::move(sink))});
    sink_->logger.set_level(spdlog_level(least));
    sink_->logger.set_pattern(form == Form::json
                                  ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})"
                                  : "%Y-%m-%d %H:%M:%S.%e %-7l %v");
}

Log::Level Log::level_named(std::string_view name) {
    if (name == "trace") return Level::trace;
    if (name == "debug") return Level::debug;
    if (name == "warn") return Level::warn;
    if (name == "error") return Level::error;
    return Level::info;
}

bool Log::writes(Level level) const {
    return sink_ != nullptr && sink_->logger.should_log(spdlog_level(level));
}

void Log::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!writes(level)) return;
    const std::string text = line(sink_->form, event, fields);
    sink_->logger.log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
}

std::string Log::line(Form form, std::string_view event, std::initializer_list<Field> fields) {
    if (form == Form::text) {
        std::string text = escaped(event, longest_value);
        for (const Field& field : fields) {
            text += ' ';
            text += field.name;
            text += '=';
            text += value_text(form, field.value);
        }
        return text;
    }
    std::string text = R"("event":)" + quoted(event);
    for (const Field& field : fields) {
        text += ',';
        text += quoted(field.name);
        text += ':';
        text += value_text(form, field.value);
    }
    return text;
}

}  // namespace zex::shell
