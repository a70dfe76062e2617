"""What is measured: groups of cells. The cells of a group run interleaved, so that a noisy minute of
the machine falls on all systems alike."""

from dataclasses import dataclass, field

AT_MOST = ["zex", "zex-libzmq", "zex-json", "zex-plain", "zex-plain-libzmq", "nats", "redis", "rabbitmq", "mosquitto", "r1", "r3",
           "r3-128k", "r3-256k"]
AT_LEAST = ["zex", "zex-libzmq", "zex-json", "jetstream", "redis-streams", "rabbitmq", "rabbitmq-quorum",
            "mosquitto", "r3a", "r3a-256k"]
NAMES = ["at-most-once", "at-least-once", "own-headers", "compete", "fanout", "queues", "durable",
         "latency", "memory", "envelope", "requests", "growth"]


@dataclass
class Cell:
    scenario: str
    system: str
    bytes: int
    kind: str = "load"          # the sub-command of bench_load
    words: tuple = ()
    repeats: int = 3
    seconds: float = 1.5        # that one run is to last
    rate: int = 0               # offered; 0: as fast as it goes
    messages: int = 0           # 0: calibrated
    count: int = 0              # of connections, queues, bindings, … there
    durable: bool = False
    fresh: bool = False         # wants a server that has done nothing
    sessions: int = 0           # held by others meanwhile
    timeout: float = 40
    about: dict = field(default_factory=dict)   # further keys of the result


@dataclass
class Group:
    title: str
    cells: list


def load_groups(quick):
    seconds = 0.5 if quick else 1.5
    few = 1 if quick else 3
    groups = []

    def add(scenario, size, systems, words, repeats, **more):
        cells = [Cell(scenario, system, size, words=tuple(words), repeats=repeats,
                      seconds=seconds, **more) for system in systems]
        groups.append(Group(f"{scenario}, {size} B", cells))

    for size in [128] if quick else [16, 128, 1024, 16384]:
        only_at_128 = {"zex-plain", "zex-plain-libzmq", "r3-128k"}
        add("at-most-once", size,
            [s for s in AT_MOST if size == 128 or s not in only_at_128], [], 3)
    sure = ["--at-least-once"]
    for size in [128] if quick else [128, 1024]:
        add("at-least-once", size, AT_LEAST, sure, 3)
    add("own-headers", 128, ["zex", "zex-json", "jetstream", "redis-streams", "rabbitmq",
                             "rabbitmq-quorum"], sure + ["--own-headers"], few)
    add("compete", 128, AT_LEAST, sure + ["--publishers", "4", "--consumers", "4"], few)
    add("fanout", 128, ["zex", "zex-json", "nats", "redis", "rabbitmq", "mosquitto", "r1", "r3",
                        "r3-256k"], ["--fanout", "--consumers", "10"], few)
    if not quick:
        # A thousand declarations in RabbitMQ take longer than the run itself: two of them.
        add("queues", 128, ["zex", "jetstream", "redis-streams", "rabbitmq", "mosquitto", "r3a"],
            sure + ["--queues", "1000", "--consumers", "8"], 2)
        for size in [128, 1024]:
            add("durable", size, ["zex", "zex-10k", "jetstream", "redis-streams", "rabbitmq",
                                  "rabbitmq-quorum"], sure + ["--durable"], 3, durable=True)
            groups[-1].cells += [
                Cell("durable", system, size, kind="disk", durable=True,
                     words=("--messages", str((400_000 if size == 128 else 100_000)
                                              * (4 if system == "disk-10k" else 1))))
                for system in ["disk", "disk-10k"]]
    return groups


def latency_groups(quick):
    groups = []
    for guarantee, systems, words in [
            ("at-most-once", ["zex", "zex-libzmq", "zex-plain", "zex-plain-libzmq", "zex-ipc", "zex-inproc", "zex-busy", "nats", "redis",
                              "rabbitmq", "r1"], ()),
            ("at-least-once", ["zex", "zex-libzmq", "zex-ipc", "zex-inproc", "zex-busy", "jetstream",
                               "redis-streams", "rabbitmq", "r3a"], ("--at-least-once",))]:
        for rate in [10_000] if quick else [1_000, 10_000, 50_000]:
            seconds = 1 if quick else 2
            cells = [Cell("latency", system, 128, words=words, rate=rate, seconds=seconds,
                          messages=int(rate * seconds), repeats=1 if quick else 3,
                          about={"guarantee": guarantee}) for system in systems]
            groups.append(Group(f"latency, {guarantee}, {rate}/s", cells))
    return groups


def memory_groups(quick):
    few = 5 if quick else 1
    wanted = {
        "connection": {"zex": 1000, "zex-libzmq": 1000, "nats": 1000, "redis": 1000, "rabbitmq": 300,
                       "mosquitto": 1000, "r1": 1000},
        "queue": {"zex": 20_000, "jetstream": 500, "redis-streams": 20_000, "rabbitmq": 500,
                  "rabbitmq-quorum": 100},
        "message": {"zex": 1_000_000, "jetstream": 500_000, "redis-streams": 500_000,
                    "rabbitmq": 100_000},
    }
    return [Group(f"memory per {what}", [
        Cell("memory", system, 128, kind="memory", count=count // few, repeats=1, fresh=True,
             seconds=4, words=("--what", what, "--count", str(count // few)) +
             (() if system in ("nats", "redis", "r1") else ("--at-least-once",)), timeout=90, about={"what": what})
        for system, count in counts.items()]) for what, counts in wanted.items()]


def envelope_groups(quick):
    cells = []
    for batched in [False, True]:
        messages = 50_000 if batched else 1_000
        words = ("--messages", str(messages)) + (("--batched",) if batched else ())
        for system in ["zex", "zex-json"]:
            cells.append(Cell("envelope", system, 128, kind="envelope", words=words, repeats=1,
                              seconds=1, about={"batched": batched}))
    return [Group("envelope bytes", cells)]


def request_groups(quick):
    return [Group("requests", [
        Cell("requests", system, 128, kind="requests", count=count, repeats=1,
             seconds=1 if quick else 3, timeout=150,
             words=("--connections", str(count), "--seconds", "1" if quick else "3"))
        for system in ["zex", "zex-libzmq"]
        for count in ([50, 450] if quick else [50, 100, 200, 450, 1000, 5000])])]


def growth_groups(quick):
    counts = {
        "queues": [1, 10, 100, 1_000, 10_000, 100_000],
        "bindings": [1, 100, 10_000, 100_000, 1_000_000],
        "sessions": [1, 10, 100, 1_000, 5_000],
        "depth": [0, 10_000, 100_000, 1_000_000, 10_000_000],
    }
    groups = []
    for what, all_counts in counts.items():
        cells = []
        for count in [c for c in all_counts if not quick or c <= 10_000][:4 if quick else 9]:
            sessions = count if what == "sessions" else 0
            asked = ("queues", 1) if sessions else (what, count)
            cells.append(Cell(
                "growth", "zex", 128, kind="growth", count=count, sessions=sessions, repeats=1,
                fresh=True, seconds=2 + count / 300_000 + sessions / 500, timeout=240,
                words=("--what", asked[0], "--count", str(asked[1]), "--messages",
                       "100000" if quick else "1000000"), about={"what": what}))
        groups.append(Group(f"growth in {what}", cells))
    return groups


def groups(quick):
    return (load_groups(quick) + latency_groups(quick) + memory_groups(quick) +
            envelope_groups(quick) + request_groups(quick) + growth_groups(quick))
