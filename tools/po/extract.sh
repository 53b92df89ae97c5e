#!/bin/sh
# Writes every string that people may read to the template $1: _() and N_() of the tools, the tables of
# kinds, facts and reasons, the questions' messages, the sentences of err_message and of refusals.
# Run from the root of the project.
set -eu
out=$1
xgettext --from-code=UTF-8 --language=C --add-comments=TRANSLATORS --no-location --sort-output \
    --package-name=jieli --keyword=_ --keyword=N_ --keyword=answer_refuse:3 \
    --keyword=ops_refuse_words:4 \
    --flag=word:1:pass-c-format --flag=_:1:pass-c-format --flag=printf:1:c-format \
    --flag=fprintf:2:c-format --flag=snprintf:3:c-format \
    -o "$out" $(find tools -name '*.[ch]' | sort) ledger/cases/*.c ledger/query/*.c \
    node/invitations.c
messages=$(mktemp)
trap 'rm -f "$messages"' EXIT
sed -n 's/^ *case [A-Z_]*: return \("[^"]*"\);$/_(\1);/p' crypto/err.c | grep -v '"ERR_\|"OK"' >"$messages"
xgettext --from-code=UTF-8 --language=C --no-location --sort-output --join-existing --keyword=_ \
    -o "$out" "$messages"
