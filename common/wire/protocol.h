// The wire, verb by verb, as plain structs. docs/protocol.md says the same with examples; a field
// here has the name that it has on the wire. common/wire/codec.h turns frames into these and back.
//
// Views (std::string_view) in a decoded struct point into the frames or into the decoder, and are
// good until the decoder's next call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <zex/error.hpp>

namespace zex::wire {

inline constexpr std::uint64_t protocol_version = 1;

/// How an envelope is written. The first byte of the frame tells which.
enum class Form : std::uint8_t { json, msgpack };

/// One ZeroMQ message: an envelope frame and, where there are payload bytes, a body frame.
struct Frames {
    std::string envelope;
    std::optional<std::string> body;
};

/// Message fields that the broker carries but does not read (`type`, `version`, `headers`, fields
/// that it has never heard of): one canonical MessagePack map, or empty for no fields at all.
using Properties = std::string_view;

// ---- client -> broker ---------------------------------------------------------------------------

/// The first operation on every connection. Its layout is frozen for ever.
struct Hello {
    std::vector<std::uint64_t> versions;        ///< protocol versions that the client speaks
    std::string client;                         ///< what `zex sessions` shows; may be empty
    std::string token;                          ///< of the session to resume; empty: a new one
    std::optional<std::uint64_t> heartbeat_ms;  ///< something is sent at least this often
    std::optional<std::uint64_t> grace_ms;      ///< how long the session outlives its connection
    bool batch = false;                         ///< understands batches in deliver and confirm
    /// What the client understands beyond version 1; the broker passes over what it does not know.
    std::vector<std::string> features = {};
    std::string credentials = {};  ///< for brokers that ask who is there; this one does not
};

struct Ping {};
struct Pong {};
/// The client leaves: its session ends at once, without a grace period.
struct Close {};

struct DeclareExchange {
    std::string exchange;
    std::string kind = "direct";
    bool durable = false;      ///< survives a restart of the broker
    bool auto_delete = false;  ///< goes when its last binding goes
    bool passive = false;      ///< only ask whether it is there
};

struct DeleteExchange {
    std::string exchange;
    bool if_unused = false;  ///< refuse with `in_use` while it has bindings
};

struct DeclareQueue {
    std::string queue;         ///< empty: a temporary queue, named by the broker
    bool durable = false;      ///< it and its messages survive a restart of the broker
    std::string durability;    ///< of a durable one: "sync" (as empty), "interval MS" or "none"
    bool exclusive = false;    ///< this session's alone, gone with it; always so when unnamed
    bool auto_delete = false;  ///< goes when its last consumer goes
    bool passive = false;      ///< only ask whether it is there
    std::optional<std::uint64_t>
        max_messages;                        ///< ready and unacked; beyond it publishes are refused
    std::optional<std::uint64_t> max_bytes;  ///< payload and property bytes, likewise
    std::string overflow;  ///< at a bound: "refuse" publishes (as empty), or "drop_head"
};

struct DeleteQueue {
    std::string queue;
    bool if_unused = false;  ///< refuse with `in_use` while it has consumers
    bool if_empty = false;   ///< refuse with `not_empty` while it has messages
};

struct Bind {
    std::string queue;
    std::string exchange;
    std::vector<std::string> keys;  ///< on the wire `key`: a string or an array of strings
};

struct Unbind {
    std::string queue;
    std::string exchange;
    std::vector<std::string> keys;
};

struct Purge {
    std::string queue;
};

/// One message of a publish. Its payload is the next `size` bytes of the body.
struct PublishEntry {
    std::string_view key;
    std::uint32_t size = 0;
    Properties own;  ///< this entry's own fields; each stands before one of the same name in common
};

/// One message or a batch. In a batch, message i has the id `first id + i`.
struct Publish {
    std::string_view exchange;
    Properties common;  ///< fields of every message
    std::vector<PublishEntry>
        messages;            ///< at least one; entries without a key have the envelope's
    std::string_view body;   ///< all payloads, end to end
    bool mandatory = false;  ///< unroutable messages come back as `return`
    bool batch = false;      ///< had `messages`: replies may cover ranges of ids
};

struct Consume {
    std::string queue;
    std::string consumer;                 ///< unique in the session; empty: named by the broker
    std::optional<std::uint64_t> credit;  ///< most unsettled messages
    std::optional<std::uint64_t> credit_bytes;  ///< most unsettled payload bytes
    bool no_ack = false;                        ///< settled by being sent; credit is not used
    bool data = false;  ///< payloads stand in the envelope as `data`, one message an envelope
};

struct Cancel {
    std::string consumer;
};

/// Changes the credit of a consumer.
struct Credit {
    std::string consumer;
    std::optional<std::uint64_t> credit;
    std::optional<std::uint64_t> credit_bytes;
};

enum class Settlement : std::uint8_t { ack, requeue, reject };

/// First and last tag, both included.
struct TagRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const TagRange&) const = default;
};

