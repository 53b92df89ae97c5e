#!/usr/bin/env bash
# jieli-load and jieli-bench at a small size. Reports each step as a TAP line. JIELI_BUILD names the
# build folder.
. "$(dirname "$0")/steps.bash"

# run NAME CODE PROGRAM ARGUMENT...: as expect, of another program.
run() {
    local name=$1 code=$2 got
    shift 2
    "$BUILD/$1" "${@:2}" >"$OUT" 2>&1 </dev/null
    got=$?
    COUNT=$((COUNT + 1))
    if [ "$got" -eq "$code" ]; then
        echo "ok $COUNT - $name"
    else
        FAILED=1
        echo "not ok $COUNT - $name (exit $got, expected $code)"
        sed 's/^/# /' "$OUT"
    fi
}

run "a city's home is filled" 0 jieli-load "$DIR/city" 3000 49 7
says "as many entries as asked for" "3000 entries of cases"
expect "it passes the audit" 0 audit --home "$DIR/city"
says "of all logs" "51 logs"
run "a small committee will do" 0 jieli-load --alone "$DIR/alone" 300 2
run "a word for a number is refused" 2 jieli-load "$DIR/other" many
run "more members than the table has are refused" 1 jieli-load "$DIR/other" 10 60
run "a committee that is not there is refused" 1 jieli-load --committee "$DIR" "$DIR/other" 10
run "a row that is not there is refused" 2 jieli-bench "$DIR/none.tsv" --only sync,nothing
run "a row is measured alone" 0 jieli-bench "$DIR/bench.tsv" --only sync_city --city 3000
OUT=$DIR/bench.tsv
says "with its ratio" "sync_city_ratio"
says "with what was sent twice" "redone_after_kill"
says "with what serving costs" "city_serve_cost"
echo "1..$COUNT"
exit $FAILED
