"""The vectors that a decoder must refuse; see generate.py for what a vector is."""
from vectors import GROUPS, pack, text


def refused(name, error, fields=None, *, field="", id=None, body=None, json_text=None,
            msgpack_hex=None):
    """A request that must be refused: the same in both forms, or raw text or bytes in one."""
    GROUPS.setdefault("refused", []).append({
        "name": name, "direction": "request",
        "json": text(fields) if fields is not None else json_text,
        "msgpack": pack(fields) if fields is not None else msgpack_hex,
        "body": body if body is None else body.hex(),
        "canonical": False,
        "error": {"name": error} if error == "malformed" else
                 {"name": error, "field": field, "id": id},
    })


DECLARE = {"op": "declare_queue", "id": 4, "queue": "orders"}
PUBLISH = {"op": "publish", "id": 20, "exchange": "logs", "key": "info"}
PING_AND = "82" + pack({"op": "ping"})[2:]  # a map of two, without its second entry
SETTLE = {"op": "settle", "id": 40, "consumer": "w1"}


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


refused("an empty envelope", "malformed", json_text="")
refused("an envelope that is no map", "malformed", json_text="[1]", msgpack_hex="9101")
refused("an envelope that ends in the middle", "malformed", json_text='{"op":"pi',
        msgpack_hex="82a26f70a470")
refused("bytes after the envelope", "malformed", json_text='{"op":"ping"}{}',
        msgpack_hex=pack({"op": "ping"}) + "c0")
refused("a key that stands twice", "malformed", json_text='{"op":"ping","id":1,"id":2}',
        msgpack_hex="83" + pack({"op": "ping", "id": 1})[2:] + pack({"id": 2})[2:])
refused("a key that stands twice further down", "malformed",
        json_text='{"op":"publish","exchange":"logs","headers":{"a":1,"a":1}}',
        msgpack_hex="83" + pack({"op": "publish", "exchange": "logs"})[2:] + pack("headers")
        + "82a16101a16101")
refused("a key that is no string", "malformed", msgpack_hex=PING_AND + "0102")
refused("deeper than 32 levels", "malformed", {**PUBLISH, "x": nested(32)})
refused("a string that is no UTF-8", "malformed", msgpack_hex=PING_AND + "a178a2c328")
refused("a surrogate in UTF-8", "malformed", msgpack_hex=PING_AND + "a178a3eda080")
refused("a lone surrogate escape", "malformed", json_text='{"op":"ping","x":"\\ud800"}')
refused("a number that is none", "malformed", json_text='{"op":"ping","x":NaN}',
        msgpack_hex=PING_AND + "a178cb7ff8000000000000")
refused("an infinite number", "malformed", json_text='{"op":"ping","x":1e400}',
        msgpack_hex=PING_AND + "a178cb7ff0000000000000")
refused("an integer of more than 64 bits", "malformed",
        json_text='{"op":"ping","x":18446744073709551616}')
refused("an integer below 64 bits", "malformed",
        json_text='{"op":"ping","x":-9223372036854775809}')
refused("an extension type", "malformed", msgpack_hex=PING_AND + "a178d40100")
refused("bin that is not data", "malformed", msgpack_hex=pack({"op": "ping", "x": b"\0"}))
refused("an array that declares 2^32-1 elements", "malformed",
        msgpack_hex=PING_AND + "a178ddffffffff")
refused("a map that declares 2^32-1 entries", "malformed", msgpack_hex="dfffffffff")
refused("no operation", "missing_field", {"id": 3}, field="op", id=3)
refused("an operation that is no string", "bad_field", {"op": 7, "id": 3}, field="op", id=3)
refused("an unknown operation", "unknown_operation", {"op": "decalre_queue", "id": 3}, field="op",
        id=3)
refused("an id that is negative", "bad_field", {"op": "ping", "id": -1}, field="id")
refused("an id that is no integer", "bad_field", {"op": "ping", "id": 1.0}, field="id")
refused("a batch whose ids do not fit into 64 bits", "bad_field",
        {"op": "publish", "id": 2**64 - 1, "exchange": "logs", "messages": [0, 0]}, field="id",
        id=2**64 - 1)