struct Settle {
    std::string_view consumer;   ///< empty: deliveries that `get` took
    std::vector<TagRange> tags;  ///< on the wire `tag`, or `tags`: numbers and [first, last] pairs
    bool up_to = false;          ///< with one tag: every unsettled delivery up to it
    Settlement action = Settlement::ack;
};

struct Get {
    std::string queue;
    bool no_ack = false;
    bool data = false;
};

/// Looks at the first ready messages without taking them.
struct Peek {
    std::string queue;
    std::uint64_t count = 1;  ///< at most 100
};

/// The rows of one kind: queues, exchanges, bindings, sessions, consumers.
struct List {
    std::string what;
};

struct StatusRequest {};

/// Where would a message with this key go, and why not elsewhere?
struct Explain {
    std::string exchange;
    std::string key;
};

/// Copies all that is stored into a new directory of this name, where the broker keeps backups.
struct Backup {
    std::string name;
};

using Operation =
    std::variant<Hello, Ping, Pong, Close, DeclareExchange, DeleteExchange, DeclareQueue,
                 DeleteQueue, Bind, Unbind, Purge, Publish, Consume, Cancel, Credit, Settle, Get,
                 Peek, List, StatusRequest, Explain, Backup>;

struct Request {
    std::optional<std::uint64_t> id;  ///< echoed in the answer; for publish, the first message's
    Operation operation;
};

// ---- broker -> client ---------------------------------------------------------------------------

struct Welcome {
    std::uint64_t version = protocol_version;
    std::string session;      ///< for people and listings
    std::string token;        ///< 32 hex digits; whoever has it may resume the session
    std::uint64_t epoch = 1;  ///< 1 for a new session, one more with each resumption
    bool resumed = false;
    std::uint64_t heartbeat_ms = 0;
    std::uint64_t timeout_ms = 0;  ///< silence after which either side gives the other up
    std::uint64_t grace_ms = 0;
    std::uint64_t max_message_bytes = 0;  ///< payload bytes of one message
    std::uint64_t max_batch = 0;          ///< messages in one publish
    std::uint64_t max_batch_bytes = 0;    ///< body frame of one publish
    std::string broker;                   ///< program and version
    std::string durability;  ///< what the confirm for a durable queue promises: "sync", written
                             ///< and synced; or "none": this broker has no durable queues
    std::vector<std::string> features = {};  ///< those of the hello that hold on this connection
};

/// Success. Only the fields that the operation has are on the wire.
struct Ok {
    std::optional<std::string> exchange;
    std::optional<std::string> queue;
    std::optional<std::string> consumer;
    std::optional<std::uint64_t> messages;  ///< ready, deleted or purged
    std::optional<std::uint64_t> consumers;
    std::optional<std::uint64_t> changed;  ///< bindings made or removed, deliveries settled
    std::string rows;  ///< MessagePack of the answer to list, peek, status, explain
};

/// A request failed. With no id where the request's own could not be read.
struct ErrorReply {
    Error error;
    std::vector<std::string> differs;  ///< for properties_differ: each differing field
    // To a settle: how many deliveries were settled all the same; and where it had no id, which
    // settle it was.
    std::optional<std::uint64_t> changed = {};
    std::string consumer = {};
    std::vector<TagRange> tags = {};
};

/// Messages id .. id+count-1 were taken by `queues` queues each (0: unroutable, and counted).
struct Confirm {
    std::uint64_t count = 1;
    std::uint64_t queues = 0;
};

/// Messages id .. id+count-1 were not taken, by any queue.
struct Refuse {
    std::uint64_t count = 1;
    Error error;
};

/// One delivered message.
struct DeliverEntry {
    std::string_view exchange;
    std::string_view key;
    Properties common;
    Properties own;  ///< each field stands before one of the same name in common
    std::string_view payload;
    std::uint32_t deliveries = 1;  ///< this one included; above 1 the message is `redelivered`
};

/// Deliveries to one consumer, with the tags first_tag, first_tag+1, …
struct Deliver {
    std::string_view consumer;  ///< empty in the answer to `get`
    std::uint64_t first_tag = 0;
    std::vector<DeliverEntry> messages;
    std::optional<std::uint64_t> remaining;  ///< answer to `get`: messages still ready
};

/// A mandatory message that no queue took, whole. Stands in the place of its confirm.
struct Return {
    DeliverEntry message;
    Error error;
};

/// The answer to `get` from a queue without ready messages.
struct Empty {};

/// The consumer is gone without having asked, for instance with its queue.
struct Cancelled {
    std::string consumer;
    Error error;
};

/// The broker hangs up.
struct Goodbye {
    Error error;
};

using Answer = std::variant<Welcome, Ok, ErrorReply, Confirm, Refuse, Deliver, Return, Empty,
                            Cancelled, Goodbye, Ping, Pong>;

struct Reply {
    std::optional<std::uint64_t> id;
    Answer answer;
};

}  // namespace zex::wire
