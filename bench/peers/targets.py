"""What zex is to reach, against what the same run measured."""

from dataclasses import dataclass

from .report import name
from .systems import PEERS


@dataclass
class Verdict:
    text: str
    wanted: str
    measured: str
    outcome: str    # met, not met, not measured


class Targets:
    def __init__(self, results):
        self.results = results
        self.verdicts = []

    def value(self, key, system, **wanted):
        for row in self.results:
            if row["system"] == system and all(row.get(k) == v for k, v in wanted.items()):
                return row.get(key)
        return None

    def best(self, key, pick, **wanted):
        """The best peer's value and name; `pick` is max or min."""
        values = [(self.value(key, system, **wanted), system) for system in PEERS]
        values = [pair for pair in values if pair[0]]
        return pick(values) if values else (None, "the best peer")

    def verdict(self, text, wanted, measured, met):
        outcome = "not measured" if met is None else "met" if met else "**not met**"
        self.verdicts.append(Verdict(text, wanted, measured, outcome))

    def ratio(self, text, ours, theirs, least=None, most=None):
        wanted = f"≥ {least}x" if least is not None else f"≤ {most:.3g}x"
        if not ours or not theirs:
            return self.verdict(text, wanted, "–", None)
        ratio = ours / theirs
        met = ratio >= least if least is not None else ratio <= most
        return self.verdict(text, wanted, f"{ratio:.2f}x", met)

    def bound(self, text, value, most, unit):
        wanted = f"≤ {most:,} {unit}"
        if value is None:
            return self.verdict(text, wanted, "–", None)
        digits = 2 if value < 10 else 0
        return self.verdict(text, wanted, f"{value:,.{digits}f} {unit}", value <= most)


def throughput(t):
    for size, least in [(128, 1.4), (16, 2), (1024, 1.2), (16384, 1.2)]:
        where = {"scenario": "at-most-once", "bytes": size}
        t.ratio(f"at most once, {size} B, over NATS core", t.value("rate", "zex", **where),
                t.value("rate", "nats", **where), least)
    where = {"scenario": "at-most-once", "bytes": 128}
    t.ratio("at most once, 128 B, over R3 with the same frame size (256 KiB)",
            t.value("rate", "zex", **where), t.value("rate", "r3-256k", **where), 0.85)
    for size, least in [(128, 7), (1024, 2.5)]:
        where = {"scenario": "at-least-once", "bytes": size}
        peer, who = t.best("rate", max, **where)
        t.ratio(f"at least once, {size} B, over {name(who)}", t.value("rate", "zex", **where), peer,
                least)
    where = {"scenario": "at-least-once", "bytes": 128}
    t.ratio("at least once, 128 B, over R3a", t.value("rate", "zex", **where),
            t.value("rate", "r3a", **where), 0.8)
    for scenario, least in [("compete", 7), ("fanout", 1.3), ("own-headers", 2)]:
        peer, who = t.best("rate", max, scenario=scenario)
        t.ratio(f"{scenario}, over {name(who)}", t.value("rate", "zex", scenario=scenario), peer,
                least)
    for scenario in ["at-most-once", "at-least-once"]:
        where = {"scenario": scenario, "bytes": 128}
        t.ratio(f"JSON over MessagePack envelopes, {scenario}, 128 B",
                t.value("rate", "zex-json", **where), t.value("rate", "zex", **where), 0.6)


def durable(t):
    for size, least in [(128, 0.6), (1024, 0.5)]:
        ours = t.value("rate", "zex-10k", scenario="durable", bytes=size)
        t.ratio(f"durable, {size} B, window of 10,000, over at least once in memory", ours,
                t.value("rate", "zex", scenario="at-least-once", bytes=size), least)
    where = {"scenario": "durable", "bytes": 128}
    ours = t.value("rate", "zex", **where)
    synced = max((t.value("rate", peer, **where) or 0, peer)
                 for peer in ["redis-streams", "rabbitmq-quorum"])
    cached = max((t.value("rate", peer, **where) or 0, peer) for peer in ["jetstream", "rabbitmq"])
    t.ratio(f"durable, 128 B, over the best peer that syncs before it confirms, {name(synced[1])}",
            ours, synced[0], 8)
    t.ratio(f"durable, 128 B, over the best peer that does not, {name(cached[1])}", ours,
            cached[0], 5)


def cost(t):
    where = {"scenario": "at-most-once", "bytes": 128}
    t.bound("a JSON client with a message a frame costs the broker, a message",
            t.value("cpu_s_per_million", "zex-plain", **where), 2, "µs")
    where = {"scenario": "at-least-once", "bytes": 128}
    ours = t.value("cpu_s_per_million", "zex", **where)
    t.bound("server CPU per million, at least once", ours, 0.4, "s")
    peer, who = t.best("cpu_s_per_million", min, **where)
    t.ratio(f"server CPU per million over {name(who)}", ours, peer, most=1 / 6)
    t.bound("memory per idle connection", t.value("bytes_each", "zex", what="connection"), 32 * 1024,
            "bytes")
    t.bound("memory per empty queue", t.value("bytes_each", "zex", what="queue"), 1024, "bytes")
    t.bound("memory per queued message of 128 B", t.value("bytes_each", "zex", what="message"), 192,
            "bytes")


def latency(t):
    for rate in [1_000, 10_000]:
        where = {"scenario": "latency", "guarantee": "at-most-once", "offered": rate}
        for key in ["p50_us", "p99_us"]:
            t.ratio(f"latency {key[:3]} at {rate:,}/s over R1", t.value(key, "zex", **where),
                    t.value(key, "r1", **where), most=1.0)
    where = {"scenario": "latency", "guarantee": "at-most-once", "offered": 10_000}
    t.ratio("latency p50 with busy polling at 10,000/s over NATS core",
            t.value("p50_us", "zex-busy", **where), t.value("p50_us", "nats", **where), most=1.0)
    where = {"scenario": "latency", "guarantee": "at-least-once", "offered": 50_000}
    for peer in ["rabbitmq", "jetstream"]:
        t.ratio(f"latency p99 at least once at 50,000/s over {name(peer)}",
                t.value("p99_us", "zex", **where), t.value("p99_us", peer, **where), most=0.1)
    inproc = t.value("p50_us", "zex-inproc", scenario="latency", guarantee="at-most-once",
                     offered=10_000)
    t.bound("latency p50 over inproc at 10,000/s", inproc, 15, "µs")


def requests(t):
    rows = [row for row in t.results if row["scenario"] == "requests"]
    if rows:
        errors = sum(row.get("errors") or 0 for row in rows)
        failed = sum(row["rate"] is None for row in rows)
        t.verdict(f"requests and replies, up to {max(row['count'] for row in rows):,} connections",
                  "0 errors", f"{errors:.0f} errors, {failed} failed runs", errors + failed == 0)


def check(results):
    t = Targets(results)
    throughput(t)
    durable(t)
    cost(t)
    latency(t)
    requests(t)
    return t.verdicts
