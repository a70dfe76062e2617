#!/usr/bin/python3
"""Makes one C++ program of every example in the documents: `samples.py OUT FILE...`.

An example is a ```cpp block of a page, or the indented block at the top of a header. Each becomes the
body of a function; `connect({})` and `connect(with_endpoint(options))` go to the test's broker.
"""
import pathlib
import re
import sys


def blocks_of(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return re.findall(r"```cpp\n(.*?)```", text, re.DOTALL)
    head = text[:text.index("#pragma once")]
    lines = [line[2:] if line.startswith("//") else line for line in head.splitlines()]
    code = [line for line in lines if line.startswith("     ")]
    return ["\n".join(code) + "\n"] if code else []


def main():
    out = ['#include "tests/client/samples.h"', ""]
    names = []
    for argument in sys.argv[2:]:
        path = pathlib.Path(argument)
        for number, block in enumerate(blocks_of(path), 1):
            endless = "for (zex::Delivery&" in block and "break;" not in block
            names.append((f"{path.name} {number}", "true" if endless else "false"))
            body = block.replace("connect({})", "connect(with_endpoint({}))")
            out += [f"static void sample_{len(names)}() {{", body + "}", ""]
    out += ["const std::vector<Sample> samples = {"]
    out += [f'    {{"{name}", {endless}, sample_{i}}},'
            for i, (name, endless) in enumerate(names, 1)]
    out += ["};", ""]
    pathlib.Path(sys.argv[1]).write_text("\n".join(out), encoding="utf-8")


if __name__ == "__main__":
    main()
