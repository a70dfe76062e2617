#!/usr/bin/python3
"""Binds a queue (a temporary one unless named) and prints the payloads, in MessagePack batches."""
import argparse, json, msgpack, os, sys, time, zmq

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
send = lambda envelope: socket.send(msgpack.packb(envelope))

def receive():
    """The next answer. Meanwhile pings are answered, and sent within the 2000 ms of our hello."""
    while time.monotonic() < deadline:
        if not socket.poll(1000):
            send({"op": "ping"})
            continue
        reply, *body = socket.recv_multipart()
        reply = msgpack.unpackb(reply)
        if reply["op"] == "ping":
            send({**reply, "op": "pong"})
        elif reply["op"] in ("error", "goodbye", "cancelled"):
            sys.exit(f"{reply['error']}: {reply['reason']}")  # on stderr, exit code 1
        elif reply["op"] != "pong":
            return reply, b"".join(body)
    sys.exit(f"{args.endpoint}: not enough messages in time")
ask = lambda op, **fields: send({"op": op, "id": 1, **fields}) or receive()[0]
ask("hello", versions=[1], client="consume_msgpack", heartbeat_ms=2000, batch=True)
ask("declare_exchange", exchange=args.exchange)
queue = ask("declare_queue", queue=args.queue)["queue"]
ask("bind", queue=queue, exchange=args.exchange, key=args.key)
ask("consume", queue=queue, consumer="c")
print("ready", file=sys.stderr, flush=True)
while args.count > 0:
    delivery, body = receive()  # one message, or a batch whose payloads are end to end
    for entry in delivery.pop("messages", [len(body)])[:args.count]:
        own = entry if isinstance(entry, dict) else {"size": entry}
        line, body = body[:own["size"]].decode(errors="replace"), body[own["size"]:]
        print(json.dumps({**delivery, **own, "data": line}) if args.envelope else line, flush=True)
        delivery["tag"], args.count = delivery["tag"] + 1, args.count - 1
    send({"op": "settle", "consumer": "c", "tag": delivery["tag"] - 1, "up_to": True})
send({"op": "close"})
