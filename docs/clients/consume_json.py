#!/usr/bin/python3
"""Binds a queue (a temporary one unless named) and prints the payloads, one a line, in JSON."""
import argparse, json, os, sys, time, zmq

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--endpoint", default=os.environ.get("ZEX_ENDPOINT", "tcp://127.0.0.1:5695"))
parser.add_argument("--queue", default="", help="instead of a temporary queue")
parser.add_argument("--count", type=int, default=1, help="stop after so many messages")
parser.add_argument("--timeout", type=float, default=30, help="seconds for everything")
parser.add_argument("--envelope", action="store_true", help="print whole envelopes")
parser.add_argument("exchange"), parser.add_argument("key", nargs="+")
args = parser.parse_args()
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
        elif reply["op"] in ("error", "goodbye", "cancelled"):
            sys.exit(f"{reply['error']}: {reply['reason']}")  # on stderr, exit code 1
        elif reply["op"] != "pong":
            return reply
    sys.exit(f"{args.endpoint}: not enough messages in time")

def ask(op, **fields):
    socket.send_json({"op": op, "id": 1, **fields})
    return receive()

ask("hello", versions=[1], client="consume_json", heartbeat_ms=2000)
ask("declare_exchange", exchange=args.exchange)
queue = ask("declare_queue", queue=args.queue)["queue"]
ask("bind", queue=queue, exchange=args.exchange, key=args.key)
ask("consume", queue=queue, consumer="c", data=True)
print("ready", file=sys.stderr, flush=True)
for _ in range(args.count):
    delivery = receive()
    line = delivery if args.envelope else delivery.get("data", delivery.get("data_base64"))
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
    socket.send_json({"op": "settle", "consumer": "c", "tag": delivery["tag"]})
socket.send_json({"op": "close"})
