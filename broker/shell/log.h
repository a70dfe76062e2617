// Lines for people and for machines, on stderr: one event with named values. In text
// "… info session opened session=s-1 peer=…", in JSON one object a line. Values may come from
// peers; they are escaped here. They are written by a thread of their own (LineWriter): a reader
// that stands still makes lines be dropped, which a later line tells, and holds nobody up.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace zex::shell {

class Log {
  public:
    enum class Level : std::uint8_t { debug, info, warn, error };
    enum class Form : std::uint8_t { text, json };

    Log() = default;  ///< writes nothing
    Log(Level least, Form form);

    /// From now on, for all copies of this log.
    void set_level(Level least);

    /// "debug" to "error"; anything else is info.
    static Level level_named(std::string_view name);

    struct Field {
        std::string_view name;
        std::variant<std::string_view, std::uint64_t> value;
    };
    void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
    bool writes(Level level) const;

    /// The line without time and level.
    static std::string line(Form form, std::string_view event, std::initializer_list<Field> fields);

  private:
    struct Sink;
    std::shared_ptr<Sink> sink_;
};

}  // namespace zex::shell
