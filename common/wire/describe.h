// The one description of every operation and answer: its name and its fields, in the order in which
// they are written. FieldReader and FieldWriter are the visitors, so that decoding and encoding, in
// both forms, cannot disagree. Publish, deliver and return carry messages and stand in files of
// their own (publish_*.cpp, deliver_*.cpp).
//
// A visitor has, for a field name and a member:
//   name           required, 1 to 255 bytes         label           may be empty, and then is left
//   out required_label may be empty, never left out     text, number, flag  left out at the default
//   required       always there                     optional            left out where there is
//   none
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "common/wire/protocol.h"

namespace zex::wire {

template <class T>
inline constexpr std::string_view operation_name = "";
template <>
inline constexpr std::string_view operation_name<Hello> = "hello";
template <>
inline constexpr std::string_view operation_name<Ping> = "ping";
template <>
inline constexpr std::string_view operation_name<Pong> = "pong";
template <>
inline constexpr std::string_view operation_name<Close> = "close";
template <>
inline constexpr std::string_view operation_name<DeclareExchange> = "declare_exchange";
template <>
inline constexpr std::string_view operation_name<DeleteExchange> = "delete_exchange";
template <>
inline constexpr std::string_view operation_name<DeclareQueue> = "declare_queue";
template <>
inline constexpr std::string_view operation_name<DeleteQueue> = "delete_queue";
template <>
inline constexpr std::string_view operation_name<Bind> = "bind";
template <>
inline constexpr std::string_view operation_name<Unbind> = "unbind";
template <>
inline constexpr std::string_view operation_name<Purge> = "purge";
template <>
inline constexpr std::string_view operation_name<Publish> = "publish";
template <>
inline constexpr std::string_view operation_name<Consume> = "consume";
template <>
inline constexpr std::string_view operation_name<Cancel> = "cancel";
template <>
inline constexpr std::string_view operation_name<Credit> = "credit";
template <>
inline constexpr std::string_view operation_name<Settle> = "settle";
template <>
inline constexpr std::string_view operation_name<Get> = "get";
template <>
inline constexpr std::string_view operation_name<Peek> = "peek";
template <>
inline constexpr std::string_view operation_name<List> = "list";
template <>
inline constexpr std::string_view operation_name<StatusRequest> = "status";
template <>
inline constexpr std::string_view operation_name<Explain> = "explain";
template <>
inline constexpr std::string_view operation_name<Backup> = "backup";
template <>
inline constexpr std::string_view operation_name<Welcome> = "welcome";
template <>
inline constexpr std::string_view operation_name<Ok> = "ok";
template <>
inline constexpr std::string_view operation_name<ErrorReply> = "error";
template <>
inline constexpr std::string_view operation_name<Confirm> = "confirm";
template <>
inline constexpr std::string_view operation_name<Refuse> = "refuse";
template <>
inline constexpr std::string_view operation_name<Deliver> = "deliver";
template <>
inline constexpr std::string_view operation_name<Return> = "return";
template <>
inline constexpr std::string_view operation_name<Empty> = "empty";
template <>
inline constexpr std::string_view operation_name<Cancelled> = "cancelled";
template <>
inline constexpr std::string_view operation_name<Goodbye> = "goodbye";

/// T or const T: a reader fills what it is given, a writer only looks.
template <class T, class... Ops>
concept Any = (std::same_as<std::remove_const_t<T>, Ops> || ...);

template <class Visit, Any<Ping, Pong, Close, StatusRequest, Empty> Op>
void describe(Visit&, Op&) {}

template <class Visit, Any<Hello> Op>
void describe(Visit& visit, Op& op) {
    visit.versions("versions", op.versions);
    visit.label("client", op.client);
    visit.text("token", op.token);
    visit.number("heartbeat_ms", op.heartbeat_ms);
    visit.number("grace_ms", op.grace_ms);
    visit.flag("batch", op.batch);
    visit.texts("features", op.features);
    visit.text("credentials", op.credentials);
}

template <class Visit, Any<DeclareExchange> Op>
void describe(Visit& visit, Op& op) {
    visit.name("exchange", op.exchange);
    visit.text("kind", op.kind, "direct");
    visit.flag("durable", op.durable);
    visit.flag("auto_delete", op.auto_delete);
    visit.flag("passive", op.passive);
}

template <class Visit, Any<DeleteExchange> Op>
void describe(Visit& visit, Op& op) {
    visit.name("exchange", op.exchange);
    visit.flag("if_unused", op.if_unused);
}

template <class Visit, Any<DeclareQueue> Op>
void describe(Visit& visit, Op& op) {
    visit.label("queue", op.queue);
    visit.flag("durable", op.durable);
    visit.text("durability", op.durability);
    visit.flag("exclusive", op.exclusive);
    visit.flag("auto_delete", op.auto_delete);
    visit.flag("passive", op.passive);
    visit.number("max_messages", op.max_messages);
    visit.number("max_bytes", op.max_bytes);
    visit.text("overflow", op.overflow);
}

template <class Visit, Any<DeleteQueue> Op>
void describe(Visit& visit, Op& op) {
    visit.name("queue", op.queue);
    visit.flag("if_unused", op.if_unused);
    visit.flag("if_empty", op.if_empty);
}

template <class Visit, Any<Bind, Unbind> Op>
void describe(Visit& visit, Op& op) {
    visit.name("queue", op.queue);
    visit.name("exchange", op.exchange);
    visit.keys("key", op.keys);
}

template <class Visit, Any<Purge> Op>
void describe(Visit& visit, Op& op) {
    visit.name("queue", op.queue);
}

template <class Visit, Any<Consume> Op>
void describe(Visit& visit, Op& op) {
    visit.name("queue", op.queue);
    visit.label("consumer", op.consumer);
    visit.number("credit", op.credit);
    visit.number("credit_bytes", op.credit_bytes);
    visit.flag("no_ack", op.no_ack);
    visit.flag("data", op.data);
}

template <class Visit, Any<Cancel> Op>
void describe(Visit& visit, Op& op) {
    visit.name("consumer", op.consumer);
}

template <class Visit, Any<Credit> Op>
void describe(Visit& visit, Op& op) {
    visit.name("consumer", op.consumer);
    visit.number("credit", op.credit);
    visit.number("credit_bytes", op.credit_bytes);
}

template <class Visit, Any<Settle> Op>
void describe(Visit& visit, Op& op) {
    visit.label("consumer", op.consumer);
    visit.tags("tag", "tags", op.tags);
    visit.flag("up_to", op.up_to);
    visit.settlement("action", op.action);
}

template <class Visit, Any<Get> Op>
void describe(Visit& visit, Op& op) {
    visit.name("queue", op.queue);
    visit.flag("no_ack", op.no_ack);
    visit.flag("data", op.data);
}

template <class Visit, Any<Peek> Op>
void describe(Visit& visit, Op& op) {
    visit.name("queue", op.queue);
    visit.number("count", op.count, 1);
}

template <class Visit, Any<List> Op>
void describe(Visit& visit, Op& op) {
    visit.required("what", op.what);
}

template <class Visit, Any<Explain> Op>
void describe(Visit& visit, Op& op) {
    visit.required_label("exchange", op.exchange);
    visit.label("key", op.key);
}

template <class Visit, Any<Backup> Op>
void describe(Visit& visit, Op& op) {
    visit.name("name", op.name);
}

template <class Visit, Any<Welcome> Op>
void describe(Visit& visit, Op& op) {
    visit.required("version", op.version);
    visit.required("session", op.session);
    visit.required("token", op.token);
    visit.required("epoch", op.epoch);
    visit.flag("resumed", op.resumed);
    visit.required("heartbeat_ms", op.heartbeat_ms);
    visit.required("timeout_ms", op.timeout_ms);
    visit.required("grace_ms", op.grace_ms);
    visit.required("max_message_bytes", op.max_message_bytes);
    visit.required("max_batch", op.max_batch);
    visit.required("max_batch_bytes", op.max_batch_bytes);
    visit.text("broker", op.broker);
    visit.text("durability", op.durability);
    visit.texts("features", op.features);
}

template <class Visit, Any<Ok> Op>
void describe(Visit& visit, Op& op) {
    visit.optional("exchange", op.exchange);
    visit.optional("queue", op.queue);
    visit.optional("consumer", op.consumer);
    visit.number("messages", op.messages);
    visit.number("consumers", op.consumers);
    visit.number("changed", op.changed);
    visit.rows("rows", op.rows);
}

template <class Visit, Any<ErrorReply> Op>
void describe(Visit& visit, Op& op) {
    visit.error(op.error);
    visit.texts("differs", op.differs);
    visit.number("changed", op.changed);
    visit.text("consumer", op.consumer);
    visit.optional_tags("tag", "tags", op.tags);
}

template <class Visit, Any<Confirm> Op>
void describe(Visit& visit, Op& op) {
    visit.number("count", op.count, 1);
    visit.required("queues", op.queues);
}

template <class Visit, Any<Refuse> Op>
void describe(Visit& visit, Op& op) {
    visit.number("count", op.count, 1);
    visit.error(op.error);
}

template <class Visit, Any<Cancelled> Op>
void describe(Visit& visit, Op& op) {
    visit.required("consumer", op.consumer);
    visit.error(op.error);
}

template <class Visit, Any<Goodbye> Op>
void describe(Visit& visit, Op& op) {
    visit.error(op.error);
}

}  // namespace zex::wire
