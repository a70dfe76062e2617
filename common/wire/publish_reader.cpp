#include "common/wire/publish_reader.h"

#include <algorithm>
#include <limits>
#include <string>

#include "common/base/text.h"
#include "common/wire/field_reader.h"

namespace zex::wire {
namespace {

Error body_beside_data(const char* field) {
    return error(ErrorCode::wrong_frame_count,
                 "the payload stands in the envelope; send no body frame with it", field);
}

/// The fields of an entry that are the operation's own, found in one walk; null where missing.
struct EntryFields {
    const Node* key = nullptr;
    const Node* size = nullptr;
    const Node* data = nullptr;
    const Node* data_base64 = nullptr;
    const Node* content_type = nullptr;

    explicit EntryFields(const Node& map) {
        for (const Node& field : map) take(field);
    }

  private:
    void take(const Node& field) {
        const auto keep = [&field](const Node*& out, std::string_view name) {
            if (field.key() == name) out = &field;
        };
        switch (field.key_size) {
            case 3:
                return keep(key, "key");
            case 4:
                keep(size, "size");
                return keep(data, "data");
            case 11:
                return keep(data_base64, "data_base64");
            case 12:
                return keep(content_type, "content_type");
            default:
                return;
        }
    }
};

/// Reads `messages` of one envelope, entry by entry.
class BatchReader {
  public:
    BatchReader(const Node& envelope, std::string_view key, const DecodeLimits& limits,
                MessageBuffers& buffers, Publish& out)
        : envelope_(envelope), key_(key), limits_(limits), buffers_(buffers), out_(out) {}

    std::optional<Error> read(const Node& messages, std::optional<std::string_view> body);

  private:
    std::optional<Error> read_entry(const Node& node);
    std::optional<Error> read_size(const Node& size, const char* field, PublishEntry& entry);
    std::optional<Error> read_map(const Node& map, const Where& where, PublishEntry& entry);
    Error bad_entry(const char* reason, const char* field = "") const {
        return error(ErrorCode::bad_field, reason, Where{out_.messages.size()}.field(field));
    }

