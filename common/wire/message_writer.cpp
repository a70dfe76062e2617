#include "common/wire/message_writer.h"

#include "common/base/check.h"
#include "common/wire/field_writer.h"

namespace zex::wire {
namespace {

void write_entry(Writer& out, const PublishEntry& entry, std::string_view key) {
    if (entry.own.empty() && entry.key == key) return out.number(std::uint64_t{entry.size});
    out.begin_map();
    out.key("size");
    out.number(std::uint64_t{entry.size});
    if (entry.key != key) {
        out.key("key");
        out.text(entry.key);
    }
    out.fields(entry.own);
    out.end_map();
}

}  // namespace

void write_publish(Writer& out, const Publish& publish) {
    ZEX_CHECK(!publish.messages.empty());
    const PublishEntry& first = publish.messages.front();
    FieldWriter fields(out);
    fields.required_label("exchange", publish.exchange);
    fields.label("key", first.key);
    fields.flag("mandatory", publish.mandatory);
    if (!publish.batch && publish.messages.size() == 1) {
        out.fields(first.own);
        out.fields(publish.common, first.own);
        return;
    }
    out.fields(publish.common);
    out.key("messages");
    out.begin_array(publish.messages.size());
    for (const PublishEntry& entry : publish.messages) write_entry(out, entry, first.key);
    out.end_array();
}

void write_return(Writer& out, const Return& returned) {
    const DeliverEntry& message = returned.message;
    FieldWriter fields(out);
    fields.error(returned.error);
    fields.label("exchange", message.exchange);
    fields.label("key", message.key);
    out.fields(message.own);
    out.fields(message.common, message.own);
}

}  // namespace zex::wire
