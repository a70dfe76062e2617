"""The systems under test: which server each needs, and with which options its load runs."""

import os
import shutil

from . import servers

PEERS = ["nats", "jetstream", "redis", "redis-streams", "rabbitmq", "rabbitmq-quorum", "mosquitto"]
BARE = ["r1", "r3", "r3-128k", "r3-256k", "r3a", "r3a-256k"]
ZEX = ["zex", "zex-json", "zex-plain", "zex-ipc", "zex-inproc", "zex-busy", "zex-10k", "zex-libzmq",
       "zex-plain-libzmq"]
DISK = ["disk", "disk-10k"]
ALL = ZEX + PEERS + BARE + DISK

FRAME_BYTES = {"r3": 32 << 10, "r3-128k": 128 << 10, "r3-256k": 256 << 10,
               "r3a": 32 << 10, "r3a-256k": 256 << 10}

# Arguments of zexd, for systems that have a broker of their own.
LIBZMQ = ("--net-transport", "libzmq")
SETTINGS = {"zex-busy": ("--net-busy-poll-us", "200"), "zex-libzmq": LIBZMQ,
            "zex-plain-libzmq": LIBZMQ}

# Unconfirmed, and unsettled, messages. JetStream and the rest are best, or no worse, with 10,000.
WINDOW = {system: 10_000 for system in ALL}
# Where messages are stored before they are confirmed, a smaller one, but for what is named so.
DURABLE_WINDOW = 1_000

# Messages per second, for the size of the first short run only; what follows is calibrated.
FIRST_GUESS = {"zex": 500_000, "zex-json": 400_000, "zex-plain": 200_000, "zex-ipc": 400_000,
               "zex-inproc": 400_000, "zex-busy": 400_000, "zex-10k": 200_000, "zex-libzmq": 500_000,
               "zex-plain-libzmq": 200_000, "nats": 500_000, "jetstream": 50_000,
               "redis": 400_000, "redis-streams": 100_000, "rabbitmq": 30_000,
               "rabbitmq-quorum": 20_000, "mosquitto": 20_000, "r1": 300_000}


def base(system):
    """The name by which bench_load knows it."""
    if system in ("zex-ipc", "zex-inproc", "zex-busy", "zex-10k", "zex-libzmq"):
        return "zex"
    if system == "zex-plain-libzmq":
        return "zex-plain"
    return system.split("-128k")[0].split("-256k")[0]


class Systems:
    """Owns the servers; starts each when it is first needed."""

    def __init__(self, directory, build):
        self.directory = directory
        self.bench_load = os.path.join(build, "bench", "bench_load")
        self.zexd = os.path.join(build, "zexd")
        self.running = {}

    def missing(self, system):
        """The program that is not installed, or None."""
        program = {"nats": "nats-server", "jetstream": "nats-server", "redis": "redis-server",
                   "redis-streams": "redis-server", "mosquitto": "mosquitto",
                   "rabbitmq": f"{servers.Rabbit.programs}/rabbitmq-server",
                   "rabbitmq-quorum": f"{servers.Rabbit.programs}/rabbitmq-server"}.get(system)
        path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
        return program if program and not shutil.which(program, path=path) else None

    def make(self, system, durable=False):
        kind = self.kind(system, durable)
        directory = os.path.join(self.directory, kind)
        shutil.rmtree(directory, ignore_errors=True)
        if system in ZEX:
            return servers.Zex(directory, self.zexd, SETTINGS.get(system, ()), durable)
        if system in DISK:
            return servers.Disk(directory)
        if system in BARE:
            return servers.Relay(directory, self.bench_load, base(system), FRAME_BYTES.get(system, 0))
        return {"nats": servers.Nats, "redis": servers.Redis, "redis-durable": servers.RedisDurable,
                "rabbitmq": servers.Rabbit, "mosquitto": servers.Mosquitto}[kind](directory)

    def kind(self, system, durable=False):
        if system in ZEX:
            kind = system if system in SETTINGS else "zex"
            return kind + "-durable" if durable else kind
        if system in DISK:
            return system
        if system in BARE:
            return system
        name = {"jetstream": "nats", "redis-streams": "redis",
                "rabbitmq-quorum": "rabbitmq"}.get(system, system)
        return "redis-durable" if name == "redis" and durable else name

    def get(self, system, durable=False, fresh=False):
        """A running server. `fresh`: one that has done nothing yet."""
        kind = self.kind(system, durable)
        server = self.running.get(kind)
        if server and (fresh or server.fresh or server.ended()):
            self.drop(kind)
            server = None
        if not server:
            server = self.make(system, durable)
            server.start()
            self.running[kind] = server
        return server

    def drop(self, kind):
        server = self.running.pop(kind, None)
        if server:
            server.stop()
            shutil.rmtree(server.directory, ignore_errors=True)

    def forget(self, system, durable=False):
        """After a run that hung or broke: the next one gets a new server."""
        self.drop(self.kind(system, durable))

    def stop(self):
        for kind in list(self.running):
            self.drop(kind)

    @staticmethod
    def window(system, durable):
        small = durable and not system.endswith("-10k")
        return DURABLE_WINDOW if small else WINDOW[system]

    def words(self, server, system, durable=False):
        """What every command to bench_load begins with, after its name."""
        endpoint, pid = server.endpoint, server.pid
        if system == "zex-ipc":
            endpoint = server.ipc
        if system == "zex-inproc":
            endpoint, pid = "inproc://bench", 0
        words = ["--system", base(system), "--endpoint", endpoint, "--server-pid", str(pid),
                 "--window", str(self.window(system, durable))]
        if system in FRAME_BYTES:
            words += ["--frame-bytes", str(FRAME_BYTES[system])]
        return words
