#!/usr/bin/env bash
# Runs every fuzz target of a build for some seconds. What it finds stays in BUILD/found; inputs that
# reach new code are kept in BUILD/corpus, those of the project are only read.
#
#   tools/fuzz.sh BUILD SECONDS
set -u

build=$1
seconds=$2
failed=0
mkdir -p "$build/found"
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm      # the peer state machine works on a store: no flushes
for source in tests/fuzz/*_fuzz.c; do
    name=$(basename "$source" _fuzz.c)
    mkdir -p "$build/corpus/$name"
    seeds=tests/fuzz/corpus/$name
    [ -d "$seeds" ] || seeds=
    if "$build/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$build/found/$name-" "$build/corpus/$name" $seeds \
        >"$build/$name.log" 2>&1; then
        printf '%-10s %s\n' "$name" "$(grep -o 'Done .*' "$build/$name.log" | tail -n 1)"
    else
        failed=$((failed + 1))
        printf '%-10s FAILED, see %s\n' "$name" "$build/$name.log"
    fi
done
[ $failed -eq 0 ]
