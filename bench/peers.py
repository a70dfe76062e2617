#!/usr/bin/python3
"""Runs zex, its peers and the bare libzmq programs side by side; see docs/performance.md.

Called by `./dev bench peers`, which builds everything first."""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the repository is where it runs

from peers import plot, report, scenarios, targets  # noqa: E402
from peers.runner import Progress, Runner  # noqa: E402
from peers.systems import ALL, Systems  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench peers", description="Measures zex beside other brokers, in one go.")
    parser.add_argument("--quick", action="store_true",
                        help="fewer sizes and rates, shorter runs: less than 5 minutes")
    parser.add_argument("--only", metavar="NAME,…", default="",
                        help="only these scenarios (%s) and systems (%s); prints, and writes no file"
                        % (", ".join(scenarios.NAMES), ", ".join(ALL)))
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table",
                        help="what to print: tables, or an array of objects")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build directory")
    options = parser.parse_args()
    options.only = {word for word in options.only.split(",") if word}
    unknown = options.only - set(scenarios.NAMES) - set(ALL)
    if unknown:
        parser.error(f"no scenario or system is called {', '.join(sorted(unknown))}")
    return options


def chosen(options):
    """The groups of cells to run."""
    named_scenarios = options.only & set(scenarios.NAMES)
    named_systems = options.only & set(ALL)
    groups = []
    for group in scenarios.groups(options.quick):
        group.cells = [cell for cell in group.cells
                       if (not named_scenarios or cell.scenario in named_scenarios) and
                       (not named_systems or cell.system in named_systems)]
        if group.cells:
            groups.append(group)
    return groups


def cpu_rows(results):
    """The scenario `cpu`: server CPU per million messages of 128 B, from the throughput runs."""
    rows = []
    for row in results:
        if row["scenario"] in ("at-most-once", "at-least-once") and row["bytes"] == 128 and (
                "cpu_s_per_million" in row):
            rows.append({**row, "scenario": "cpu", "guarantee": row["scenario"]})
    return rows


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file
                      if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}"


def write(options, results, made):
    with open(os.path.join(ROOT, "bench", "results.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in results) +
                   "\n]\n")
    length = "--quick: fewer and shorter runs" if options.quick else "the full run"
    for scenario in scenarios.NAMES:
        made.setdefault(scenario, "Not part of this run.")
    made["run"] = f"Measured {time.strftime('%Y-%m-%d')} on {machine()}; {length}."
    report.rewrite(os.path.join(ROOT, "bench", "RESULTS.md"), made)
    plot.write_all(os.path.join(ROOT, "docs", "plots"), results)


def main():
    options = arguments()
    groups = chosen(options)
    directory = tempfile.mkdtemp(prefix="zex-bench-")
    systems = Systems(directory, options.build)
    results = []
    start = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of `finally`, as Ctrl-C
    try:
        progress = Progress(groups)
        runner = Runner(systems)
        for group in groups:
            results += runner.run_group(group, progress)
    finally:
        systems.stop()
        shutil.rmtree(directory, ignore_errors=True)
    results += cpu_rows(results)
    verdicts = [] if options.only else targets.check(results)
    if not options.only:
        write(options, results, report.sections(results, verdicts))
    if options.output == "json":
        print(json.dumps(results, indent=1, ensure_ascii=False))
    else:
        print(report.plain(report.sections(results, verdicts)))
    print(f"bench peers: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return 1 if any(row["runs"] == 0 for row in results) else 0


if __name__ == "__main__":
    sys.exit(main())
