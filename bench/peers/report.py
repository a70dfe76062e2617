"""Results as tables: on the terminal, and between the markers of bench/RESULTS.md."""

import re

SYSTEM_NAMES = {
    "nats": "NATS core", "jetstream": "NATS JetStream", "redis": "Redis pub/sub",
    "redis-streams": "Redis streams", "rabbitmq": "RabbitMQ classic",
    "rabbitmq-quorum": "RabbitMQ quorum", "mosquitto": "Mosquitto", "zex": "**zex**",
    "zex-json": "zex, JSON envelopes", "zex-plain": "zex, a message a frame in JSON",
    "zex-ipc": "zex over ipc", "zex-inproc": "zex over inproc",
    "zex-busy": "zex, busy polling", "zex-libzmq": "zex on libzmq",
    "zex-plain-libzmq": "zex on libzmq, plain client", "zex-10k": "**zex**, 10,000 under way",
    "disk": "the disk alone, 1,000 a sync", "disk-10k": "the disk alone, 10,000 a sync", "r1": "R1 libzmq, a message a frame",
    "r3": "R3 libzmq, 32 KiB batches", "r3-128k": "R3, 128 KiB", "r3-256k": "R3, 256 KiB",
    "r3a": "R3a, 32 KiB, with acks", "r3a-256k": "R3a, 256 KiB, with acks",
}
THROUGHPUT = ["at-most-once", "at-least-once", "own-headers", "compete", "fanout", "queues",
              "durable"]


def name(system):
    return SYSTEM_NAMES.get(system, system)


def thousands(value):
    return f"{value / 1000:,.0f}" if value >= 9_950 else f"{value / 1000:,.1f}"


def rate_cell(row):
    if row is None:
        return "–"
    if row["rate"] is None:
        return "failed"
    text = thousands(row["rate"])
    if row["runs"] > 1:
        text += f" ({thousands(row['min'])}–{thousands(row['max'])})"
    if row["lost"]:
        text += f" lost {row['lost']:,}"
    return text


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def of(results, **wanted):
    return [row for row in results if all(row.get(key) == value for key, value in wanted.items())]


def in_order(values):
    return list(dict.fromkeys(values))


def throughput_table(results, scenario):
    rows = of(results, scenario=scenario)
    sizes = in_order(row["bytes"] for row in rows)
    lines = []
    for system in in_order(row["system"] for row in rows):
        cells = [next(iter(of(rows, system=system, bytes=size)), None) for size in sizes]
        costs = [f"{cell['cpu_s_per_million']:.2f}" for cell in cells
                 if cell and cell["bytes"] == 128 and "cpu_s_per_million" in cell]
        lines.append([name(system)] + [rate_cell(cell) for cell in cells] + [costs[0] if costs else "–"])
    return table([scenario] + [f"{size} B" for size in sizes] + ["server CPU s per million, 128 B"],
                 lines)


def latency_table(results):
    rows = of(results, scenario="latency")
    rates = sorted({row["offered"] for row in rows})
    lines = []
    for guarantee, system in in_order((row["guarantee"], row["system"]) for row in rows):
        cells = []
        for rate in rates:
            row = next(iter(of(rows, guarantee=guarantee, system=system, offered=rate)), None)
            cells.append(f"{row['p50_us']:,.0f} / {row['p99_us']:,.0f} / {row['p999_us']:,.0f}"
                         if row and "p50_us" in row else "failed" if row else "–")
        lines.append([f"{name(system)}, {guarantee}"] + cells)
    return table(["p50 / p99 / p99.9 in µs at"] + [f"{rate:,}/s" for rate in rates], lines)


def memory_table(results):
    rows = of(results, scenario="memory")
    kinds = in_order(row["what"] for row in rows)
    lines = []
    for system in in_order(row["system"] for row in rows):
        cells = [next(iter(of(rows, system=system, what=what)), None) for what in kinds]
        lines.append([name(system)] + [
            "–" if cell is None else "failed" if "bytes_each" not in cell
            else f"{cell['bytes_each']:,.0f}" for cell in cells])
    heads = {"connection": "idle connection", "queue": "empty queue",
             "message": "queued message of 128 B"}
    return table(["bytes of server memory per"] + [heads[what] for what in kinds], lines)


def envelope_table(results):
    rows = of(results, scenario="envelope")
    return table(
        ["bytes a message beyond its payload", "publish", "confirm", "deliver", "settle"],
        [[f"{'JSON' if row['system'] == 'zex-json' else 'MessagePack'}, "
          f"{'batched' if row['batched'] else 'one at a time'}"] +
         [f"{row[key]:.2f}" if key in row else "failed"
          for key in ("publish", "confirm", "deliver", "settle")] for row in rows])


def requests_table(results):
    return table(
        ["connections", "requests/s", "errors", "p50 µs", "p99 µs"],
        [[f"{row['count']:,}"] + ([f"{row['rate']:,}", f"{row['errors']:.0f}",
                                   f"{row['p50_us']:,.0f}", f"{row['p99_us']:,.0f}"]
                                  if row["rate"] is not None else [row.get("error", "failed")] +
                                  ["–"] * 3)
         for row in of(results, scenario="requests")])


def growth_table(results):
    rows = of(results, scenario="growth")
    return table(
        ["among", "thousand messages/s", "server µs a message"],
        [[f"{row['count']:,} {row['what']}"] +
         ([thousands(row["rate"]), f"{row['server_us_each']:.2f}"] if row["rate"] is not None
          else ["failed", row.get("error", "")]) for row in rows])


def targets_table(verdicts):
    return table(["target", "wanted", "measured", ""],
                 [[verdict.text, verdict.wanted, verdict.measured, verdict.outcome]
                  for verdict in verdicts])


def sections(results, verdicts):
    """Marker -> Markdown."""
    made = {}
    for scenario in THROUGHPUT:
        if of(results, scenario=scenario):
            made[scenario] = throughput_table(results, scenario)
    for scenario, make in [("latency", latency_table), ("memory", memory_table),
                           ("envelope", envelope_table), ("requests", requests_table),
                           ("growth", growth_table)]:
        if of(results, scenario=scenario):
            made[scenario] = make(results)
    if verdicts:
        made["targets"] = targets_table(verdicts)
    return made


def rewrite(path, made):
    """Puts each section between its markers; leaves the rest of the file alone."""
    with open(path) as file:
        text = file.read()
    for marker, markdown in made.items():
        pattern = re.compile(f"(<!-- {marker} -->\n).*?(<!-- end -->)", re.S)
        text = pattern.sub(lambda match, new=markdown: match[1] + new + "\n" + match[2], text)
    with open(path, "w") as file:
        file.write(text)


def plain(made):
    """For the terminal: the same tables with their columns in line."""
    parts = []
    for title, markdown in made.items():
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in markdown.replace("**", "").splitlines() if not line.startswith("| ---")]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                           for column, (cell, width) in enumerate(zip(row, widths)))
                 for row in rows]
        unit = ": thousands of messages a second, median (least–most)" if title in THROUGHPUT else ""
        parts.append("\n".join([f"== {title}{unit}"] + lines))
    return "\n\n".join(parts)
