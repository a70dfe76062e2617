#include "common/wire/deliver_reader.h"

#include <limits>
#include <string>

#include "common/wire/field_reader.h"

namespace zex::wire {
namespace {

/// Where a message came from and how often it was delivered, at the top or in an entry.
std::optional<Error> read_heading(const Node& map, const Where& where, DeliverEntry& out) {
    FieldReader fields(map, where);
    fields.label("exchange", out.exchange);
    fields.label("key", out.key);
    std::uint64_t deliveries = 1;
    fields.number("deliveries", deliveries, 1);
    if (deliveries == 0 || deliveries > std::numeric_limits<std::uint32_t>::max()) {
        fields.fail(ErrorCode::bad_field, "deliveries must be from 1 to 4294967295", "deliveries");
    }
    out.deliveries = static_cast<std::uint32_t>(deliveries);
    return fields.fault();
}

/// A message that has the envelope for itself.
Result<DeliverEntry> read_whole_message(const Node& envelope, std::optional<std::string_view> body,
                                        const DecodeLimits& limits, MessageBuffers& buffers) {
    DeliverEntry message;
    if (auto fault = read_heading(envelope, {}, message)) return *fault;
    auto payload = read_inline_payload(envelope, {}, limits, buffers);
    if (!payload) return payload.error();
    if (payload->present && body) {
        return error(ErrorCode::wrong_frame_count, "data stands beside a body frame", "data");
    }
    message.payload = payload->present ? std::string_view(buffers.payload) : body.value_or("");
    if (auto fault = check_payload_size(message.payload.size(), {}, "", limits)) return *fault;
    auto common = read_properties(envelope, Place::reply, {}, false, buffers);
    if (!common) return common.error();
    message.common = *common;
    return message;
}

std::optional<Error> read_entry(const Node& node, const Where& where, const DecodeLimits& limits,
                                MessageBuffers& buffers, DeliverEntry& out, std::uint64_t& size) {
    const Node* size_node = &node;
    if (node.kind == Kind::map) {
        if (auto fault = read_heading(node, where, out)) return fault;
        auto own = read_properties(node, Place::reply, where, false, buffers);
        if (!own) return own.error();
        out.own = *own;
        size_node = node.find("size");
    }
    if (size_node == nullptr || size_node->kind != Kind::unsigned_integer) {
        return error(ErrorCode::bad_field, "an entry must have its payload size",
                     where.field("size"));
    }
    size = size_node->unsigned_integer;
    return check_payload_size(size, where, "size", limits);
}

std::optional<Error> read_batch(const Node& envelope, const Node& messages, std::string_view body,
                                const DecodeLimits& limits, MessageBuffers& buffers,
                                std::vector<DeliverEntry>& out) {
    if (messages.kind != Kind::array || messages.size == 0 ||
        messages.size > limits.batch_messages) {
        return error(ErrorCode::bad_field, "messages must be an array within the limits",
                     "messages");
    }
    DeliverEntry shared;
    if (auto fault = read_heading(envelope, {}, shared)) return fault;
    auto common = read_properties(envelope, Place::reply, {}, false, buffers);
    if (!common) return common.error();
    shared.common = *common;

    out.reserve(messages.size);
    for (const Node& node : messages) {
        std::uint64_t size = 0;
        DeliverEntry& entry = out.emplace_back(shared);
        if (auto fault = read_entry(node, {out.size() - 1}, limits, buffers, entry, size)) {
            return fault;
        }
        if (size > body.size()) {
            return error(ErrorCode::size_mismatch, "the sizes reach past the body frame",
                         "messages");
        }
        entry.payload = body.substr(0, size);
        body.remove_prefix(size);
    }
    if (body.empty()) return std::nullopt;
    return error(ErrorCode::size_mismatch,
                 "the body frame has " + std::to_string(body.size()) + " bytes beyond the sizes",
                 "messages");
}

}  // namespace

Result<Deliver> read_deliver(const Node& envelope, std::optional<std::string_view> body,
                             const DecodeLimits& limits, MessageBuffers& buffers) {
    Deliver deliver;
    FieldReader fields(envelope);
    fields.label("consumer", deliver.consumer);
    fields.required("tag", deliver.first_tag);
    fields.number("remaining", deliver.remaining);
    if (fields.fault()) return *fields.fault();
    if (const Node* messages = envelope.find("messages")) {
        auto fault =
            read_batch(envelope, *messages, body.value_or(""), limits, buffers, deliver.messages);
        if (fault) return *fault;
        return deliver;
    }
    auto message = read_whole_message(envelope, body, limits, buffers);
    if (!message) return message.error();
    deliver.messages.push_back(*message);
    return deliver;
}

Result<Return> read_return(const Node& envelope, std::optional<std::string_view> body,
                           const DecodeLimits& limits, MessageBuffers& buffers) {
    Return returned;
    FieldReader fields(envelope);
    fields.error(returned.error);
    if (fields.fault()) return *fields.fault();
    auto message = read_whole_message(envelope, body, limits, buffers);
    if (!message) return message.error();
    returned.message = *message;
    return returned;
}

}  // namespace zex::wire
