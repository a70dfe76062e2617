#!/usr/bin/python3
"""Writes the test vectors of this directory, and the hex blocks of ../protocol.md.

The vectors are stated once, as Python values, in vectors.py and refused.py; JSON text and
MessagePack bytes are made from them by Python's own json and msgpack (Debian: python3-msgpack), so
that they are a second opinion on the project's codec and not its echo. `generate.py --check` writes
nothing and exits with 1 when a file is not what it would write.

Each vector is a map:
  name       a sentence
  direction  "request" (client to broker) or "reply"
  json       the envelope as JSON text, or null where JSON cannot say it
  msgpack    the envelope as hex MessagePack, or null where MessagePack cannot say it
  body       the body frame as hex, or null where there is none
  canonical  true: encoding the meaning gives this same envelope and body again
  meaning    what a decoder must find: every field, defaults filled in, payloads as hex; or
  error      what a decoder must answer: name, the field at fault or "", and the id if it is known;
             for `malformed` only the name is stated: field, id and offset depend on the parser
"""
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import refused  # noqa: E402,F401  adds its group to those of vectors
import vectors  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent / "protocol.md"


def hex_lines(value):
    """Hex MessagePack in lines of 32 bytes, as the page shows it."""
    return "\n".join(value[i:i + 64] for i in range(0, len(value), 64))


def page_with_hex(page):
    """Every ```json block that a ```hex block follows gives that block its content."""
    def fill(match):
        return f"{match[1]}{hex_lines(vectors.pack(json.loads(match[2])))}\n```"
    return re.sub(r"(```json\n((?:(?!```).)*?)```\n+```hex\n)(?:(?!```).)*?```", fill, page,
                  flags=re.DOTALL)


def main():
    files = {HERE / f"{name}.json": json.dumps(group, ensure_ascii=False, indent=2) + "\n"
             for name, group in vectors.GROUPS.items()}
    files[PAGE] = page_with_hex(PAGE.read_text(encoding="utf-8"))
    stale = [path for path, content in files.items()
             if not path.exists() or path.read_text(encoding="utf-8") != content]
    for path in stale:
        print(path.relative_to(HERE.parent))
        if "--check" not in sys.argv:
            path.write_text(files[path], encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
