// encode_deliver_frame(): deliveries -> one envelope and its body, single, batch or in data form.
#include <algorithm>
#include <string>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/base64.h"
#include "common/wire/canonical.h"
#include "common/wire/codec.h"
#include "common/wire/field_writer.h"
#include "common/wire/json_reader.h"
#include "common/wire/properties.h"
#include "common/wire/writer.h"

namespace zex::wire {
namespace {

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && (a.data() == b.data() || a == b);
}

/// Whether `member` has one value in all messages, so that it can stand once, at the top.
bool is_shared(const DeliverEntry* begin, const DeliverEntry* end,
               std::string_view DeliverEntry::*member) {
    return std::all_of(begin + 1, end, [&](const DeliverEntry& entry) {
        return same(entry.*member, begin->*member);
    });
}

void write_deliveries(FieldWriter& fields, const DeliverEntry& message) {
    fields.flag("redelivered", message.deliveries > 1);
    fields.number("deliveries", message.deliveries, 1);
}

/// The value that the payload is the JSON text of. A string is none: as `data` it would stand for
/// its own bytes, without the quotation marks.
bool write_json_payload(Writer& out, std::string_view payload) {
    // The value stands one level below the envelope, whose reader counts both.
    DecodeLimits limits;
    limits.depth -= 1;
    Document document;
    JsonReader reader;
    if (reader.parse(payload, limits, document)) return false;
    if (document.root().kind == Kind::text) return false;
    out.key("data");
    out.node(document.root());
    return true;
}

void write_data(Writer& out, const DeliverEntry& message) {
    auto type = find_text(message.own, "content_type");
    if (!type) type = find_text(message.common, "content_type");
    if (type == "application/json" && write_json_payload(out, message.payload)) return;
    if (!find_bad_utf8(message.payload)) {
        out.key("data");
        out.text(message.payload);
    } else {
        out.key(out.form() == Form::json ? "data_base64" : "data");
        out.binary(message.payload);
    }
}

void write_single(Writer& out, const DeliverEntry& message, bool data) {
    FieldWriter fields(out);
    fields.required_label("exchange", message.exchange);
    fields.label("key", message.key);
    write_deliveries(fields, message);
    out.fields(message.own);
    out.fields(message.common, message.own);
    if (data) write_data(out, message);
}

/// What stands at the top of a batch, and so need not stand in its entries.
struct Shared {
    bool exchange;
    bool key;
    bool common;
};

void write_entry(Writer& out, const DeliverEntry& message, const Shared& shared) {
    const bool plain = shared.exchange && shared.key && (shared.common || message.common.empty()) &&
                       message.own.empty() && message.deliveries <= 1;
    if (plain) return out.number(std::uint64_t{message.payload.size()});
    FieldWriter fields(out);
    out.begin_map();
    fields.required("size", message.payload.size());
    if (!shared.exchange) fields.required("exchange", message.exchange);
    if (!shared.key) fields.required("key", message.key);
    write_deliveries(fields, message);
    out.fields(message.own);
    if (!shared.common) out.fields(message.common, message.own);
    out.end_map();
}

void write_batch(Writer& out, const DeliverEntry* begin, const DeliverEntry* end) {
    const Shared shared{is_shared(begin, end, &DeliverEntry::exchange),
                        is_shared(begin, end, &DeliverEntry::key),
                        is_shared(begin, end, &DeliverEntry::common)};
    FieldWriter fields(out);
    if (shared.exchange) fields.required_label("exchange", begin->exchange);
    if (shared.key) fields.label("key", begin->key);
    if (shared.common) out.fields(begin->common);
    out.key("messages");
    out.begin_array(static_cast<std::size_t>(end - begin));
    for (const DeliverEntry* entry = begin; entry != end; ++entry) {
        write_entry(out, *entry, shared);
    }
    out.end_array();
}

std::optional<std::string> joined_payloads(const DeliverEntry* begin, const DeliverEntry* end) {
    std::size_t size = 0;
    for (const DeliverEntry* entry = begin; entry != end; ++entry) size += entry->payload.size();
    if (size == 0) return std::nullopt;
    std::string body;
    body.reserve(size);
    for (const DeliverEntry* entry = begin; entry != end; ++entry) body += entry->payload;
    return body;
}

}  // namespace

Frames encode_deliver_frame(Form form, const Deliver& deliver, std::size_t begin, std::size_t end,
                            std::optional<std::uint64_t> id, DeliverStyle style) {
    ZEX_CHECK(begin < end && end <= deliver.messages.size());
    ZEX_CHECK(end - begin == 1 || (style.batch && !style.data));
    Frames frames;
    frames.envelope.reserve(96 + 4 * (end - begin));
    Writer out(form, frames.envelope);
    FieldWriter fields(out);
    out.begin_map();
    fields.required("op", std::string_view("deliver"));
    fields.number("id", id);
    fields.label("consumer", deliver.consumer);
    fields.required("tag", deliver.first_tag + begin);
    fields.number("remaining", deliver.remaining);
    const DeliverEntry* const first = deliver.messages.data() + begin;
    const DeliverEntry* const last = deliver.messages.data() + end;
    if (end - begin == 1) {
        write_single(out, *first, style.data);
    } else {
        write_batch(out, first, last);
    }
    out.end_map();
    if (!style.data) frames.body = joined_payloads(first, last);
    return frames;
}

}  // namespace zex::wire
