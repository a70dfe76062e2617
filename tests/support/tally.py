"""Adds up the test cases of one `meson test` run and prints "N passed, N failed".

Reads meson's testlog.json: one JSON object a line, one for each test program. A Catch2 program
prints how many of its cases passed and failed; a program that prints no such line counts as one
case. A program that crashed, timed out or said nothing of its failure counts as one failed.
Exits with 0 only when something ran and nothing failed.
"""

import json
import re
import sys

CASES = re.compile(r"^test cases: (\d+) passed, (\d+) failed$", re.MULTILINE)


def cases(run):
    """What a Catch2 program says of its cases, or nothing: [(passed, failed)]."""
    return CASES.findall(run.get("stdout", "") + "\n" + run.get("stderr", ""))


def tally(run):
    """Passed and failed cases of one test program."""
    said = cases(run)
    good = run["result"] == "OK"
    if not said:
        return (1, 0) if good else (0, 1)
    passed, failed = map(int, said[-1])
    return passed, failed if good or failed else 1


def main(log):
    passed = failed = 0
    try:
        with open(log, encoding="utf-8") as lines:
            runs = [json.loads(line) for line in lines]
    except FileNotFoundError:
        runs = []
    for run in runs:
        # Catch2 exits with the number of failed assertions, and 77 of them look like meson's skip.
        if run["result"] == "SKIP" and not cases(run):
            print(f"skipped: {run['name']}")
            continue
        good, bad = tally(run)
        passed += good
        failed += bad
        if bad:
            print(f"failed: {run['name']} ({run['result'].lower()}, {bad} of its cases)")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