    const Node& envelope_;
    std::string_view key_;
    const DecodeLimits& limits_;
    MessageBuffers& buffers_;
    Publish& out_;
    bool data_form_ = false;
    std::uint64_t sum_ = 0;
};

std::optional<Error> BatchReader::read(const Node& messages, std::optional<std::string_view> body) {
    if (messages.kind != Kind::array || messages.size == 0) {
        return error(ErrorCode::bad_field, "messages must be an array of at least one entry",
                     "messages");
    }
    if (messages.size > limits_.batch_messages) {
        return error(ErrorCode::batch_too_large,
                     std::to_string(messages.size) + " messages in a batch; the limit is " +
                         std::to_string(limits_.batch_messages),
                     "messages");
    }
    const Node& first = *messages.begin();
    data_form_ = first.kind == Kind::map &&
                 (first.find("data") != nullptr || first.find("data_base64") != nullptr);
    if (data_form_ && body) return body_beside_data("messages");

    const std::uint64_t plain_limit =
        std::min<std::uint64_t>(limits_.message_bytes, std::numeric_limits<std::uint32_t>::max());
    out_.messages.reserve(messages.size);
    for (const Node& node : messages) {
        // The common case by itself: a thousand plain sizes cost next to nothing.
        const bool plain = node.kind == Kind::unsigned_integer && !data_form_ &&
                           node.unsigned_integer <= plain_limit;
        if (plain) {
            sum_ += node.unsigned_integer;
            out_.messages.push_back({key_, static_cast<std::uint32_t>(node.unsigned_integer), {}});
        } else if (auto fault = read_entry(node)) {
            return fault;
        }
    }
    out_.body = data_form_ ? std::string_view(buffers_.payload) : body.value_or("");
    if (sum_ == out_.body.size()) return std::nullopt;
    return error(ErrorCode::size_mismatch,
                 "the sizes add up to " + std::to_string(sum_) + " bytes, the body frame has " +
                     std::to_string(out_.body.size()),
                 "messages");
}

std::optional<Error> BatchReader::read_entry(const Node& node) {
    const Where where{out_.messages.size()};
    PublishEntry entry{key_, 0, {}};
    std::optional<Error> fault;
    if (node.kind == Kind::map) {
        fault = read_map(node, where, entry);
    } else if (data_form_) {
        fault = bad_entry("either all entries have data or none");
    } else {
        fault = read_size(node, "", entry);
    }
    sum_ += entry.size;
    out_.messages.push_back(entry);
    return fault;
}

std::optional<Error> BatchReader::read_size(const Node& size, const char* field,
                                            PublishEntry& entry) {
    if (size.kind != Kind::unsigned_integer) {
        return bad_entry("an entry is a payload size, an integer from 0 up, or a map with a size",
                         field);
    }
    entry.size = static_cast<std::uint32_t>(size.unsigned_integer);
    const Where where{out_.messages.size()};
    return check_payload_size(size.unsigned_integer, where, field, limits_);
}

std::optional<Error> BatchReader::read_map(const Node& map, const Where& where,
                                           PublishEntry& entry) {
    const EntryFields fields(map);
    if (const Node* key = fields.key) {
        if (key->kind != Kind::text) return bad_entry("key must be a string", "key");
        // Names the place only where there is something to say.
        if (check_key(key->bytes(), "key")) return check_key(key->bytes(), where.field("key"));
        entry.key = key->bytes();
    }
    const Node* const size = fields.size;
    auto payload = read_inline_payload(fields.data, fields.data_base64, where, limits_, buffers_);
    if (!payload) return payload.error();
    if (payload->present != data_form_) {
        return bad_entry("either all entries have data or none", "data");
    }
    if (data_form_) {
        if (size != nullptr) return bad_entry("size and data exclude each other", "size");
        entry.size = static_cast<std::uint32_t>(payload->size);
    } else if (size == nullptr) {
        return error(ErrorCode::missing_field, where.field("size") + " is missing",
                     where.field("size"));
    } else if (auto fault = read_size(*size, "size", entry)) {
        return fault;
    }
    const bool add_json_type = payload->json && fields.content_type == nullptr &&
                               envelope_.find("content_type") == nullptr;
    auto own = read_properties(map, Place::publish_entry, where, add_json_type, buffers_);
    if (!own) return own.error();
    entry.own = *own;
    return std::nullopt;
}

std::optional<Error> read_single(const Node& envelope, std::string_view key,
                                 std::optional<std::string_view> body, const DecodeLimits& limits,
                                 MessageBuffers& buffers, Publish& out) {
    auto payload = read_inline_payload(envelope, {}, limits, buffers);
    if (!payload) return payload.error();
    if (payload->present && body) return body_beside_data("data");
    out.body = payload->present ? std::string_view(buffers.payload) : body.value_or("");
    if (auto fault = check_payload_size(out.body.size(), {}, "", limits)) return fault;

    const bool add_json_type = payload->json && envelope.find("content_type") == nullptr;
    auto common = read_properties(envelope, Place::publish_envelope, {}, add_json_type, buffers);
    if (!common) return common.error();
    out.common = *common;
    out.messages.push_back({key, static_cast<std::uint32_t>(out.body.size()), {}});
    return std::nullopt;
}

}  // namespace

Result<Publish> read_publish(const Node& envelope, std::optional<std::string_view> body,
                             const DecodeLimits& limits, MessageBuffers& buffers) {
    Publish publish;
    std::string_view key;
    FieldReader fields(envelope);
    fields.required_label("exchange", publish.exchange);
    fields.label("key", key);
    fields.flag("mandatory", publish.mandatory);
    if (fields.fault()) return *fields.fault();

    const Node* const messages = envelope.find("messages");
    publish.batch = messages != nullptr;
    if (!publish.batch) {
        if (auto fault = read_single(envelope, key, body, limits, buffers, publish)) return *fault;
        return publish;
    }
    for (const char* name : {"data", "data_base64"}) {
        if (envelope.find(name) == nullptr) continue;
        return error(ErrorCode::bad_field,
                     std::string(name) + " stands in the entries when there are messages", name);
    }
    auto common = read_properties(envelope, Place::publish_envelope, {}, false, buffers);
    if (!common) return common.error();
    publish.common = *common;
    BatchReader batch(envelope, key, limits, buffers, publish);
    if (auto fault = batch.read(*messages, body)) return *fault;
    return publish;
}

}  // namespace zex::wire
