#include "broker/admin/admin.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "broker/admin/explain.h"
#include "broker/admin/rows.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/base64.h"
#include "common/wire/properties.h"
#include "common/wire/rows.h"

namespace zex::admin {
namespace {

using core::Core;

/// Most messages that one peek shows, and most bytes past the first one.
constexpr std::uint64_t peek_most = 100;
constexpr std::uint64_t peek_bytes = 2 << 20;

wire::Answer with_rows(std::string packed) {
    wire::Ok ok;
    ok.rows = std::move(packed);
    return ok;
}

wire::Answer failed(ErrorCode code, std::string reason, std::string field) {
    return wire::ErrorReply{error(code, std::move(reason), std::move(field)), {}};
}

wire::Answer list(const Core& core, const std::string& what, Instant now) {
    if (what == "queues") return with_rows(wire::pack_rows(queue_rows(core, now)));
    if (what == "exchanges") return with_rows(wire::pack_rows(exchange_rows(core, now)));
    if (what == "bindings") return with_rows(wire::pack_rows(binding_rows(core)));
    if (what == "sessions") return with_rows(wire::pack_rows(session_rows(core)));
    if (what == "consumers") return with_rows(wire::pack_rows(consumer_rows(core, now)));
    return failed(
        ErrorCode::bad_field,
        "what is '" + escaped(what) + "'; give queues, exchanges, bindings, sessions or consumers",
        "what");
}

wire::Answer status(const Core& core, Instant now, const Extra& extra) {
    wire::PropertiesWriter row;
    const auto number = [&](std::string_view name, std::uint64_t value) {
        row.number(name, value);
    };
    row.text("broker", "zexd " ZEX_VERSION);
    number("protocol", wire::protocol_version);
    row.text("state", extra.starting ? "starting" : "running");
    number("uptime_ms", whole_milliseconds(now - extra.started));
    number("sessions", core.sessions().size());
    number("exchanges", core.topology().exchanges());
    number("queues", core.topology().queues());
    number("bindings", core.topology().bindings());
    std::uint64_t ready = 0, unacked = 0, consumers = 0;
    for (const core::Queue* queue : core.topology().all_queues()) {
        ready += queue->ready();
        unacked += queue->unacked();
        consumers += queue->consumers.size();
    }
    number("consumers", consumers);
    number("ready", ready);
    number("unacked", unacked);
    number("memory_bytes", core.topology().memory_bytes());
    number("memory_bytes_max", core.limits().memory_bytes);
    for (const core::CounterRow& counter : core::counter_table) {
        number(counter.name, core.counters().*counter.value);
    }
    for (const wire::CounterView& counter : extra.counters) number(counter.name, counter.value);
    return with_rows(row.take());
}

std::string peek_row(const core::Message& message, std::uint64_t position, Instant now) {
    wire::PeekView view;
    view.position = position;
    view.exchange = message.heading->exchange;
    view.key = message.heading->key;
    view.age_ms = whole_milliseconds(now - message.enqueued);
    view.deliveries = message.deliveries;
    view.size = message.payload_size;
    wire::PropertiesWriter row;
    wire::RowFields fields{row};
    describe(fields, view);
    row.raw("properties", wire::merge_properties(message.heading->properties, message.own()));
    const std::string_view payload = message.payload();
    if (find_bad_utf8(payload)) {
        std::string text;
        wire::append_base64(text, payload);
        row.text("data_base64", text);
    } else {
        row.text("data", payload);
    }
    return row.take();
}

wire::Answer peek(const Core& core, ConnectionId asker, const wire::Peek& verb, Instant now) {
    const core::Queue* queue = core.topology().queue(verb.queue);
    if (queue == nullptr) {
        return failed(ErrorCode::no_such_queue, "no queue is named '" + escaped(verb.queue) + "'",
                      "queue");
    }
    const core::Session* session = core.sessions().on(asker);
    if (queue->options.exclusive && (session == nullptr || queue->owner != session->id)) {
        return failed(ErrorCode::queue_is_exclusive,
                      "queue '" + escaped(verb.queue) + "' is exclusive to another session",
                      "queue");
    }
    std::vector<std::string> rows;
    std::uint64_t bytes = 0;
    for (const core::Message* message : queue->first_ready(std::min(verb.count, peek_most))) {
        rows.push_back(peek_row(*message, rows.size(), now));
        bytes += rows.back().size();
        if (bytes >= peek_bytes) break;
    }
    return with_rows(wire::pack_array(rows));
}

struct Looks {
    const Core& core;
    ConnectionId asker;
    Instant now;
    const Extra& extra;

    wire::Answer operator()(const wire::List& verb) const { return list(core, verb.what, now); }
    wire::Answer operator()(const wire::StatusRequest&) const { return status(core, now, extra); }
    wire::Answer operator()(const wire::Peek& verb) const { return peek(core, asker, verb, now); }
    wire::Answer operator()(const wire::Explain& verb) const { return explain(core, verb); }
    template <class Other>
    wire::Answer operator()(const Other&) const {
        ZEX_CHECK(false);
    }
};

}  // namespace

bool is_look(const wire::Operation& operation) {
    return std::holds_alternative<wire::List>(operation) ||
           std::holds_alternative<wire::StatusRequest>(operation) ||
           std::holds_alternative<wire::Peek>(operation) ||
           std::holds_alternative<wire::Explain>(operation);
}

wire::Answer answer(const Core& core, ConnectionId asker, const wire::Operation& operation,
                    Instant now, const Extra& extra) {
    return std::visit(Looks{core, asker, now, extra}, operation);
}

}  // namespace zex::admin
