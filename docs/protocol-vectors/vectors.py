"""The vectors that a decoder must understand; see generate.py for what a vector is."""
import json

import msgpack

GROUPS = {}

# What a missing field means, for each operation.
DEFAULTS = {
    "hello": dict(client="", token="", heartbeat_ms=None, grace_ms=None, batch=False,
                  features=[], credentials=""),
    "ping": {}, "pong": {}, "close": {}, "status": {}, "empty": {},
    "declare_exchange": dict(kind="direct", durable=False, auto_delete=False, passive=False),
    "delete_exchange": dict(if_unused=False),
    "declare_queue": dict(queue="", durable=False, durability="", exclusive=False, auto_delete=False,
                          passive=False, max_messages=None, max_bytes=None, overflow=""),
    "delete_queue": dict(if_unused=False, if_empty=False),
    "bind": {}, "unbind": {}, "purge": {}, "cancel": {}, "list": {},
    "consume": dict(consumer="", credit=None, credit_bytes=None, no_ack=False, data=False),
    "credit": dict(credit=None, credit_bytes=None),
    "settle": dict(consumer="", up_to=False, action="ack"),
    "get": dict(no_ack=False, data=False),
    "peek": dict(count=1),
    "explain": dict(key=""), "backup": {},
    "welcome": dict(features=[]),
    "ok": dict(exchange=None, queue=None, consumer=None, messages=None, consumers=None,
               changed=None, rows=None),
    "error": dict(field="", offset=None, differs=[], changed=None, consumer="", tags=[]),
    "confirm": dict(count=1),
    "refuse": dict(count=1, field="", offset=None),
    "cancelled": dict(field="", offset=None),
    "goodbye": dict(field="", offset=None),
}


def pack(value):
    return msgpack.packb(value, use_bin_type=True).hex()


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def vector(group, name, direction, fields, body=None, msgpack_fields=None, canonical=True,
           **outcome):
    """One vector; msgpack_fields where MessagePack says it in another way than JSON."""
    GROUPS.setdefault(group, []).append({
        "name": name,
        "direction": direction,
        "json": text(fields),
        "msgpack": pack(msgpack_fields or fields),
        "body": body if body is None else body.hex(),
        "canonical": canonical,
        **outcome,
    })


def raw(group, name, direction, json_text, msgpack_hex, body=None, canonical=False, **outcome):
    """A vector whose bytes json and msgpack would not write: another way to say the same."""
    GROUPS.setdefault(group, []).append({
        "name": name, "direction": direction, "json": json_text, "msgpack": msgpack_hex,
        "body": body if body is None else body.hex(), "canonical": canonical, **outcome,
    })


def plain(group, name, direction, fields, canonical=True, **other):
    """An operation whose meaning is its fields and the defaults; `other` where it is not."""
    meaning = {"id": None, **DEFAULTS[fields["op"]], **fields, **other}
    meaning = {k: v for k, v in meaning.items() if v is not ...}
    vector(group, name, direction, fields, canonical=canonical, meaning=meaning)


def request(group, name, fields, **other):
    plain(group, name, "request", fields, **other)


def reply(group, name, fields, **other):
    plain(group, name, "reply", fields, **other)


def message(payload, key="", **properties):
    return {"key": key, "properties": properties, "payload": payload.hex()}


def publish(name, fields, messages, body=None, msgpack_fields=None, canonical=True):
    meaning = {"op": "publish", "id": fields.get("id"), "exchange": fields["exchange"],
               "mandatory": fields.get("mandatory", False), "batch": "messages" in fields,
               "messages": messages}
    vector("publish", name, "request", fields, body, msgpack_fields, canonical, meaning=meaning)


def delivery(tag, payload, key, exchange="logs", deliveries=1, **properties):
    return {"tag": tag, "exchange": exchange, "key": key, "deliveries": deliveries,
            "properties": properties, "payload": payload.hex()}


