"""Installs the build into an empty directory and builds programs against what lies there, as a
stranger would: by pkg-config with the shared and with the static library, by CMake's find_package,
an example as it was installed, and one with the broker inside.

Arguments: build directory, version, prefix, sanitizer or "none", program, broker program, meson,
compiler...
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

build, version, prefix, sanitizer, program, broker_program, meson, *compiler = sys.argv[1:]


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


def pkg_config(root, *arguments, package="libzex"):
    where = only(root, "libzex.pc").parent
    return run("pkg-config", *arguments, package, PKG_CONFIG_PATH=str(where),
               PKG_CONFIG_SYSROOT_DIR=str(root)).split()


def compile_program(output, flags, source=program):
    sanitize = [] if sanitizer == "none" else [f"-fsanitize={sanitizer}"]
    run(*compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *sanitize,
        str(source), "-o", str(output), *flags)


def compile_with_cmake(root, libraries):
    """Nothing where there is no cmake, or where a sanitizer would have to be told to it."""
    if shutil.which("cmake") is None or sanitizer != "none":
        return
    project = root / "project"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18)\nproject(user CXX)\n"
        "find_package(zex REQUIRED)\n"
        f"add_executable(user {program})\ntarget_link_libraries(user zex::zex)\n")
    run("cmake", "-S", str(project), "-B", str(project / "build"),
        f"-Dzex_DIR={libraries}/cmake/zex", f"-DCMAKE_CXX_COMPILER={compiler[-1]}")
    run("cmake", "--build", str(project / "build"))
    check(run(str(project / "build" / "user"), LD_LIBRARY_PATH=str(libraries)))


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

        compile_with_cmake(root, libraries)
        share = installed / "share" / "zex"
        compile_program(root / "hello", pkg_config(root, "--cflags", "--libs"),
                        share / "examples" / "hello.cpp")

        inside = pkg_config(root, "--cflags", "--libs", package="libzexbroker")
        compile_program(root / "inside", inside, broker_program)
        assert run(str(root / "inside")) == "a broker listens"

        assert run(str(installed / "bin" / "zexd"), "--version") == f"zexd {version}"
        assert os.access(installed / "bin" / "zex", os.X_OK)
        assert (share / "zexd.toml").is_file()
        service = (share / "zexd.service").read_text()
        assert f"ExecStart={prefix}/bin/zexd" in service and "dir@" not in service, service
        for page in ("man1/zex.1", "man8/zexd.8"):
            assert list((installed / "share" / "man").glob(page + "*")), page
        for page in ("LICENSE", "README.md", "docs/zex.md"):
            assert (installed / "share" / "doc" / "zex" / page).is_file(), page


main()
