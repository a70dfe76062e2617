"""Plots as SVG, written by hand: bars for systems, curves for growth."""

import math
import os
from html import escape

from .report import name, of, thousands

OURS, OTHERS, LIMIT, INK, GRID = "#0b6e4f", "#7f8fa6", "#d9b44a", "#222", "#ddd"
LINES = ["#0b6e4f", "#c0392b", "#2c5f9e", "#b8860b"]


def colour(system):
    return OURS if system.startswith("zex") else LIMIT if system.startswith("r") and (
        system[1:2].isdigit()) else OTHERS


class Svg:
    def __init__(self, width, height):
        self.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
                      f'<rect width="{width}" height="{height}" fill="white"/>']

    def text(self, x, y, words, anchor="start", size=12, weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}" '
                          f'font-size="{size}" font-weight="{weight}">{escape(words)}</text>')

    def rect(self, x, y, width, height, fill):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" '
                          f'height="{height:.1f}" fill="{fill}"/>')

    def line(self, x1, y1, x2, y2, stroke=GRID, width=1.0):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{stroke}" stroke-width="{width}"/>')

    def curve(self, points, stroke):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{stroke}" '
                          'stroke-width="2"/>')
        for x, y in points:
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{stroke}"/>')

    def save(self, path):
        with open(path, "w") as file:
            file.write("\n".join(self.parts + ["</svg>", ""]))


def bars(path, title, rows):
    """`rows`: (system, value, label)."""
    rows = sorted(rows, key=lambda row: -row[1])
    left, width, step = 240, 760, 24
    svg = Svg(width, 50 + step * len(rows))
    svg.text(10, 24, title, size=15, weight="bold")
    most = max(value for _, value, _ in rows)
    for index, (system, value, label) in enumerate(rows):
        y = 40 + step * index
        svg.text(left - 8, y + 13, name(system).replace("*", ""), "end",
                 weight="bold" if system == "zex" else "normal")
        length = (width - left - 130) * value / most
        svg.rect(left, y, length, step - 7, colour(system))
        svg.text(left + length + 6, y + 13, label)
    svg.save(path)


def curves(path, title, y_title, series):
    """`series`: name -> [(x, y)]; x on a logarithmic scale, y from 0."""
    width, height, left, right, top, bottom = 760, 380, 60, 130, 50, 50
    svg = Svg(width, height)
    svg.text(10, 24, title, size=15, weight="bold")
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    decades = max(1, math.ceil(math.log10(max(max(xs), 10))))
    top_y = nice(max(ys))

    def at(x, y):
        return (left + (width - left - right) * math.log10(max(x, 1)) / decades,
                height - bottom - (height - top - bottom) * y / top_y)

    for step in range(6):
        y = top_y * step / 5
        svg.line(left, at(1, y)[1], width - right, at(1, y)[1])
        svg.text(left - 6, at(1, y)[1] + 4, f"{y:g}", "end")
    for decade in range(decades + 1):
        x = at(10 ** decade, 0)[0]
        svg.line(x, top, x, height - bottom)
        svg.text(x, height - bottom + 18, f"{10 ** decade:,}", "middle")
    svg.text(left, top - 8, y_title)
    for (label, points), stroke in zip(series.items(), LINES):
        placed = [at(x, y) for x, y in sorted(points)]
        svg.curve(placed, stroke)
        svg.text(placed[-1][0] + 8, placed[-1][1] + 4, label)
    svg.save(path)


def nice(value):
    """A round number not below `value`."""
    scale = 10 ** math.floor(math.log10(value))
    return next(step * scale for step in (1, 2, 2.5, 5, 10) if step * scale >= value)


def write_all(folder, results):
    os.makedirs(folder, exist_ok=True)
    for scenario, title in [("at-most-once", "At most once, one to one, 128 B"),
                            ("at-least-once", "At least once, one to one, 128 B"),
                            ("compete", "At least once, 4 publishers, a queue, 4 consumers, 128 B"),
                            ("fanout", "One publisher, 10 consumers, 128 B: deliveries")]:
        rows = [(row["system"], row["rate"], f"{thousands(row['rate'])} k/s")
                for row in of(results, scenario=scenario, bytes=128) if row["rate"]]
        if rows:
            bars(os.path.join(folder, f"{scenario}.svg"), title, rows)
    costs = [(row["system"], row["cpu_s_per_million"], f"{row['cpu_s_per_million']:.2f} s")
             for row in of(results, scenario="at-least-once", bytes=128)
             if row.get("cpu_s_per_million")]
    if costs:
        bars(os.path.join(folder, "cpu.svg"), "Server CPU per million messages, at least once, 128 B",
             costs)
    for guarantee in ["at-most-once", "at-least-once"]:
        rows = [(row["system"], row["p99_us"], f"{row['p50_us']:,.0f} / {row['p99_us']:,.0f} µs")
                for row in of(results, scenario="latency", guarantee=guarantee, offered=10_000)
                if "p99_us" in row]
        if rows:
            bars(os.path.join(folder, f"latency-{guarantee}.svg"),
                 f"Latency p99 (shown: p50 / p99) at 10,000 messages/s, {guarantee}", rows)
    growth = {}
    for row in of(results, scenario="growth"):
        if row["rate"]:
            growth.setdefault(row["what"], []).append((row["count"], row["server_us_each"]))
    if growth:
        curves(os.path.join(folder, "growth.svg"),
               "Server cost of a message among many queues, bindings, sessions, messages",
               "µs of server CPU a message", growth)
    asked = [(row["count"], row["rate"] / 1000) for row in of(results, scenario="requests")
             if row["rate"]]
    if asked:
        curves(os.path.join(folder, "requests.svg"), "Requests and replies by connections",
               "thousand requests a second", {"zex": asked})
