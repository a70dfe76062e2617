#include "broker/shell/log.h"

#include <array>
#include <mutex>
#include <utility>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "broker/shell/line_writer.h"
#include "common/base/text.h"

namespace zex::shell {
namespace {

constexpr std::size_t longest_value = 1024;

spdlog::level::level_enum spdlog_level(Log::Level level) {
    switch (level) {
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

/// The word is that of the setting log.level.
std::string with_level(Log::Form form, Log::Level level, const std::string& line) {
    constexpr std::array<std::string_view, 4> words = {"debug", "info", "warn", "error"};
    const std::string word(words[static_cast<std::size_t>(level)]);
    if (form == Log::Form::json) return R"("level":")" + word + "\"," + line;
    return word + std::string(6 - word.size(), ' ') + line;
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

/// What spdlog formats goes to a LineWriter.
class WriterSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit WriterSink(LineWriter& writer) : writer_(writer) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        writer_.write(std::string(line.data(), line.size()));
    }
    void flush_() override {}

    LineWriter& writer_;
};

}  // namespace

struct Log::Sink {
    explicit Sink(Form form_)
        : form(form_),
          writer(STDERR_FILENO),
          logger("zexd", std::make_shared<WriterSink>(writer)) {}

    Form form;
    LineWriter writer;  // outlives the logger
    spdlog::logger logger;
};

Log::Log(Level least, Form form) : sink_(std::make_shared<Sink>(form)) {
    sink_->logger.set_level(spdlog_level(least));
    sink_->logger.set_pattern(form == Form::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z",%v})"
                                                 : "%Y-%m-%d %H:%M:%S.%e %v");
}

void Log::set_level(Level least) {
    if (sink_ != nullptr) sink_->logger.set_level(spdlog_level(least));
}

Log::Level Log::level_named(std::string_view name) {
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
    const auto log = [this](Level how, const std::string& event_text) {
        const std::string text = with_level(sink_->form, how, event_text);
        sink_->logger.log(spdlog_level(how), spdlog::string_view_t(text.data(), text.size()));
    };
    if (const std::uint64_t dropped = sink_->writer.take_dropped(); dropped > 0) {
        log(Level::warn, line(sink_->form, "lines of this log were dropped: nobody read them",
                              {{"lines", dropped}}));
    }
    log(level, line(sink_->form, event, fields));
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
