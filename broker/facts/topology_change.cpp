#include "broker/facts/topology_change.h"

#include <utility>

#include "broker/facts/encoding.h"

namespace zex::facts {
namespace {

void put_text(std::string& out, std::string_view text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

std::string text(Cursor& from) {
    return std::string(from.bytes(from.u32()));
}

// write() and read() of one change name its fields in the same order. Fields that are missing at
// the end were not there when the change was written. What comes after the last known field was
// written by a newer program, and is passed over.

void take(Cursor& from, std::uint64_t& field) {
    if (!from.at_end()) field = from.u64();
}
void take(Cursor& from, bool& field) {
    if (!from.at_end()) field = from.u8() != 0;
}
void take(Cursor& from, std::string& field) {
    if (!from.at_end()) field = text(from);
}
void take(Cursor& from, Durability& field) {
    if (from.at_end()) return;
    const std::uint8_t number = from.u8();
    if (number > static_cast<std::uint8_t>(Durability::none)) from.good = false;
    field = static_cast<Durability>(number);
}

void write(std::string& out, const ExchangeDeclared& change) {
    put_text(out, change.name);
    put_text(out, change.kind);
    out += static_cast<char>(change.auto_delete);
}
void read(Cursor& from, ExchangeDeclared& change) {
    take(from, change.name);
    take(from, change.kind);
    take(from, change.auto_delete);
}

void write(std::string& out, const ExchangeRemoved& change) {
    put_text(out, change.name);
}
void read(Cursor& from, ExchangeRemoved& change) {
    take(from, change.name);
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
    take(from, change.queue);
    take(from, change.name);
    take(from, change.auto_delete);
    take(from, change.max_messages);
    take(from, change.max_bytes);
    take(from, change.durability);
    take(from, change.interval_ms);
    take(from, change.next_sequence);
    take(from, change.offered);
}

void write(std::string& out, const QueueRemoved& change) {
    put(out, change.queue);
}
void read(Cursor& from, QueueRemoved& change) {
    take(from, change.queue);
}

template <class Binding>
void write_binding(std::string& out, const Binding& change) {
    put_text(out, change.exchange);
    put_text(out, change.key);
    put(out, change.queue);
}
template <class Binding>
void read_binding(Cursor& from, Binding& change) {
    take(from, change.exchange);
    take(from, change.key);
    take(from, change.queue);
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

std::optional<std::vector<RawChange>> read_raw_changes(std::string_view body) {
    std::vector<RawChange> changes;
    Cursor cursor{body};
    while (!cursor.at_end()) {
        RawChange& raw = changes.emplace_back();
        const char* const begin = cursor.rest.data();
        raw.number = cursor.u8();
        raw.fields = cursor.bytes(cursor.u32());
        if (!cursor.good) return std::nullopt;
        raw.bytes = {begin, static_cast<std::size_t>(cursor.rest.data() - begin)};
    }
    return changes;
}

std::string declared_again(const RawChange& raw, const QueueDeclared& declared) {
    std::string fields;
    write(fields, declared);
    if (raw.fields.size() > fields.size()) fields += raw.fields.substr(fields.size());
    std::string out(1, static_cast<char>(raw.number));
    put_text(out, fields);
    return out;
}

std::optional<TopologyChange> read_change(const RawChange& raw) {
    Cursor fields{raw.fields};
    return read_alternative(raw.number, fields);
}

}  // namespace zex::facts
