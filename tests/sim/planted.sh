#!/bin/bash
# Plants each fault of tests/sim/planted alone in a copy of the tree, builds the simulation there,
# and runs up to 1,000 seeds. Prints a table; fails where a fault is not found.
# planted.sh [PATTERN]: only the patches whose name has PATTERN in it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
copy=$(mktemp -d "${TMPDIR:-/tmp}/zex-planted.XXXXXX")
trap 'rm -rf "$copy"' EXIT
tar -C "$root" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$copy" -xf -
cd "$copy"
meson setup build >/dev/null
ninja -C build -j "$(nproc)" tests/sim/sim >/dev/null
missed=0
printf '%-36s %-9s %s\n' FAULT FOUND WHAT
for patch in "$root"/tests/sim/planted/*"${1:-}"*.patch; do
    name=$(basename "$patch" .patch)
    patch --silent -p1 <"$patch"
    if ! ninja -C build -j "$(nproc)" tests/sim/sim >build/planted.log 2>&1; then
        result="does not build"
    elif build/tests/sim/sim --seeds 1000 --jobs "$(nproc)" >build/planted.log 2>&1; then
        result="NOT FOUND"
    else
        result=$(sed -n 's/^seed \([0-9]*\) failed at step \([0-9]*\): /\1:\2 /p' build/planted.log | head -1)
    fi
    case $result in "does not build" | "NOT FOUND") missed=$((missed + 1)) ;; esac
    printf '%-36s %s\n' "$name" "$result"
    patch --silent -R -p1 <"$patch"
done
[ "$missed" -eq 0 ]