def deliver(name, fields, messages, body=None, msgpack_fields=None, canonical=True):
    meaning = {"op": "deliver", "id": fields.get("id"), "consumer": fields.get("consumer", ""),
               "remaining": fields.get("remaining"), "messages": messages}
    vector("deliver", name, "reply", fields, body, msgpack_fields, canonical, meaning=meaning)


# ---- hello.json ---------------------------------------------------------------------------------

request("hello", "the shortest hello", {"op": "hello", "versions": [1]})
request("hello", "hello with every field",
        {"op": "hello", "id": 1, "versions": [1, 2], "client": "billing-worker",
         "token": "0123456789abcdef0123456789abcdef", "heartbeat_ms": 2000, "grace_ms": 60000,
         "batch": True, "features": ["a", "b"], "credentials": "secret"})
request("hello", "hello may offer versions that nobody has",
        {"op": "hello", "versions": [0, 2147483648]})
request("hello", "unknown fields of an operation are ignored",
        {"op": "hello", "versions": [1], "mood": "sunny"}, canonical=False, mood=...)
WELCOME = {"op": "welcome", "id": 1, "version": 1, "session": "s-7",
           "token": "9f86d081884c7d659a2feaa0c55ad015", "epoch": 2, "resumed": True,
           "heartbeat_ms": 2000, "timeout_ms": 6000, "grace_ms": 60000,
           "max_message_bytes": 1048576, "max_batch": 65536, "max_batch_bytes": 16777216,
           "broker": "zexd 0.1.0", "durability": "none"}
reply("hello", "welcome to a resumed session", WELCOME)
reply("hello", "welcome tells which features hold", {**WELCOME, "features": ["a"]})
request("hello", "ping", {"op": "ping", "id": 9})
request("hello", "pong carries the id of its ping", {"op": "pong", "id": 9})
request("hello", "ping without an id", {"op": "ping"})
request("hello", "close", {"op": "close", "id": 18446744073709551615})

# ---- queues.json --------------------------------------------------------------------------------

request("queues", "declare an exchange", {"op": "declare_exchange", "id": 2, "exchange": "logs"})
request("queues", "declare an exchange that goes with its last binding",
        {"op": "declare_exchange", "id": 2, "exchange": "logs", "auto_delete": True})
request("queues", "ask whether an exchange is there",
        {"op": "declare_exchange", "id": 2, "exchange": "logs", "passive": True})
request("queues", "delete an exchange",
        {"op": "delete_exchange", "id": 3, "exchange": "logs", "if_unused": True})
request("queues", "declare a temporary queue", {"op": "declare_queue", "id": 4})
request("queues", "declare a queue with bounds",
        {"op": "declare_queue", "id": 4, "queue": "orders", "max_messages": 1000,
         "max_bytes": 1000000})
request("queues", "declare a queue that drops its oldest",
        {"op": "declare_queue", "id": 4, "queue": "latest", "max_messages": 1000,
         "overflow": "drop_head"})
request("queues", "declare an exclusive queue that goes with its last consumer",
        {"op": "declare_queue", "id": 4, "queue": "mine", "exclusive": True, "auto_delete": True})
request("queues", "names are UTF-8", {"op": "declare_queue", "id": 4, "queue": "Aufträge/中"})
request("queues", "delete a queue",
        {"op": "delete_queue", "id": 5, "queue": "orders", "if_unused": True, "if_empty": True})
request("queues", "bind one key",
        {"op": "bind", "id": 6, "queue": "orders", "exchange": "logs", "key": "error"},
        key=["error"])
request("queues", "bind several keys",
        {"op": "bind", "id": 6, "queue": "orders", "exchange": "logs", "key": ["info", "", "warn"]})
request("queues", "unbind one key",
        {"op": "unbind", "id": 7, "queue": "orders", "exchange": "logs", "key": "error"},
        key=["error"])
request("queues", "purge", {"op": "purge", "id": 8, "queue": "orders"})
request("queues", "peek", {"op": "peek", "id": 9, "queue": "orders", "count": 10})
request("queues", "list", {"op": "list", "id": 10, "what": "queues"})
request("queues", "status", {"op": "status", "id": 11})
request("queues", "declare a durable queue", {"op": "declare_queue", "id": 3, "queue": "orders",
                                             "durable": True, "durability": "interval 100"})
