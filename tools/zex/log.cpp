// zex log print, verify, export: reads the data directory of a broker without the broker. Takes no
// lock and writes nothing; beside a running broker it sees what that has written so far.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "broker/facts/stored_message.h"
#include "broker/facts/topology_change.h"
#include "broker/log/batch.h"
#include "broker/store/log_reader.h"
#include "broker/store/posix_disk.h"
#include "broker/store/record_reader.h"
#include "broker/store/recovery.h"
#include "common/wire/base64.h"
#include "tools/zex/command.h"
#include "tools/zex/output.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

using nlohmann::json;

constexpr std::size_t flush_bytes = 64 << 10;
constexpr std::size_t read_at_once = 1000;
constexpr Exit damaged{1};

std::string text_of(log::Place place) {
    return std::to_string(place.segment) + ":" + std::to_string(place.offset);
}

std::string text_of(facts::SequenceRange range) {
    const std::string first = std::to_string(range.first);
    return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

std::string name_of(facts::Kind kind) {
    constexpr std::string_view names[] = {"",        "enqueued", "relocated", "settled",
                                          "offered", "topology", "progress",  "batch"};
    const auto number = static_cast<std::size_t>(kind);
    if (number > 0 && number < std::size(names)) return std::string(names[number]);
    return "unknown-" + std::to_string(number);
}

std::string text_of(const facts::TopologyChange& change) {
    const auto say = [](const auto& what) -> std::string {
        using Change = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<Change, facts::ExchangeDeclared>) {
            return "exchange-declared " + printable(what.name);
        } else if constexpr (std::is_same_v<Change, facts::ExchangeRemoved>) {
            return "exchange-removed " + printable(what.name);
        } else if constexpr (std::is_same_v<Change, facts::QueueDeclared>) {
            return "queue-declared " + std::to_string(what.queue) + " " + printable(what.name) +
                   " next " + std::to_string(what.next_sequence);
        } else if constexpr (std::is_same_v<Change, facts::QueueRemoved>) {
            return "queue-removed " + std::to_string(what.queue);
        } else {
            const bool bound = std::is_same_v<Change, facts::Bound>;
            return (bound ? "bound " : "unbound ") + printable(what.exchange) + " " +
                   printable(what.key) + " " + std::to_string(what.queue);
        }
    };
    return std::visit(say, change);
}

/// One line a record: place, kind, queue, sequence, bytes, and what its body says.
class RecordPrinter final : public store::LogVisitor {
  public:
    explicit RecordPrinter(Output& out) : out_(out) {}

    bool record(log::Place place, const facts::Header& header, std::string_view body) override {
        std::string line = text_of(place) + " " + name_of(header.kind) + " " +
                           std::to_string(header.queue) + " " + std::to_string(header.sequence) +
                           " " + std::to_string(header.size);
        if (!append_body(line, header, body)) return false;
        out_.write(line + "\n");
        if (out_.buffer().size() >= flush_bytes) out_.flush();
        return true;
    }
    void damage(const log::Damage& damage) override {
        is_damaged = true;
        out_.write("damage " + printable(damage.text()) + "\n");
    }
    void cut(const log::Cut& cut) override {
        out_.write("torn " + text_of(cut.begin) + " " + std::to_string(cut.bytes) +
                   " bytes that were never confirmed\n");
    }
    bool is_damaged = false;

  private:
    static bool append_body(std::string& line, const facts::Header& header, std::string_view body) {
        switch (header.kind) {
            case facts::Kind::enqueued:
            case facts::Kind::relocated:
                return append_message(line, header, body);
            case facts::Kind::settled: {
                const auto ranges = facts::read_ranges(body);
                if (!ranges) return false;
                for (const facts::SequenceRange& range : *ranges) line += " " + text_of(range);
                return true;
            }
            case facts::Kind::topology:
                return append_changes(line, body);
            case facts::Kind::progress: {
                const auto progress = facts::read_progress(body);
                if (!progress) return false;
                line += " next " + std::to_string(progress->next_sequence) + " offered " +
                        std::to_string(progress->offered);
                return true;
            }
            case facts::Kind::batch: {
                const auto synced = log::read_synced(body);
                if (synced) line += " synced " + text_of(*synced);
                return synced.has_value();
            }
            case facts::Kind::offered:
                return true;
        }
        return true;  // of a newer program
    }

    static bool append_message(std::string& line, const facts::Header& header,
                               std::string_view body) {
        const auto message = facts::read_message(header.flags, body);
        if (!message) return false;
        line += " payload " + std::to_string(message->payload.size()) + " exchange '" +
                printable(message->exchange) + "' key '" + printable(message->key) + "'";
        if (message->enqueued_ms != 0) line += " at " + std::to_string(message->enqueued_ms);
        if ((header.flags & facts::flag_offered) != 0) line += " offered";
        return true;
    }

    static bool append_changes(std::string& line, std::string_view body) {
        const auto changes = facts::read_raw_changes(body);
        if (!changes) return false;
        for (const facts::RawChange& raw : *changes) {
            const auto change = facts::read_known(raw);
            line += change ? " [" + text_of(*change) + "]"
                           : " [unknown-" + std::to_string(raw.number) + "]";
        }
        return true;
    }
    Output& out_;
};

Exit no_log(const std::string& directory) {
    return fail("log", "there is no log in " + directory, Exit::no_input);
}

