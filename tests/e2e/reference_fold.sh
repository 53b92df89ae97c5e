#!/usr/bin/env bash
# The fold against a second one, written in Python from the law's text (tests/reference/fold.py):
# random histories with liars, whole and in part. Reports TAP lines. JIELI_BUILD names the build
# folder, JIELI_SEEDS how many histories (at most 200), JIELI_SEED the first.
set -u

BUILD=${JIELI_BUILD:-build/release}
DUMP=$BUILD/tests/reference/dump
SEEDS=${JIELI_SEEDS:-50}
FIRST=${JIELI_SEED:-1}
[ "$SEEDS" -le 200 ] || SEEDS=200
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT

if ! command -v python3 >/dev/null; then
    echo "ok 1 - the fold agrees with the reference # SKIP python3 is not installed"
    exit 0
fi

# A build with sanitizers links only with them.
build_dump() {
    local san=() lib
    local -a libs=()
    nm "$BUILD/libledger.a" 2>/dev/null | grep -q __asan_init && san=(-fsanitize=address,undefined)
    for lib in node tools net ledger jcrypto; do libs+=("$BUILD/lib$lib.a"); done
    "${CC:-gcc}" -std=c11 -D_GNU_SOURCE -I. -O1 "${san[@]}" tests/reference/dump.c \
        "$BUILD/libsupport.a" -Wl,--start-group "${libs[@]}" -Wl,--end-group \
        -lnng -ljansson -llmdb -linih -lutf8proc -lsodium -lcrypto -lpthread -lcmocka \
        -o "$DIR/dump" && DUMP=$DIR/dump
}

# agrees NUMBER NAME ARGUMENT...: the histories of dump with these arguments.
agrees() {
    local number=$1 name=$2
    shift 2
    if "$DUMP" "$@" >"$DIR/lines" 2>"$DIR/why" &&
        python3 -B tests/reference/fold.py --compare "$DIR/lines" >"$DIR/out" 2>>"$DIR/why"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        head -20 "$DIR/out" "$DIR/why" | sed 's/^/# /'
        return 1
    fi
}

if [ ! -x "$DUMP" ] && ! build_dump 2>"$DIR/why"; then
    echo "not ok 1 - the generator of histories builds"
    sed 's/^/# /' "$DIR/why"
    exit 1
fi
failed=0
agrees 1 "whole histories get the verdicts and the state of the reference" \
    "$FIRST" "$SEEDS" || failed=1
agrees 2 "parts of histories wait for what the reference waits for" \
    "$FIRST" "$SEEDS" prefix || failed=1
exit $failed