request("queues", "backup", {"op": "backup", "id": 13, "name": "friday"})
request("queues", "explain", {"op": "explain", "id": 12, "exchange": "logs", "key": "error"})
request("queues", "explain the default exchange", {"op": "explain", "id": 12, "exchange": ""})

# ---- publish.json -------------------------------------------------------------------------------

publish("one message with its payload in the body frame",
        {"op": "publish", "id": 20, "exchange": "logs", "key": "error"},
        [message(b"disk full", "error")], b"disk full")
publish("one message without a payload: no body frame", {"op": "publish", "exchange": "logs"},
        [message(b"")])
publish("properties, known and unknown, are kept",
        {"op": "publish", "id": 20, "exchange": "", "key": "orders", "mandatory": True,
         "type": "order.placed", "version": "1.2", "content_type": "application/json",
         "message_id": "m-1", "correlation_id": "c-1", "reply_to": "answers",
         "timestamp": 1700000000000, "headers": {"retries": 3, "ratio": 0.5, "tags": ["a", None]},
         "x_trace": {"span": -7, "sampled": True}},
        [message(b'{"n":1}', "orders", type="order.placed", version="1.2",
                 content_type="application/json", message_id="m-1", correlation_id="c-1",
                 reply_to="answers", timestamp=1700000000000,
                 headers={"retries": 3, "ratio": 0.5, "tags": ["a", None]},
                 x_trace={"span": -7, "sampled": True})], b'{"n":1}')
publish("a batch whose messages share their fields",
        {"op": "publish", "id": 100, "exchange": "logs", "key": "info", "type": "log.line",
         "messages": [3, 0, 4]},
        [message(b"one", "info", type="log.line"), message(b"", "info", type="log.line"),
         message(b"four", "info", type="log.line")], b"onefour")
publish("an entry's own fields stand before the envelope's",
        {"op": "publish", "id": 100, "exchange": "logs", "key": "info", "type": "log.line",
         "messages": [3, {"size": 3, "key": "error", "type": "log.alert", "seq": 2}]},
        [message(b"one", "info", type="log.line"),
         message(b"two", "error", type="log.alert", seq=2)], b"onetwo", canonical=False)
publish("text in the envelope is the payload",
        {"op": "publish", "id": 21, "exchange": "logs", "key": "info", "data": "grüß dich"},
        [message("grüß dich".encode(), "info")], canonical=False)
publish("a value in the envelope is compact JSON, and its content type says so",
        {"op": "publish", "id": 21, "exchange": "logs", "key": "info", "data": {"a": [1, True]}},
        [message(b'{"a":[1,true]}', "info", content_type="application/json")], canonical=False)
publish("a content type that is given stays",
        {"op": "publish", "id": 21, "exchange": "logs", "key": "info", "data": [1],
         "content_type": "application/x-numbers"},
        [message(b"[1]", "info", content_type="application/x-numbers")], canonical=False)
publish("bytes in the envelope: base64 in JSON, bin in MessagePack",
        {"op": "publish", "id": 21, "exchange": "logs", "key": "info", "data_base64": "AAH+/w=="},
        [message(b"\0\1\xfe\xff", "info")],
        msgpack_fields={"op": "publish", "id": 21, "exchange": "logs", "key": "info",
                        "data": b"\0\1\xfe\xff"}, canonical=False)
publish("a batch in the envelope",
        {"op": "publish", "id": 22, "exchange": "logs", "key": "info",
         "messages": [{"data": "one"}, {"data": 2, "key": "error"}, {"data_base64": "/w=="}]},
        [message(b"one", "info"), message(b"2", "error", content_type="application/json"),
         message(b"\xff", "info")], canonical=False)

