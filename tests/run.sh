#!/usr/bin/env bash
# Runs tests and closes with "N passed, N failed" (", N skipped" where some were).
#
#   tests/run.sh BUILD [FILE ...]
#
# BUILD is the build folder. FILE is a test program, a fuzz replay program (*_replay, run over the
# corpus of its name) or an executable script; without any, all that the sources name are run.
# A program or script reports its tests as TAP lines ("ok 1 - name", "not ok 2 - name",
# "ok 3 - name # SKIP why"); one that prints none is a single test by its exit status.
# Everything a test prints is kept in BUILD/log/NAME.log; that of failing ones is shown.
#
# Environment: JIELI_TEST_JOBS (2), JIELI_TEST_TIMEOUT_S for each file (420), JIELI_SEEDS and
# JIELI_VECTORS are handed on.
set -u

BUILD=$1
shift
LOG=$BUILD/log
TIMEOUT_S=${JIELI_TEST_TIMEOUT_S:-420}
MEASURING='/hostile_test$'

all_tests() {
    local source
    for source in tests/e2e/*.sh; do
        [ -f "$source" ] && [ -x "$source" ] && echo "$source"
    done
    for source in tests/sim/*_test.c tests/e2e/*_test.c tests/vectors/*_test.c tests/power/*_test.c \
        tests/unit/*_test.c; do
        [ -f "$source" ] && echo "$BUILD/${source%.c}"
    done
    for source in tests/fuzz/*_fuzz.c; do
        [ -f "$source" ] && echo "$BUILD/${source%_fuzz.c}_replay"
    done
}

run_file() {
    local corpus
    case $1 in
    *_replay)
        corpus=tests/fuzz/corpus/$(basename "$1" _replay)
        "$1" "$corpus" ;;
    *) "$1" ;;
    esac
}

# Counts TAP lines: passed failed skipped of what a test printed and its exit status.
count() {
    LC_ALL=C awk -v status="$2" '
        /^1\.\.[0-9]+/ { sub(/^1\.\./, ""); plan += $1; next }
        /^(not )?ok( |$).*# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
        /^ok( |$)/ { passed++; next }
        /^not ok( |$)/ { failed++ }
        END {
            told = passed + failed + skipped
            if (told == 0 && status == 0) passed = 1
            else if (plan > told) failed += plan - told
            else if (status != 0 && failed == 0) failed = 1
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

one() {
    local file=$1 name log status begin scratch
    name=$(echo "${file#"$BUILD"/}" | tr / -)
    log=$LOG/$name.log
    scratch=$(mktemp -d "$JIELI_SCRATCH/XXXXXX")
    begin=$(date +%s)
    export TMPDIR=$scratch CMOCKA_MESSAGE_OUTPUT=TAP JIELI_BUILD=$BUILD
    export -f run_file
    timeout -k 10 "$TIMEOUT_S" bash -c 'run_file "$1"' run_file "$file" >"$log" 2>&1 </dev/null
    status=$?
    [ $status -eq 124 ] && echo "no end within $TIMEOUT_S s" >>"$log"
    rm -rf "$scratch"
    report "$name" "$log" $status $(($(date +%s) - begin))
}

report() {
    local name=$1 log=$2 status=$3 seconds=$4 counts text
    counts=$(count "$log" "$status")
    echo "$counts $name" >"$LOG/$name.count"
    set -- $counts
    text="$1 passed, $2 failed"
    [ "$3" -gt 0 ] && text="$text, $3 skipped"
    if [ "$2" -eq 0 ]; then
        printf '%-44s %s (%s s)\n' "$name" "$text" "$seconds"
    else
        printf '%-44s %s (%s s, exit status %s)\n%s\n' "$name" "$text" "$seconds" "$status" \
            "$(tail -n 60 "$log" | sed 's/^/    /')"
    fi
}

if [ "${1:-}" = --one ]; then
    one "$2"
    exit 0
fi

mkdir -p "$LOG"
rm -f "$LOG"/*.count
JIELI_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/jieli-test.XXXXXX")
export JIELI_SCRATCH
trap 'rm -rf "$JIELI_SCRATCH"' EXIT
[ $# -gt 0 ] || mapfile -t all < <(all_tests)
[ $# -gt 0 ] || set -- "${all[@]}"
# Rates are measured alone, after everything else.
printf '%s\n' "$@" | grep -v "$MEASURING" |
    xargs -r -P "${JIELI_TEST_JOBS:-2}" -I{} "$0" "$BUILD" --one {}
printf '%s\n' "$@" | grep "$MEASURING" | xargs -r -n 1 "$0" "$BUILD" --one

cat "$LOG"/*.count 2>/dev/null | awk -v files=$# '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        failed += files - NR
        printf "%d passed, %d failed", passed, failed
        if (skipped > 0) printf ", %d skipped", skipped
        print ""
        exit failed > 0 || passed == 0
    }'
