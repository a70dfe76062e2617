#include "broker/facts/topology_change.h"

#include <utility>

#include "broker/facts/record.h"

namespace zex::facts {
namespace {

void put_text(std::string& out, std::string_view text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

std::string text(Cursor& from) {
    return std::string(from.bytes(from.u32()));
}

// write() and read() of one change name its fields in the same order. What comes after the last
// field that this version knows is from a newer one, and is passed over: change bodies have a size.

void write(std::string& out, const ExchangeDeclared& change) {
    put_text(out, change.name);
    put_text(out, change.kind);
    out += static_cast<char>(change.auto_delete);
}
void read(Cursor& from, ExchangeDeclared& change) {
    change.name = text(from);
    change.kind = text(from);
    change.auto_delete = from.u8() != 0;
}

void write(std::string& out, const ExchangeRemoved& change) {
    put_text(out, change.name);
}
void read(Cursor& from, ExchangeRemoved& change) {
    change.name = text(from);
}

void write(std::string& out, const QueueDeclared& change) {
    put(out, change.queue);
    put_text(out, change.name);
    out += static_cast<char>(change.auto_delete);
    put(out, change.max_messages);
    put(out, change.max_bytes);
    out += static_cast<char>(change.durability);
    put(out, change.interval_ms);
    put(out, change.next_sequence);
    put(out, change.offered);
}
void read(Cursor& from, QueueDeclared& change) {
    change.queue = from.u64();
    change.name = text(from);
    change.auto_delete = from.u8() != 0;
    change.max_messages = from.u64();
    change.max_bytes = from.u64();
    const std::uint8_t durability = from.u8();
    if (durability > static_cast<std::uint8_t>(Durability::none)) from.good = false;
    change.durability = static_cast<Durability>(durability);
    change.interval_ms = from.u64();
    change.next_sequence = from.u64();
    change.offered = from.u64();
}

void write(std::string& out, const QueueRemoved& change) {
    put(out, change.queue);
}
void read(Cursor& from, QueueRemoved& change) {
    change.queue = from.u64();
}

template <class Binding>
void write_binding(std::string& out, const Binding& change) {
    put_text(out, change.exchange);
    put_text(out, change.key);
    put(out, change.queue);
}
template <class Binding>
void read_binding(Cursor& from, Binding& change) {
    change.exchange = text(from);
    change.key = text(from);
    change.queue = from.u64();
}
void write(std::string& out, const Bound& change) {
    write_binding(out, change);
}
void read(Cursor& from, Bound& change) {
    read_binding(from, change);
}
void write(std::string& out, const Unbound& change) {
    write_binding(out, change);
}
void read(Cursor& from, Unbound& change) {
    read_binding(from, change);
}

/// The change of the alternative `index`, which is its number in the file.
template <std::size_t I = 0>
std::optional<TopologyChange> read_alternative(std::size_t index, Cursor& from) {
    if constexpr (I < std::variant_size_v<TopologyChange>) {
        if (index != I) return read_alternative<I + 1>(index, from);
        std::variant_alternative_t<I, TopologyChange> change;
        read(from, change);
        return from.good ? std::optional<TopologyChange>(std::move(change)) : std::nullopt;
    } else {
        return std::nullopt;
    }
}

}  // namespace

void append_to(std::string& out, const TopologyChange& change) {
    std::string body;
    std::visit([&body](const auto& what) { write(body, what); }, change);
    out += static_cast<char>(change.index());
    put_text(out, body);
}

std::optional<std::vector<TopologyChange>> read_changes(std::string_view body) {
    std::vector<TopologyChange> changes;
    Cursor cursor{body};
    while (!cursor.rest.empty()) {
        const std::uint8_t number = cursor.u8();
        Cursor fields{cursor.bytes(cursor.u32())};
        if (!cursor.good) return std::nullopt;
        auto change = read_alternative(number, fields);
        if (!change) return std::nullopt;
        changes.push_back(std::move(*change));
    }
    return changes;
}

}  // namespace zex::facts