publish("integers at the ends of what 64 bits hold, and beyond what a float holds",
        {"op": "publish", "exchange": "", "key": "q", "a": 9007199254740993,
         "b": 9223372036854775808, "c": 18446744073709551615, "d": -9223372036854775808},
        [message(b"", "q", a=9007199254740993, b=9223372036854775808, c=18446744073709551615,
                 d=-9223372036854775808)])
publish("a float without a fraction stays a float",
        {"op": "publish", "exchange": "", "key": "q", "a": 1.0, "b": -0.0, "c": 5e-324},
        [message(b"", "q", a=1.0, b=-0.0, c=5e-324)])
publish("null in the envelope is the payload null",
        {"op": "publish", "exchange": "", "key": "q", "data": None},
        [message(b"null", "q", content_type="application/json")], canonical=False)
publish("false in the envelope is the payload false",
        {"op": "publish", "exchange": "", "key": "q", "data": False},
        [message(b"false", "q", content_type="application/json")], canonical=False)
publish("a number in the envelope is its JSON text",
        {"op": "publish", "exchange": "", "key": "q", "data": 12.5},
        [message(b"12.5", "q", content_type="application/json")], canonical=False)
publish("a string in the envelope is its text, whatever the content type",
        {"op": "publish", "exchange": "", "key": "q", "content_type": "application/json",
         "data": '"tea"'},
        [message(b'"tea"', "q", content_type="application/json")], canonical=False)
publish("characters beyond the basic plane",
        {"op": "publish", "exchange": "", "key": "\U0001f600", "x": "\U0001f408"},
        [message(b"", "\U0001f600", x="\U0001f408")])
raw("publish", "escapes in JSON: NUL, a surrogate pair, a solidus", "request",
    '{"op":"publish","exchange":"","key":"q","x":"\\u0000\\ud83d\\ude00\\/\\u00fc"}',
    pack({"op": "publish", "exchange": "", "key": "q", "x": "\0\U0001f600/ü"}),
    meaning={"op": "publish", "id": None, "exchange": "", "mandatory": False, "batch": False,
             "messages": [message(b"", "q", x="\0\U0001f600/ü")]})
raw("publish", "MessagePack may write wider than it needs: map16, str8, str16, uint64, int64", "request",
    None,
    "de0005" + "d9026f70" + "da0007" + b"publish".hex() + "a26964" + "cf0000000000000014"
    + "a865786368616e6765" + "d900" + "a36b6579" + "a171" + "a178" + "d3fffffffffffffff9",
    meaning={"op": "publish", "id": 20, "exchange": "", "mandatory": False, "batch": False,
             "messages": [message(b"", "q", x=-7)]})

# ---- deliver.json -------------------------------------------------------------------------------

request("deliver", "consume", {"op": "consume", "id": 30, "queue": "orders"})
request("deliver", "consume with every field",
        {"op": "consume", "id": 30, "queue": "orders", "consumer": "w1", "credit": 10,
         "credit_bytes": 65536, "no_ack": True, "data": True})
request("deliver", "credit",
        {"op": "credit", "id": 31, "consumer": "w1", "credit": 50, "credit_bytes": 1000000})
request("deliver", "cancel", {"op": "cancel", "id": 32, "consumer": "w1"})
request("deliver", "get", {"op": "get", "id": 33, "queue": "orders", "no_ack": True, "data": True})
deliver("one message",
        {"op": "deliver", "consumer": "w1", "tag": 7, "exchange": "logs", "key": "error",
         "type": "log.line", "version": "1.0"},
        [delivery(7, b"disk full", "error", type="log.line", version="1.0")], b"disk full")
deliver("a message without a payload",
        {"op": "deliver", "consumer": "w1", "tag": 7, "exchange": "logs", "key": "error"},
        [delivery(7, b"", "error")])
deliver("a message that was delivered before",
        {"op": "deliver", "consumer": "w1", "tag": 8, "exchange": "logs", "key": "error",
         "redelivered": True, "deliveries": 3},
        [delivery(8, b"disk full", "error", deliveries=3)], b"disk full")
