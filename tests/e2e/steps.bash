# What the scripts of the command line share: a folder of their own, daemons that end with them, and
# steps told as TAP lines. JIELI_BUILD names the build folder. Sourced, not run.
set -u

BUILD=$(realpath "${JIELI_BUILD:-build/release}")
DIR=$(mktemp -d)
OUT=$DIR/out
COUNT=0
FAILED=0
PIDS=()

finish() {
    local pid
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null; done
    rm -rf "$DIR"
}
trap finish EXIT

# jieli with nothing in its environment but what is given: VAR=value ... arguments.
jieli() { env -i "${ENV[@]}" "$BUILD/jieli" "$@" >"$OUT" 2>&1 </dev/null; }
ENV=(JIELI_LANG=en)

# expect NAME CODE ARGUMENT...: the exit code must be CODE.
expect() {
    local name=$1 code=$2 got
    shift 2
    jieli "$@"
    got=$?
    COUNT=$((COUNT + 1))
    if [ "$got" -eq "$code" ]; then
        echo "ok $COUNT - $name"
    else
        FAILED=1
        echo "not ok $COUNT - $name"
        echo "# jieli $*: exit $got, expected $code"
        sed 's/^/# /' "$OUT"
    fi
}

# says NAME TEXT: the last output holds TEXT.
says() {
    COUNT=$((COUNT + 1))
    if grep -qF -- "$2" "$OUT"; then
        echo "ok $COUNT - $1"
    else
        FAILED=1
        echo "not ok $COUNT - $1"
        echo "# no \"$2\" in:"
        sed 's/^/# /' "$OUT"
    fi
}

# says_not NAME TEXT: the last output does not hold TEXT.
says_not() {
    COUNT=$((COUNT + 1))
    if grep -qF -- "$2" "$OUT"; then
        FAILED=1
        echo "not ok $COUNT - $1"
        sed 's/^/# /' "$OUT"
    else
        echo "ok $COUNT - $1"
    fi
}

# until_true N COMMAND...: tries N times, 0.1 s apart.
until_true() {
    local tries=$1
    shift
    while [ "$tries" -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        tries=$((tries - 1))
        sleep 0.1
    done
    return 1
}

# start MEMBER: its daemon, until it answers; ends with the script.
start() {
    "$BUILD/jielid" --home "$DIR/$1" >"$DIR/$1.log" 2>&1 &
    PIDS+=($!)
    until_true 100 test -S "$DIR/$1/jielid.sock"
}
