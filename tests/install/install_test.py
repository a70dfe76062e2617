"""Installs the build into an empty directory and builds a program against what lies there, once
with the shared and once with the static library, as a stranger would: by pkg-config.

Arguments: build directory, version, prefix, sanitizer or "none", program, meson, compiler...
"""

import os
import pathlib
import subprocess
import sys
import tempfile

build, version, prefix, sanitizer, program, meson, *compiler = sys.argv[1:]


def run(*command, **variables):
    """What the command prints; it must succeed."""
    print("+", *command, flush=True)
    done = subprocess.run(command, env={**os.environ, **variables}, check=True, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.strip()


def only(root, pattern):
    """The one file of this name below root."""
    found = sorted(root.rglob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def pkg_config(root, *arguments):
    where = only(root, "libzex.pc").parent
    return run("pkg-config", *arguments, "libzex", PKG_CONFIG_PATH=str(where),
               PKG_CONFIG_SYSROOT_DIR=str(root)).split()


def compile_program(output, flags):
    sanitize = [] if sanitizer == "none" else [f"-fsanitize={sanitizer}"]
    run(*compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *sanitize, program,
        "-o", str(output), *flags)


def check(said):
    assert said.startswith(version + " client_closed (702): for a test"), said


def main():
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        run(meson, "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", directory)
        installed = pathlib.Path(directory + prefix)

        assert pkg_config(root, "--modversion") == [version]
        libraries = only(installed, "libzex.a").parent

        compile_program(root / "shared", pkg_config(root, "--cflags", "--libs"))
        assert "libzex.so" in run("readelf", "-d", str(root / "shared"))
        check(run(str(root / "shared"), LD_LIBRARY_PATH=str(libraries)))

        # Only libzex is linked statically: what Debian's libzmq.pc names for --static is not there.
        static = pkg_config(root, "--cflags", "--libs")
        static = ["-l:libzex.a" if flag == "-lzex" else flag for flag in static] + ["-lzmq"]
        compile_program(root / "static", static)
        assert "libzex.so" not in run("readelf", "-d", str(root / "static"))
        check(run(str(root / "static")))

        assert run(str(installed / "bin" / "zexd"), "--version") == f"zexd {version}"
        assert os.access(installed / "bin" / "zex", os.X_OK)
        for example in ("zexd.toml", "zexd.service"):
            assert (installed / "share" / "zex" / example).is_file(), example


main()