deliver("a batch that shares everything",
        {"op": "deliver", "consumer": "w1", "tag": 9, "exchange": "logs", "key": "info",
         "type": "log.line", "messages": [3, 3]},
        [delivery(9, b"one", "info", type="log.line"),
         delivery(10, b"two", "info", type="log.line")], b"onetwo")
deliver("a batch whose entries differ",
        {"op": "deliver", "consumer": "w1", "tag": 9, "exchange": "logs",
         "messages": [{"size": 3, "key": "info", "seq": 1},
                      {"size": 3, "key": "error", "redelivered": True, "deliveries": 2}]},
        [delivery(9, b"one", "info", seq=1), delivery(10, b"two", "error", deliveries=2)],
        b"onetwo", canonical=False)
deliver("a batch with empty payloads, some of them",
        {"op": "deliver", "consumer": "w1", "tag": 9, "exchange": "logs", "key": "info",
         "messages": [0, 3, 0]},
        [delivery(9, b"", "info"), delivery(10, b"one", "info"), delivery(11, b"", "info")],
        b"one")
deliver("a batch with nothing but empty payloads has no body frame",
        {"op": "deliver", "consumer": "w1", "tag": 9, "exchange": "logs", "key": "info",
         "messages": [0, 0]},
        [delivery(9, b"", "info"), delivery(10, b"", "info")])
deliver("the answer to get",
        {"op": "deliver", "id": 33, "tag": 11, "remaining": 4, "exchange": "logs", "key": "error"},
        [delivery(11, b"disk full", "error")], b"disk full")
deliver("text in the envelope",
        {"op": "deliver", "consumer": "w1", "tag": 12, "exchange": "logs", "key": "info",
         "data": "one"},
        [delivery(12, b"one", "info")], canonical=False)
deliver("a JSON payload in the envelope",
        {"op": "deliver", "consumer": "w1", "tag": 13, "exchange": "logs", "key": "info",
         "content_type": "application/json", "data": {"a": 1}},
        [delivery(13, b'{"a":1}', "info", content_type="application/json")], canonical=False)
deliver("bytes in the envelope: base64 in JSON, bin in MessagePack",
        {"op": "deliver", "consumer": "w1", "tag": 14, "exchange": "logs", "key": "info",
         "data_base64": "AAH+/w=="},
        [delivery(14, b"\0\1\xfe\xff", "info")],
        msgpack_fields={"op": "deliver", "consumer": "w1", "tag": 14, "exchange": "logs",
                        "key": "info", "data": b"\0\1\xfe\xff"}, canonical=False)
reply("deliver", "get found nothing", {"op": "empty", "id": 33})
reply("deliver", "the queue of a consumer was deleted",
      {"op": "cancelled", "consumer": "w1", "code": 605, "error": "queue_deleted",
       "reason": "queue 'orders' was deleted", "retry": False})

# ---- settle.json --------------------------------------------------------------------------------

request("settle", "ack one delivery", {"op": "settle", "consumer": "w1", "tag": 7},
        tags=[[7, 7]], tag=...)
request("settle", "ack everything up to a tag, with an answer",
        {"op": "settle", "id": 40, "consumer": "w1", "tag": 7, "up_to": True},
        tags=[[7, 7]], tag=...)
request("settle", "requeue several deliveries and ranges of them",
        {"op": "settle", "consumer": "w1", "tags": [3, [5, 8], 10], "action": "requeue"},
        tags=[[3, 3], [5, 8], [10, 10]])
request("settle", "reject a delivery that get took",
        {"op": "settle", "id": 41, "tag": 11, "action": "reject"}, tags=[[11, 11]], tag=...)

# ---- replies.json -------------------------------------------------------------------------------

reply("replies", "ok without anything else", {"op": "ok", "id": 31})
reply("replies", "a temporary queue was declared",
      {"op": "ok", "id": 4, "queue": "zex.tmp-00112233445566778899aabbccddeeff", "messages": 0,
       "consumers": 0})
