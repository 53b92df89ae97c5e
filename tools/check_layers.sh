#!/usr/bin/env bash
# Who may include whom: crypto <- ledger <- net <- node, tools beside node, and each foreign library
# in its few places (ARCHITECTURE.md, "Who includes whom"). Prints file:line of what breaks a rule
# and fails.
set -u
cd "$(dirname "$0")/.."
bad=0

find crypto ledger net node tools tests -name '*.[ch]' | LC_ALL=C sort |
    xargs grep -nE '^[[:space:]]*#[[:space:]]*include' | awk '
    function broken(rule) { print where ": " what ": " rule; bad = 1 }
    function folder_of(path) { return index(path, "/") ? substr(path, 1, index(path, "/") - 1) : "" }
    function dir_of(path) { sub(/\/[^\/]*$/, "", path); return path }
    BEGIN {
        may["crypto"] = " crypto "
        may["ledger"] = " crypto ledger "
        may["net"] = " crypto ledger net "
        may["node"] = " crypto ledger net node "
        may["tools"] = " crypto ledger net tools "
        may["tests"] = " crypto ledger net node tools tests "
        ours = " crypto ledger net node tools tests "
    }
    {
        split($0, at, ":")
        file = at[1]
        where = at[1] ":" at[2]
        from = folder_of(file)
        what = $0
        if (match(what, /[<"][^>"]*[>"]/) == 0) next
        quoted = substr(what, RSTART, 1) == "\""
        what = substr(what, RSTART + 1, RLENGTH - 2)
        to = folder_of(what)
        if (quoted && !index(ours, " " to " ")) broken("paths start at the root of the project")
        if (quoted && index(ours, " " to " ") && !index(may[from], " " to " "))
            broken(from " may not include " to)
        if (quoted && what ~ /internal\.h$/ && from != "tests" && dir_of(file) != dir_of(what))
            broken("for files of its own folder alone")
        if (quoted || from == "tests") next
        if (what == "sodium.h" && from != "crypto") broken("only in crypto/")
        if (what ~ /^openssl\// && file != "crypto/sha256.c") broken("only in crypto/sha256.c")
        if (what == "lmdb.h" && file != "ledger/log/store.c") broken("only in ledger/log/store.c")
        if (what ~ /^nng\// && file !~ /^net\/(transport|ipc)(_[a-z]+)?\.[ch]$/)
            broken("only in the transport and ipc files of net/")
        if (what == "microhttpd.h" && file != "node/http.c") broken("only in node/http.c")
        if (what == "jansson.h" && (from == "crypto" || \
            (from == "ledger" && file !~ /^ledger\/query\//)))
            broken("below net/ only in ledger/query/")
        if (what == "ini.h" && file !~ /^net\/config/) broken("only in net/config*.c")
        if (what ~ /^utf8proc/ && from != "tools") broken("only in tools/")
        if (what == "libintl.h" && from != "tools") broken("only in tools/")
    }
    END { exit bad }' || bad=1
clocks=$(grep -nE '\b(time|gettimeofday|clock_gettime)\(' -r crypto ledger net/sync*.c net/message*.c \
    --include='*.[ch]' | grep -vE '^[^:]*:[0-9]*: \*|_time\(' || true)
[ -z "$clocks" ] || { echo "$clocks" | sed 's/$/   (no clock below node\/)/'; bad=1; }
exit $bad
