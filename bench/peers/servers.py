"""Starts each system on loopback, on free ports, with settings stated here, in a directory of its
own, and stops what it started. Nothing of a system that may be running already is touched."""

import os
import shutil
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process group. `endpoint` is what bench_load connects to."""

    start_timeout_s = 20
    fresh = False  # started anew for each run, where one run could leave traces for the next

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        self.processes = []

    def spawn(self, words, **environment):
        os.makedirs(self.directory, exist_ok=True)
        with open(os.path.join(self.directory, "log"), "ab") as log:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=self.directory, env={**os.environ, **environment})
        self.processes.append(process)
        return process

    @property
    def pid(self):
        return self.processes[-1].pid

    def ended(self):
        return bool(self.processes) and self.processes[-1].poll() is not None

    def write(self, name, text):
        os.makedirs(self.directory, exist_ok=True)
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def start(self):
        self.launch()
        deadline = time.monotonic() + self.start_timeout_s
        while not self.answers():
            if self.processes[-1].poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{type(self).__name__} did not start; see {self.directory}/log")
            time.sleep(0.05)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def stop(self):
        for process in reversed(self.processes):
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, number)
                except ProcessLookupError:
                    pass
                try:
                    process.wait(timeout=5)
                    break
                except subprocess.TimeoutExpired:
                    continue
        self.processes = []


class Zex(Server):
    """zexd with its defaults, but for the bounds that the scenarios go beyond."""

    settings = """
[limits]
queue_bytes_max = 8589934592
queue_messages_max = 20000000
queues_max = 200000
bindings_max = 2000000
memory_bytes_max = 12884901888
[log]
level = "warn"
"""

    def __init__(self, directory, zexd, arguments=(), durable=False):
        super().__init__(directory)
        if durable:
            arguments = (*arguments, "--data-dir", f"{directory}/data")
        self.zexd = zexd
        self.arguments = arguments
        self.endpoint = f"tcp://127.0.0.1:{self.port}"
        self.ipc = f"ipc://{directory}/zexd.sock"

    def launch(self):
        listen = (f'[listen]\nendpoints = ["{self.endpoint}", "{self.ipc}"]\n'
                  "connections_max = 20000\n")
        path = self.write("zexd.toml", listen + self.settings)
        self.spawn([self.zexd, "--config", path, *self.arguments])


class Nats(Server):
    """Room for a consumer that is behind, so that NATS need not cut it off; JetStream on."""

    def launch(self):
        path = self.write("nats.conf", f"""
listen: "127.0.0.1:{self.port}"
max_pending: 2GB
write_deadline: "60s"
jetstream {{ store_dir: "{self.directory}/store", max_memory_store: 8GB, max_file_store: 20GB }}
""")
        self.spawn(["nats-server", "-c", path])


class Redis(Server):
    """No snapshots, no append-only file, no limit on what a subscriber may be behind."""

    appendonly = ["--appendonly", "no"]

    def launch(self):
        self.spawn(["redis-server", "--bind", "127.0.0.1", "--port", str(self.port),
                    "--dir", self.directory, "--save", "", "--daemonize", "no",
                    "--client-output-buffer-limit", "pubsub 0 0 0",
                    "--protected-mode", "no", "--maxclients", "8000", *self.appendonly])


class RedisDurable(Redis):
    """Append-only file, written through with each turn of the event loop."""

    appendonly = ["--appendonly", "yes", "--appendfsync", "always"]


class Rabbit(Server):
    """Defaults, no plugins; memory and disk alarms far away. Its own epmd, so that a node of the
    machine's owner is left alone."""

    start_timeout_s = 60
    programs = "/usr/lib/rabbitmq/bin"

    def launch(self):
        epmd_port = free_port()
        self.node = f"bench{self.port}@localhost"
        config = self.write("rabbitmq.conf", f"""
listeners.tcp.1 = 127.0.0.1:{self.port}
vm_memory_high_watermark.relative = 0.7
disk_free_limit.absolute = 100MB
log.file.level = warning
""")
        epmd = shutil.which("epmd") or "epmd"
        common = {"ERL_EPMD_PORT": str(epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        self.spawn([epmd, "-port", str(epmd_port), "-address", "127.0.0.1"], **common)
        self.spawn([f"{self.programs}/rabbitmq-server"], **common,
                   HOME=self.directory, RABBITMQ_NODENAME=self.node,
                   RABBITMQ_NODE_IP_ADDRESS="127.0.0.1", RABBITMQ_NODE_PORT=str(self.port),
                   RABBITMQ_DIST_PORT=str(free_port()), RABBITMQ_CONFIG_FILE=config,
                   RABBITMQ_MNESIA_BASE=f"{self.directory}/mnesia",
                   RABBITMQ_LOG_BASE=f"{self.directory}/logs",
                   RABBITMQ_PID_FILE=f"{self.directory}/pid",
                   RABBITMQ_ENABLED_PLUGINS_FILE=self.write("enabled_plugins", "[].\n"))


class Mosquitto(Server):
    """No limit on queued and inflight messages; small packets leave at once."""

    def launch(self):
        path = self.write("mosquitto.conf", f"""
listener {self.port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
log_type error
user root
""")
        self.spawn(["mosquitto", "-c", path])


class Disk(Server):
    """No server: a directory to write in."""

    pid = 0

    def __init__(self, directory):
        super().__init__(directory)
        self.endpoint = directory

    def start(self):
        os.makedirs(self.directory, exist_ok=True)


class Relay(Server):
    """The bare libzmq programs: bench_load itself, in its mode `serve`."""

    fresh = True

    def __init__(self, directory, bench_load, system, frame_bytes):
        super().__init__(directory)
        self.endpoint = f"tcp://127.0.0.1:{self.port}"
        self.words = [bench_load, "serve", "--system", system, "--endpoint", self.endpoint,
                      "--frame-bytes", str(frame_bytes)]

    def launch(self):
        self.spawn(self.words)