reply("replies", "bindings were made", {"op": "ok", "id": 6, "changed": 2})
reply("replies", "a consumer was made", {"op": "ok", "id": 30, "consumer": "w1"})
reply("replies", "rows",
      {"op": "ok", "id": 12, "rows": [{"queue": "orders", "takes": True, "reason": "bound"}]})
reply("replies", "a map of rows",
      {"op": "ok", "id": 11, "rows": {"broker": "zexd 0.1.0", "published": 12, "in_rate": 1.5}})
reply("replies", "an error that names the field",
      {"op": "error", "id": 5, "code": 201, "error": "no_such_queue",
       "reason": "no queue named 'order'", "field": "queue", "retry": False})
reply("replies", "an error that names the byte",
      {"op": "error", "code": 100, "error": "malformed", "reason": "the envelope ends too early",
       "offset": 17, "retry": False})
reply("replies", "an error that names what differs",
      {"op": "error", "id": 4, "code": 300, "error": "properties_differ",
       "reason": "auto_delete: is false, asked for true", "retry": False,
       "differs": ["auto_delete"]})
reply("replies", "an error to a settle with an id tells what was settled all the same",
      {"op": "error", "id": 40, "code": 203, "error": "no_such_delivery",
       "reason": "tag 9 names no unsettled delivery", "field": "tag", "retry": False,
       "changed": 2})
reply("replies", "an error to a settle without an id tells which settle it was",
      {"op": "error", "code": 203, "error": "no_such_delivery",
       "reason": "tag 9 names no unsettled delivery", "field": "tag", "retry": False,
       "changed": 2, "consumer": "w1", "tags": [[7, 9]]}, tags=[[7, 9]])
reply("replies", "confirm", {"op": "confirm", "id": 20, "queues": 2})
reply("replies", "confirm of several messages",
      {"op": "confirm", "id": 100, "count": 3, "queues": 0})
reply("replies", "refuse",
      {"op": "refuse", "id": 20, "code": 401, "error": "queue_full",
       "reason": "queue 'orders' has 1000 of 1000 messages", "retry": True})
reply("replies", "refuse of several messages, without an id",
      {"op": "refuse", "count": 3, "code": 200, "error": "no_such_exchange",
       "reason": "no exchange named 'lgos'", "field": "exchange", "retry": False})
vector("replies", "return of a mandatory message", "reply",
       {"op": "return", "id": 20, "code": 400, "error": "unroutable",
        "reason": "no queue is bound to 'logs' with key 'debug'", "retry": False,
        "exchange": "logs", "key": "debug", "type": "log.line"}, b"hm",
       meaning={"op": "return", "id": 20, "code": 400, "error": "unroutable",
                "reason": "no queue is bound to 'logs' with key 'debug'", "field": "",
                "offset": None, "retry": False, "exchange": "logs", "key": "debug",
                "properties": {"type": "log.line"}, "payload": b"hm".hex()})
vector("replies", "return of a message to the default exchange, without key and id", "reply",
       {"op": "return", "code": 400, "error": "unroutable", "reason": "no queue is named ''",
        "field": "key", "retry": False},
       meaning={"op": "return", "id": None, "code": 400, "error": "unroutable",
                "reason": "no queue is named ''", "field": "key", "offset": None, "retry": False,
                "exchange": "", "key": "", "properties": {}, "payload": ""})
reply("replies", "goodbye: the session was resumed elsewhere",
      {"op": "goodbye", "code": 603, "error": "session_taken",
       "reason": "session s-1 was resumed on another connection", "retry": False})
reply("replies", "goodbye: nothing was heard",
      {"op": "goodbye", "code": 604, "error": "heartbeat_missed",
       "reason": "nothing was heard for 6000 ms", "retry": True})
reply("replies", "goodbye",
      {"op": "goodbye", "code": 601, "error": "shutting_down",
       "reason": "the broker is shutting down", "retry": True})
reply("replies", "ping from the broker", {"op": "ping"})
reply("replies", "pong from the broker", {"op": "pong", "id": 9})
reply("replies", "unknown fields of a reply are ignored",
      {"op": "pong", "id": 9, "mood": "sunny"}, canonical=False, mood=...)
