#include "tests/scripts/script.h"

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "broker/admin/admin.h"
#include "broker/core/core.h"
#include "common/wire/codec.h"

namespace zex::scripts {
namespace {

using Lines = std::vector<std::string>;

Instant start() {
    return {std::chrono::seconds(1)};
}

core::Entropy counting() {
    return [next = std::uint64_t{0}]() mutable { return ++next; };
}

std::string without_version(std::string text) {
    static const std::string version = "zexd " ZEX_VERSION;
    for (std::size_t at = text.find(version); at != std::string::npos; at = text.find(version)) {
        text.replace(at, version.size(), "zexd VERSION");
    }
    return text;
}

Duration duration(const std::string& text) {
    std::size_t end = 0;
    const long long count = std::stoll(text, &end);
    const std::string unit = text.substr(end);
    if (unit == "ms") return std::chrono::milliseconds(count);
    if (unit == "s") return std::chrono::seconds(count);
    throw std::runtime_error("no duration: " + text);
}

/// One Core, its clients and the time.
class Stage {
  public:
    Lines perform(const std::string& command) {
        std::istringstream words(command);
        std::string first, second;
        words >> first >> second;
        if (first == "lose") {
            apply(core::PeerLost{connections_.at(second)});
            connections_.erase(second);
        } else if (first == "block") {
            apply(core::PeerBlocked{connections_.at(second)});
        } else if (first == "ready") {
            apply(core::PeerReady{connections_.at(second)});
        } else if (first == "advance") {
            advance(duration(second));
        } else if (first == "tick") {
            apply(core::Tick{});
        } else if (command == "shut down") {
            apply(core::ShutDown{});
        } else {
            send(first, command.substr(first.size() + 1));
        }
        return std::exchange(lines_, {});
    }

  private:
    void advance(Duration time) {
        now_ = now_ + time;
        while (core_.next_deadline() && *core_.next_deadline() <= now_) apply(core::Tick{});
    }

    void send(const std::string& client, const std::string& message) {
        const std::size_t bar = message.find(" | ");
        const std::string envelope = message.substr(0, bar);
        const std::string body = bar == std::string::npos ? "" : message.substr(bar + 3);
        const auto has_body =
            bar == std::string::npos ? std::nullopt : std::optional<std::string_view>(body);
        const ConnectionId connection = connection_of(client);
        auto decoded = decoder_.request(envelope, has_body);
        if (const auto* refusal = std::get_if<wire::Refusal>(&decoded)) {
            return say(connection, {refusal->id, wire::ErrorReply{refusal->error, {}}});
        }
        const wire::Request& request = std::get<wire::Decoded<wire::Request>>(decoded).value;
        const bool open = core_.sessions().on(connection) != nullptr;
        if (open && admin::is_look(request.operation)) {
            const admin::Extra extra{{}, start()};
            return say(connection, {request.id, admin::answer(core_, connection, request.operation,
                                                              now_, extra)});
        }
        const std::string peer = "tcp://" + client;
        apply(core::PeerRequest{connection, wire::Form::json, peer, &request});
    }

    ConnectionId connection_of(const std::string& client) {
        ConnectionId& connection = connections_[client];
        if (!connection) {
            connection = ConnectionId(++last_connection_);
            names_[connection] = client;
        }
        return connection;
    }

    void apply(const core::Command& command) {
        core::Effects effects;
        core_.apply(command, {now_}, effects);
        for (const core::Effect& effect : effects.list) {
            std::visit([&](const auto& what) { show(what, effects); }, effect);
        }
    }

    void show(const core::Answer& answer, const core::Effects&) { say(answer.to, answer.reply); }
    void show(const core::Confirm& confirm, const core::Effects&) {
        say(confirm.to, {confirm.first_id, wire::Confirm{confirm.count, confirm.queues}});
    }
    void show(const core::Attach& attach, const core::Effects&) {
        lines_.push_back("attach " + names_.at(attach.connection));
    }
    void show(const core::HangUp& hang_up, const core::Effects&) {
        lines_.push_back("hang up " + names_.at(hang_up.connection));
    }
    // Scripts have no disk: nothing is durable in them.
    [[noreturn]] static void no_disk() { throw std::logic_error("an effect for the store"); }
    void show(const core::Load&, const core::Effects&) { no_disk(); }
    void show(const core::ReportDamage&, const core::Effects&) { no_disk(); }
    void show(const core::Deliver& deliver, const core::Effects& effects) {
        wire::Deliver reply;
        reply.consumer = deliver.name;
        reply.first_tag = deliver.first_tag;
        reply.remaining = deliver.remaining;
        for (std::size_t i = deliver.begin; i < deliver.end; ++i) {
            const core::Message& message = effects.messages[i];
            reply.messages.push_back({message.heading->exchange, message.heading->key,
                                      message.heading->properties, message.own(), message.payload(),
                                      message.deliveries});
        }
        wire::encode_deliver(wire::Form::json, reply, deliver.id, {deliver.batch, deliver.data},
                             1'048'576, [&](wire::Frames&& frames) { show(deliver.to, frames); });
    }

    void say(ConnectionId to, const wire::Reply& reply) {
        show(to, wire::encode(wire::Form::json, reply));
    }
    void show(ConnectionId to, const wire::Frames& frames) {
        std::string line = names_.at(to) + " <- " + without_version(frames.envelope);
        if (frames.body) line += " | " + *frames.body;
        lines_.push_back(std::move(line));
    }

    core::Core core_{core::Limits{}, counting()};
    wire::Decoder decoder_;
    Instant now_ = start();
    std::map<std::string, ConnectionId> connections_;
    std::map<ConnectionId, std::string> names_;
    std::uint64_t last_connection_ = 0;
    Lines lines_;
};

bool is_command(const std::string& line) {
    return !line.empty() && line[0] != '#';
}

}  // namespace

std::vector<Block> parse(const std::string& text) {
    std::vector<Block> blocks(1);
    bool expecting = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!expecting && line == "----") {
            expecting = true;
        } else if (!expecting) {
            blocks.back().commands.push_back(line);
        } else if (line.empty()) {
            expecting = false;
            blocks.emplace_back();
        } else {
            blocks.back().expected.push_back(line);
        }
    }
    if (blocks.back().commands.empty()) blocks.pop_back();
    return blocks;
}

std::string write(const std::vector<Block>& blocks) {
    std::string text;
    for (const Block& block : blocks) {
        if (!text.empty()) text += '\n';
        for (const std::string& line : block.commands) text += line + '\n';
        text += "----\n";
        for (const std::string& line : block.expected) text += line + '\n';
    }
    return text;
}

std::vector<Block> play(const std::vector<Block>& blocks) {
    Stage stage;
    std::vector<Block> played;
    for (const Block& block : blocks) {
        Block& now = played.emplace_back(Block{block.commands, {}});
        for (const std::string& command : block.commands) {
            if (!is_command(command)) continue;
            for (std::string& line : stage.perform(command)) {
                now.expected.push_back(std::move(line));
            }
        }
    }
    return played;
}

}  // namespace zex::scripts