Exit print(const std::string& directory) {
    store::PosixDisk disk;
    auto log = store::inspect(disk, directory);
    if (!log) return fail("log", log.error());
    if (log->segments.empty()) return no_log(directory);
    Output out(STDOUT_FILENO);
    RecordPrinter printer(out);
    const auto read = store::read_log(disk, directory, *log, printer, {});
    const Exit finished = out.finish("log");
    if (!read) return fail("log", read.error());
    return finished != Exit::ok ? finished : printer.is_damaged ? damaged : Exit::ok;
}

Exit verify(const std::string& directory) {
    store::PosixDisk disk;
    auto recovery = store::recover_log(disk, directory, {});
    if (!recovery) return fail("log", recovery.error());
    const log::Recovered& found = recovery->found;
    if (recovery->log.segments.empty()) return no_log(directory);
    Output out(STDOUT_FILENO);
    std::uint64_t live = 0;
    for (const log::Damage& damage : found.damage) {
        out.write("damage " + printable(damage.text()) + "\n");
    }
    for (const log::RecoveredQueue& queue : found.queues) {
        live += queue.live;
        const std::string name = "queue '" + printable(queue.declared.name) + "'";
        if (queue.declaration_lost) out.write(name + ": its declaration is lost\n");
        for (const facts::SequenceRange& range : queue.missing) {
            out.write(name + ": lost messages with sequence " + text_of(range) + "\n");
        }
    }
    if (found.cut) {
        out.write("torn " + text_of(found.cut->begin) + ": " + std::to_string(found.cut->bytes) +
                  " bytes that were never confirmed\n");
    }
    if (found.unknown > 0) {
        out.write(std::to_string(found.unknown) +
                  " records and changes of a newer program, kept as they are\n");
    }
    out.write(std::string(found.damaged() ? "damaged" : "good") + ": " +
              std::to_string(found.records) + " records, " + std::to_string(found.queues.size()) +
              " queues, " + std::to_string(live) + " messages\n");
    const Exit finished = out.finish("log");
    return finished != Exit::ok ? finished : found.damaged() ? damaged : Exit::ok;
}

/// Properties of a message as JSON; those of its batch and its own are one map to its reader.
json properties_of(const facts::StoredMessage& message) {
    json all = json::object();
    for (const std::string_view part : {message.common, message.own}) {
        const json some = json::from_msgpack(part, true, false);
        if (some.is_object()) all.update(some);
    }
    return all;
}

json row_of(const log::RecoveredQueue& queue, const log::StoredRecord& record) {
    json row = {{"queue", queue.declared.name}, {"sequence", record.header.sequence}};
    const auto message = facts::read_message(record.header.flags, record.body.view());
    if (!message) return row;
    row["exchange"] = message->exchange;
    row["key"] = message->key;
    row["redelivered"] = record.header.sequence < queue.declared.offered ||
                         (record.header.flags & facts::flag_offered) != 0;
    row["properties"] = properties_of(*message);
    std::string payload;
    wire::append_base64(payload, message->payload);
    row["payload"] = std::move(payload);
    return row;
}

Exit export_queue(const log::RecoveredQueue& queue, store::RecordReader& reader, Output& out) {
    Exit exit = Exit::ok;
    for (const log::Run& run : queue.runs) {
        for (std::size_t at = 0; at < run.places.size(); at += read_at_once) {
            std::vector<log::Place> places;
            for (std::size_t i = at; i < run.places.size() && i < at + read_at_once; ++i) {
                if (run.places[i]) places.push_back(run.places[i]);
            }
            const auto records = reader.read(places);
            if (!records) return fail("log", records.error());
            for (const log::StoredRecord& record : *records) {
                if (record.damage) {
                    exit = fail("log", record.damage->text(), damaged);
                } else {
                    out.write(json_text(row_of(queue, record)) + "\n");
                }
            }
            out.flush();
        }
    }
    return exit;
}

Exit export_messages(const std::string& directory) {
    store::PosixDisk disk;
    auto recovery = store::recover_log(disk, directory, {});
    if (!recovery) return fail("log", recovery.error());
    if (recovery->log.segments.empty()) return no_log(directory);
    store::RecordReader reader(disk, directory, recovery->log.identity.log_id);
    Output out(STDOUT_FILENO);
    Exit exit = Exit::ok;
    for (const log::RecoveredQueue& queue : recovery->found.queues) {
        const Exit exported = export_queue(queue, reader, out);
        if (exported != Exit::ok) exit = exported;
    }
    if (recovery->found.damaged()) {
        exit = fail("log", "the log is damaged, and messages are missing; see zex log verify",
                    damaged);
    }
    const Exit finished = out.finish("log");
    return finished != Exit::ok ? finished : exit;
}

void add(CLI::App& log, Action& action, const char* name, const char* description,
         const char* example, Exit (*command)(const std::string&)) {
    CLI::App& app = *log.add_subcommand(name, description);
    auto directory = std::make_shared<std::string>();
    app.add_option("directory", *directory, "Data directory of a broker")->required();
    app.footer(std::string("Examples:\n  ") + example);
    app.callback([&action, directory, command] {
        action = [=](const Globals&) { return command(*directory); };
    });
}

}  // namespace

void add_log(CLI::App& app, Action& action) {
    CLI::App& log =
        *app.add_subcommand("log", "Read a broker's data directory, without the broker");
    log.require_subcommand(1);
    log.footer("Examples:\n  zex log verify /var/lib/zex");
    add(log, action, "print", "A line for each record", "zex log print /var/lib/zex | head", print);
    add(log, action, "verify", "Check every record; exit code 1 where one is damaged or lost",
        "zex log verify /var/lib/zex", verify);
    add(log, action, "export", "The messages as lines of JSON, their payloads in base64",
        "zex log export /var/lib/zex > messages.jsonl", export_messages);
}

}  // namespace zex::tool