refused("a missing field", "missing_field", {"op": "purge", "id": 3}, field="queue", id=3)
refused("a field of the wrong type", "bad_field", {**DECLARE, "exclusive": 1}, field="exclusive",
        id=4)
refused("a bool is no number", "bad_field", {**DECLARE, "max_messages": True},
        field="max_messages", id=4)
refused("the id is read where the bad field comes first", "bad_field",
        {"op": "declare_queue", "max_messages": "9", "id": 4}, field="max_messages", id=4)
refused("null is a value of the wrong type", "bad_field", {**DECLARE, "max_bytes": None},
        field="max_bytes", id=4)
refused("an empty name", "bad_name", {"op": "purge", "id": 3, "queue": ""}, field="queue", id=3)
refused("a name of 256 bytes", "bad_name", {"op": "purge", "id": 3, "queue": "x" * 256},
        field="queue", id=3)
refused("a control character in a name", "bad_name", {"op": "purge", "id": 3, "queue": "a\nb"},
        field="queue", id=3)
refused("no version offered", "bad_field", {"op": "hello", "id": 1, "versions": []},
        field="versions", id=1)
refused("hello without versions", "missing_field", {"op": "hello", "id": 1}, field="versions", id=1)
refused("bind without a key", "missing_field",
        {"op": "bind", "id": 6, "queue": "orders", "exchange": "logs"}, field="key", id=6)
refused("a body frame where none belongs", "wrong_frame_count", {"op": "ping", "id": 3}, id=3,
        body=b"x")
refused("sizes that do not add up", "size_mismatch", {**PUBLISH, "messages": [3, 4]},
        field="messages", id=20, body=b"sixsix")
refused("sizes without a body frame", "size_mismatch", {**PUBLISH, "messages": [1]},
        field="messages", id=20)
refused("a batch of none", "bad_field", {**PUBLISH, "messages": []}, field="messages", id=20)
refused("an entry without a size", "missing_field", {**PUBLISH, "messages": [3, {"key": "a"}]},
        field="messages[1].size", id=20, body=b"six")
refused("an entry with an exchange of its own", "bad_field",
        {**PUBLISH, "messages": [{"size": 3, "exchange": "other"}]},
        field="messages[0].exchange", id=20, body=b"six")
refused("data and a body frame", "wrong_frame_count", {**PUBLISH, "data": "a"}, field="data", id=20,
        body=b"a")
refused("data and data_base64", "bad_field", {**PUBLISH, "data": "a", "data_base64": "YQ=="},
        field="data_base64", id=20)
refused("base64 that is none", "bad_field", {**PUBLISH, "data_base64": "a?=="},
        field="data_base64", id=20)
refused("a property with the name of a delivery field", "bad_field", {**PUBLISH, "tag": 7},
        field="tag", id=20)
refused("a version that is not major.minor", "bad_field", {**PUBLISH, "version": "1"},
        field="version", id=20)
refused("a version that is a number", "bad_field", {**PUBLISH, "version": 1.0}, field="version",
        id=20)
refused("a timestamp that is text", "bad_field", {**PUBLISH, "timestamp": "now"},
        field="timestamp", id=20)
refused("headers that are no map", "bad_field", {**PUBLISH, "headers": []}, field="headers", id=20)
refused("publish without an exchange", "missing_field", {"op": "publish", "id": 20, "key": "a"},
        field="exchange", id=20)
refused("settle without a tag", "missing_field", SETTLE, field="tag", id=40)
refused("settle with tag and tags", "bad_field", {**SETTLE, "tag": 1, "tags": [2]}, field="tags",
        id=40)
refused("settle up to several tags", "bad_field", {**SETTLE, "tags": [1, 2], "up_to": True},
        field="up_to", id=40)
refused("settle with an unknown action", "bad_field", {**SETTLE, "tag": 1, "action": "nack"},
        field="action", id=40)
refused("a range of tags that runs backwards", "bad_field", {**SETTLE, "tags": [[5, 3]]},
        field="tags[0]", id=40)
