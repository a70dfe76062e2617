#!/usr/bin/python3
"""Publishes lines (arguments or stdin) in JSON, one message each, and waits for every confirm."""
import argparse, json, os, sys, time, zmq

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--endpoint", default=os.environ.get("ZEX_ENDPOINT", "tcp://127.0.0.1:5695"))
parser.add_argument("--field", action="append", default=[], help="NAME=TEXT: a property")
parser.add_argument("--timeout", type=float, default=30, help="seconds for everything")
parser.add_argument("exchange"), parser.add_argument("key"), parser.add_argument("line", nargs="*")
args = parser.parse_args()
properties = dict(field.split("=", 1) for field in args.field)
lines = args.line or sys.stdin.read().splitlines()
deadline = time.monotonic() + args.timeout
socket = zmq.Context().socket(zmq.DEALER)
socket.linger = 1000
socket.connect(args.endpoint)

def receive():
    """The next answer. Meanwhile pings are answered, and sent within the 2000 ms of our hello."""
    while time.monotonic() < deadline:
        if not socket.poll(1000):
            socket.send_json({"op": "ping"})
            continue
        reply = json.loads(socket.recv_multipart()[0])
        if reply["op"] == "ping":
            socket.send_json({**reply, "op": "pong"})
        elif reply["op"] in ("error", "goodbye"):
            sys.exit(f"{reply['error']}: {reply['reason']}")  # on stderr, exit code 1
        elif reply["op"] != "pong":
            return reply
    sys.exit(f"{args.endpoint} did not answer in time")

socket.send_json({"op": "hello", "versions": [1], "client": "publish_json", "heartbeat_ms": 2000})
receive()  # welcome
sent, waiting, failed = 0, set(), 0
while sent < len(lines) or waiting:
    if sent < len(lines) and len(waiting) < 500:
        socket.send_json({**properties, "op": "publish", "id": sent, "mandatory": True,
                          "exchange": args.exchange, "key": args.key, "data": lines[sent]})
        waiting.add(sent)
        sent += 1
        continue
    reply = receive()  # confirm; or refuse or return
    waiting.remove(reply["id"])
    if reply["op"] != "confirm":
        failed += 1
        print(f"{reply['op']} {reply['error']}: {reply['reason']}", file=sys.stderr)
socket.send_json({"op": "close"})
sys.exit(f"{failed} of {sent} not taken" if failed else 0)
