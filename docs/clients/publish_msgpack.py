#!/usr/bin/python3
"""Publishes lines (arguments or stdin) in MessagePack, in batches, and waits for every confirm."""
import argparse, msgpack, os, sys, time, zmq

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--endpoint", default=os.environ.get("ZEX_ENDPOINT", "tcp://127.0.0.1:5695"))
parser.add_argument("--field", action="append", default=[], help="NAME=TEXT: a property")
parser.add_argument("--timeout", type=float, default=30, help="seconds for everything")
parser.add_argument("exchange"), parser.add_argument("key"), parser.add_argument("line", nargs="*")
args = parser.parse_args()
properties = dict(field.split("=", 1) for field in args.field)
lines = [line.encode() for line in args.line] or sys.stdin.buffer.read().splitlines()
deadline = time.monotonic() + args.timeout
socket = zmq.Context().socket(zmq.DEALER)
socket.linger = 1000
socket.connect(args.endpoint)

send = lambda envelope, *body: socket.send_multipart([msgpack.packb(envelope), *body])

def receive():
    """The next answer. Meanwhile pings are answered, and sent within the 2000 ms of our hello."""
    while time.monotonic() < deadline:
        if not socket.poll(1000):
            send({"op": "ping"})
            continue
        reply = msgpack.unpackb(socket.recv_multipart()[0])
        if reply["op"] == "ping":
            send({**reply, "op": "pong"})
        elif reply["op"] in ("error", "goodbye"):
            sys.exit(f"{reply['error']}: {reply['reason']}")  # on stderr, exit code 1
        elif reply["op"] != "pong":
            return reply
    sys.exit(f"{args.endpoint} did not answer in time")

send({"op": "hello", "versions": [1], "client": "publish_msgpack", "heartbeat_ms": 2000})
welcome, failed = receive(), 0
for first in range(0, len(lines), 100):
    batch = lines[first:first + 100]
    send({**properties, "op": "publish", "id": first, "mandatory": True, "exchange": args.exchange,
          "key": args.key, "messages": [len(line) for line in batch]}, b"".join(batch))
    waiting = len(batch)
    while waiting:  # each answer is for `count` messages: confirm; or refuse or return
        reply = receive()
        waiting -= reply.get("count", 1)
        if reply["op"] != "confirm":
            failed += reply.get("count", 1)
            print(f"{reply['op']} {reply['error']}: {reply['reason']}", file=sys.stderr)
send({"op": "close"})
sys.exit(f"{failed} of {len(lines)} not taken" if failed else 0)
