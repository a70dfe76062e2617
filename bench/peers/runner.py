"""Runs cells and makes results of them: medians with the least and the most, and what was lost."""

import itertools
import json
import statistics
import subprocess
import sys
import time

from .systems import FIRST_GUESS

RUN_NAMES = itertools.count(1)
PILOT_S = 0.15
HELD_PER_PROCESS = 1000  # a client of the library holds several files
PAYLOAD_BYTES_MAX = 1 << 30  # of one run, however fast the system is


class Failed(Exception):
    """One run that came to nothing; says why."""


class Progress:
    """A line on stderr per run, with the time left: what is planned, at the pace so far."""

    def __init__(self, groups):
        self.planned = sum(self.cost(cell) for group in groups for cell in group.cells)
        self.done = 0.0
        self.start = time.monotonic()

    @staticmethod
    def cost(cell):
        return cell.repeats * (cell.seconds + 0.5) + (1 if calibrated(cell) else 0)

    def cell_run(self, cell, text):
        self.done += self.cost(cell) / cell.repeats
        spent = time.monotonic() - self.start
        left = max(0, spent * (self.planned - self.done) / self.done) if spent > 5 else (
            self.planned - self.done)
        minutes, seconds = divmod(int(left), 60)
        print(f"{minutes:3d}:{seconds:02d} left  {cell.scenario:14} {cell.bytes:6d} B  "
              f"{cell.system:16} {text}", file=sys.stderr, flush=True)


def calibrated(cell):
    return cell.kind == "load" and cell.messages == 0


class Runner:
    def __init__(self, systems):
        self.systems = systems
        self.messages = {}

    def run_group(self, group, progress):
        """A result per cell. Cell after cell, and that as often as the cells ask for."""
        runs = {id(cell): [] for cell in group.cells}
        errors = {}
        for repeat in range(max(cell.repeats for cell in group.cells)):
            for cell in group.cells:
                if repeat >= cell.repeats or len(errors.get(id(cell), [])) >= 2:
                    continue
                try:
                    line = self.run(cell)
                    runs[id(cell)].append(line)
                    progress.cell_run(cell, brief(cell, line))
                except Failed as failure:
                    errors.setdefault(id(cell), []).append(str(failure))
                    self.systems.forget(cell.system, cell.durable)
                    progress.cell_run(cell, f"FAILED: {failure}")
        return [result(cell, runs[id(cell)], errors.get(id(cell), [])) for cell in group.cells]

    def run(self, cell):
        missing = self.systems.missing(cell.system)
        if missing:
            raise Failed(f"{missing} is not installed")
        words = list(cell.words)
        if cell.kind == "load":
            words += ["--messages", str(cell.messages or self.calibrate(cell)),
                      "--rate", str(cell.rate)]
        held = self.hold(cell)
        try:
            return self.bench_load(cell, words)
        finally:
            for process in held:
                process.stdin.close()
            for process in held:
                process.wait(timeout=60)

    def calibrate(self, cell):
        """So many messages that a run lasts as long as it should; a short run first tells."""
        key = (cell.scenario, cell.system, cell.bytes)
        if key not in self.messages:
            guess = FIRST_GUESS.get(cell.system, 500_000) / (1 + cell.bytes / 1024)
            if "--fanout" in cell.words:
                guess /= 10
            pilot = max(2000, int(guess * PILOT_S))
            line = self.bench_load(cell, list(cell.words) + ["--messages", str(pilot)])
            published = pilot / line["seconds"]
            most = PAYLOAD_BYTES_MAX // cell.bytes
            self.messages[key] = max(2000, min(most, int(published * cell.seconds)))
        return self.messages[key]

    def bench_load(self, cell, words):
        try:
            server = self.systems.get(cell.system, cell.durable,
                                      cell.fresh and not cell.sessions)
        except (RuntimeError, OSError) as error:
            raise Failed(str(error)) from error
        command = [self.systems.bench_load, cell.kind, "--name", f"bench{next(RUN_NAMES)}",
                   "--bytes", str(cell.bytes), *self.systems.words(server, cell.system, cell.durable), *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=cell.timeout,
                                  check=False)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"not finished after {cell.timeout:.0f} s") from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise Failed(last.removeprefix("bench_load: "))
        return json.loads(done.stdout)

    def hold(self, cell):
        """Processes that hold idle sessions until their stdin is closed."""
        if not cell.sessions:
            return []
        server = self.systems.get(cell.system, fresh=True)
        held = []
        for first in range(0, cell.sessions, HELD_PER_PROCESS):
            count = min(HELD_PER_PROCESS, cell.sessions - first)
            held.append(subprocess.Popen(
                [self.systems.bench_load, "hold", "--name", "held", "--connections", str(count),
                 *self.systems.words(server, cell.system)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for process in held:
            if process.stdout.readline().strip() != "ready":
                for each in held:
                    each.kill()
                raise Failed("the idle sessions could not be opened")
        return held


def brief(cell, line):
    if cell.scenario == "latency":
        return f"p50 {line['p50_us']:.0f} us, p99 {line['p99_us']:.0f} us at {cell.rate}/s"
    if cell.kind == "memory":
        return f"{line['bytes_each']:,.0f} bytes per {cell.about['what']}"
    if cell.kind == "envelope":
        return f"{line['publish']:.1f} bytes to publish, {line['deliver']:.1f} to deliver"
    if cell.kind == "growth":
        return f"{line['server_us_each']:.2f} us a message among {cell.count:,} {cell.about['what']}"
    lost = f", {line['lost']} LOST" if line.get("lost") else ""
    return f"{line['rate'] / 1000:,.0f} k/s{lost}"


def result(cell, runs, errors):
    """One object of the results."""
    row = {"scenario": cell.scenario, "system": cell.system, "bytes": cell.bytes, "rate": None,
           "min": None, "max": None, "lost": sum(run.get("lost", 0) for run in runs),
           "twice": sum(run.get("twice", 0) for run in runs), "runs": len(runs), **cell.about}
    if cell.count:
        row["count"] = cell.count
    if cell.kind == "growth":
        row["count"] = cell.count
    if cell.rate:
        row["offered"] = cell.rate
    if errors:
        row["failed"] = len(errors)
        row["error"] = errors[-1]
    if not runs:
        return row
    rates = [run["rate"] for run in runs if "rate" in run]
    if rates:
        row.update(rate=round(statistics.median(rates)), min=round(min(rates)),
                   max=round(max(rates)))
    costs = [run["server_cpu_s"] / run["delivered"] * 1e6 for run in runs if "delivered" in run]
    if costs and cell.system != "zex-inproc":
        row["cpu_s_per_million"] = round(statistics.median(costs), 3)
    for key in ("p50_us", "p99_us", "p999_us", "bytes_each", "server_us_each", "publish", "confirm",
                "deliver", "settle", "errors"):
        values = [run[key] for run in runs if key in run]
        if values:
            row[key] = round(statistics.median(values), 2)
            if key.endswith("_us"):
                row[key.replace("_us", "_min_us")] = round(min(values), 2)
                row[key.replace("_us", "_max_us")] = round(max(values), 2)
    return row
