// zex declare, delete, bind, unbind, purge.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/output.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

/// What all of these commands name.
struct Names {
    std::string exchange;
    std::string queue;
    std::vector<std::string> keys;
    ExchangeOptions exchange_options;
    QueueOptions queue_options;
    bool if_unused = false;
    bool if_empty = false;
};

using Request = std::function<Result<std::string>(Client&, const Names&)>;

/// Connects, asks, prints the sentence that `request` gives.
void on_chosen(CLI::App& command, Action& action, const std::shared_ptr<Names>& names,
               const Request& request) {
    const std::string what = command.get_parent()->get_name() == "zex"
                                 ? command.get_name()
                                 : command.get_parent()->get_name() + " " + command.get_name();
    command.callback([=, &action] {
        action = [=](const Globals& globals) {
            auto client = connect(globals, what);
            if (!client) return fail(what, client.error());
            const auto sentence = request(*client, *names);
            if (!sentence) return fail(what, sentence.error());
            Output out(STDOUT_FILENO);
            out.write(printable(*sentence) + "\n");
            return out.finish(what);
        };
    });
}

Result<std::string> when_done(const Status& status, std::string sentence) {
    if (!status) return status.error();
    return sentence;
}

std::string counted(std::uint64_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Result<std::string> declare_queue(Client& client, const Names& names) {
    const auto queue = client.declare_queue(names.queue, names.queue_options);
    if (!queue) return queue.error();
    return "queue " + queue->name + ": " + counted(queue->messages, "message") + " ready, " +
           counted(queue->consumers, "consumer");
}

void add_declare(CLI::App& app, Action& action) {
    CLI::App& declare = *app.add_subcommand("declare", "Make an exchange or a queue");
    declare.require_subcommand(1);
    declare.footer("Examples:\n  zex declare exchange logs\n  zex declare queue orders");

    auto names = std::make_shared<Names>();
    CLI::App& exchange = *declare.add_subcommand(
        "exchange", "Make an exchange; no error where it is there with the same properties");
    exchange.add_option("NAME", names->exchange)->required();
    exchange.add_option("--kind", names->exchange_options.kind, "How it routes")
        ->default_str("direct");
    exchange.add_flag("--durable", names->exchange_options.durable,
                      "It survives a restart of the broker, which needs a data directory");
    exchange.add_flag("--auto-delete", names->exchange_options.auto_delete,
                      "It goes when its last binding goes");
    exchange.add_flag("--passive", names->exchange_options.passive, "Only ask whether it is there");
    exchange.footer("Examples:\n  zex declare exchange logs --kind direct");
    on_chosen(exchange, action, names, [](Client& client, const Names& n) {
        return when_done(client.declare_exchange(n.exchange, n.exchange_options),
                         "exchange " + n.exchange + ": " + n.exchange_options.kind);
    });

    CLI::App& queue = *declare.add_subcommand(
        "queue", "Make a queue; no error where it is there with the same properties");
    const auto check = [](const std::string& name) -> std::string {
        return name.empty() ? "a queue without a name would go with this command" : "";
    };
    queue.add_option("NAME", names->queue)->required()->check(check);
    CLI::Option* durable =
        queue.add_flag("--durable", names->queue_options.durable,
                       "It and its messages survive a restart of the broker, which needs a data "
                       "directory");
    queue
        .add_option("--durability", names->queue_options.durability,
                    "What a confirm means: sync, on the disk; 'interval MS', synced at the latest "
                    "so many milliseconds later; none, synced some time")
        ->type_name("WORD")
        ->needs(durable)
        ->default_str("sync");
    queue.add_flag("--auto-delete", names->queue_options.auto_delete,
                   "It goes when its last consumer goes");
    queue.add_flag("--passive", names->queue_options.passive, "Only ask whether it is there");
    queue
        .add_option("--max-messages", names->queue_options.max_messages,
                    "Ready and unacked; beyond it publishes are refused")
        ->check(whole_number());
    queue.add_option("--max-bytes", names->queue_options.max_bytes, "Likewise, payload bytes")
        ->check(whole_number());
    queue
        .add_option("--overflow", names->queue_options.overflow,
                    "At these bounds: refuse, or drop_head, which drops the oldest messages")
        ->check(CLI::IsMember({"refuse", "drop_head"}))
        ->excludes(durable)
        ->default_str("refuse");
    queue.footer(
        "Examples:\n  zex declare queue orders --max-messages 100000\n"
        "  zex declare queue orders --durable\n"
        "  zex declare queue readings --durable --durability 'interval 100'");
    on_chosen(queue, action, names, declare_queue);
}

void add_delete(CLI::App& app, Action& action) {
    CLI::App& remove = *app.add_subcommand("delete", "Delete an exchange or a queue");
    remove.require_subcommand(1);
    remove.footer("Examples:\n  zex delete queue orders --if-empty\n  zex delete exchange logs");

    auto names = std::make_shared<Names>();
    CLI::App& exchange = *remove.add_subcommand("exchange", "Delete an exchange and its bindings");
    exchange.add_option("NAME", names->exchange)->required();
    exchange.add_flag("--if-unused", names->if_unused, "Only when it has no bindings");
    exchange.footer("Examples:\n  zex delete exchange logs --if-unused");
    on_chosen(exchange, action, names, [](Client& client, const Names& n) {
        return when_done(client.delete_exchange(n.exchange, n.if_unused),
                         "exchange " + n.exchange + " deleted");
    });

    CLI::App& queue = *remove.add_subcommand("queue", "Delete a queue and the messages in it");
    queue.add_option("NAME", names->queue)->required();
    queue.add_flag("--if-unused", names->if_unused, "Only when it has no consumers");
    queue.add_flag("--if-empty", names->if_empty, "Only when it has no messages");
    queue.footer("Examples:\n  zex delete queue orders --if-empty --if-unused");
    on_chosen(queue, action, names, [](Client& client, const Names& n) -> Result<std::string> {
        const auto lost = client.delete_queue(n.queue, n.if_unused, n.if_empty);
        if (!lost) return lost.error();
        return "queue " + n.queue + " deleted with " + counted(*lost, "message");
    });
}

CLI::App& add_binding_command(CLI::App& app, const char* name, const char* sentence,
                              const char* example, Names& names) {
    CLI::App& command = *app.add_subcommand(name, sentence);
    command.add_option("QUEUE", names.queue)->required();
    command.add_option("EXCHANGE", names.exchange)->required();
    command.add_option("--key", names.keys, "Routing key; may be given several times")
        ->type_name("KEY")
        ->allow_extra_args(false)
        ->required();
    command.footer(std::string("Examples:\n  ") + example);
    return command;
}

void add_bind(CLI::App& app, Action& action) {
    auto names = std::make_shared<Names>();
    CLI::App& bind =
        add_binding_command(app, "bind", "Let a queue have messages of an exchange with these keys",
                            "zex bind orders shop --key order.new --key order.paid", *names);
    on_chosen(bind, action, names, [](Client& client, const Names& n) {
        return when_done(client.bind(n.queue, n.exchange, n.keys),
                         "queue " + n.queue + " bound to " + n.exchange);
    });
    CLI::App& unbind =
        add_binding_command(app, "unbind", "Undo bind; no error where there is no such binding",
                            "zex unbind orders shop --key order.paid", *names);
    on_chosen(unbind, action, names, [](Client& client, const Names& n) {
        return when_done(
            client.unbind(n.queue, n.exchange, n.keys),
            "queue " + n.queue + " no longer bound to " + n.exchange + " with these keys");
    });
}

void add_purge(CLI::App& app, Action& action) {
    auto names = std::make_shared<Names>();
    CLI::App& purge = *app.add_subcommand("purge", "Remove the messages of a queue that are ready");
    purge.add_option("QUEUE", names->queue)->required();
    purge.footer("Examples:\n  zex purge orders");
    on_chosen(purge, action, names, [](Client& client, const Names& n) -> Result<std::string> {
        const auto gone = client.purge(n.queue);
        if (!gone) return gone.error();
        return counted(*gone, "message") + " removed from queue " + n.queue;
    });
}

}  // namespace

void add_managing(CLI::App& app, Action& action) {
    add_declare(app, action);
    add_delete(app, action);
    add_bind(app, action);
    add_purge(app, action);
}

}  // namespace zex::tool
