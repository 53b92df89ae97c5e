#!/usr/bin/env bash
# Who holds an act: --wait, levels, and receipts that prove them. Four members; one goes away.
# Reports each step as a TAP line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

K=$DIR
AW=(--home "$DIR/anweiban")
PORT=$((20000 + RANDOM % 12000))

expect "a ledger begins" 0 genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
LEDGER=$(sed -n 's/^ledger = //p' "$DIR/anweiban/jieli.conf")
sed -i "s/^\[node\]/[node]\nlisten = 127.0.0.1:$PORT/" "$DIR/anweiban/jieli.conf"
start anweiban
expect "the convenor certifies its node" 0 init "${AW[@]}" --key "$K/e001.key"
OTHERS=(zhujian xiaofang gongan)
for m in "${OTHERS[@]}"; do
    expect "$m asks for admission" 0 init --home "$DIR/$m" --genesis "$DIR/anweiban/genesis" \
        --member "$m" --post 管理员 --person "$m-0" --key "$K/$m.key" --no-passphrase
    expect "and is admitted" 0 admit "$DIR/$m/request" "${AW[@]}" \
        --members configs/ezhou/members.tsv --key "$K/e000.key"
    sed -i "s/^\[node\]/[node]\npeer = 127.0.0.1:$PORT/" "$DIR/$m/jieli.conf"
done
expect "the convenor hands over what it has" 0 bundle create "$DIR/day1.bundle" "${AW[@]}"
declare -A NODE
for m in "${OTHERS[@]}"; do
    expect "$m applies it" 0 bundle apply "$DIR/day1.bundle" --home "$DIR/$m"
    start "$m"
    NODE[$m]=$!
    expect "$m is certified" 0 init --home "$DIR/$m" --key "$K/$m.key"
done
expect "an officer is enrolled, and the others hold it" 0 officer add --post 经办人 \
    --person E011 --new-key "$K/a1.key" --no-passphrase "${AW[@]}" --key "$K/e001.key"

REPORT=(report --sector rq --district echeng --source inspection --clause GB50028 --grade major
    --title 管网带病运行 --enterprise 某燃气公司 "${AW[@]}" --key "$K/a1.key")

# Waiting.
expect "an act waits until it is delivered" 0 "${REPORT[@]}" --to zhujian --wait delivered \
    --timeout 20
says "and says when" "delivered 2"
says "and who holds it" "zhujian"
CASE=$(sed -n 's/^case //p' "$OUT")
expect "the timeline shows it" 0 show "$CASE" "${AW[@]}"
says "as delivered" "delivered 2"
expect "an act waits until three hold it" 0 "${REPORT[@]}" --to zhujian --wait mirrored=3 \
    --timeout 20 --json
says "machines are told the level" '"reached":true'
says "and who holds it" '"held_by":[{'
expect "more than there are cannot be reached" 11 "${REPORT[@]}" --to zhujian --wait mirrored=4 \
    --timeout 1
says "the act stands all the same" "the act stands; mirrored=4 was not reached in time"
says "what to ask later is said" "ask later: jieli show anweiban-"
expect "what concerns nobody cannot be delivered" 11 "${REPORT[@]}" --wait delivered
says "and is told so at once" "concerns no other member"
expect "sequenced is reached at once" 0 "${REPORT[@]}" --wait sequenced
expect "an unknown level writes nothing" 2 "${REPORT[@]}" --wait soon
expect "neither does a timeout alone" 2 "${REPORT[@]}" --timeout 5
expect "nor one of no seconds" 2 "${REPORT[@]}" --wait mirrored --timeout 0

echo "1..$COUNT"
exit $FAILED
