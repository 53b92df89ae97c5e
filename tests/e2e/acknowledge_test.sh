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

# Receipts, checked in an empty folder with nothing in the environment.
expect "an offer waits for its recipient" 0 "${REPORT[@]}" --to zhujian --wait delivered \
    --timeout 20 --json
ACT=$(sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p' "$OUT")
CASE=$(sed -n 's/.*"number":"\([^"]*\)".*/\1/p' "$OUT")
mkdir "$DIR/empty"
expect "the receipt is exported" 0 receipt "$CASE" "${ACT:0:10}" --out "$DIR/empty/r" "${AW[@]}"
says "with how it is checked" "verify-receipt $DIR/empty/r --genesis $LEDGER"
verify() {
    local name=$1 code=$2
    shift 2
    expect "$name" "$code" verify-receipt "$@" --genesis "$LEDGER"
}
cd "$DIR/empty" || exit 1
verify "and holds where nothing else is" 0 r
says "for this ledger" "ledger: $LEDGER, as expected"
says "it proves the delivery" "proves: delivered to zhujian"
says "with its parts" "with the parts addressed to it"
says "and says what it does not" "does not prove: that the act is valid in its case"
expect "without the ledger's id it says so" 0 verify-receipt r
says "to compare it" "compare it with the id"
expect "another ledger is refused" 8 verify-receipt r --genesis "${LEDGER:0:63}$(
    [ "${LEDGER:63}" = 0 ] && echo 1 || echo 0)"
says "as such" "not that of the ledger expected"

# frame_at TYPE: the place of the first body of that type.
frame_at() {
    local at=16 len type
    while :; do
        len=$(od -An -tu4 --endian=big -j $at -N4 r | tr -d ' ')
        type=$(od -An -tu1 -j $((at + 4)) -N1 r | tr -d ' ')
        [ "$type" -eq "$1" ] && break
        at=$((at + 4 + len))
    done
    echo $((at + 5))
}
# tampered NAME PLACE TEXT: a letter changed there is refused for that reason.
tampered() {
    cp r bad
    local was
    was=$(dd if=bad bs=1 skip="$2" count=1 status=none | od -An -tx1 | tr -d ' ')
    [ "$was" = 42 ] && was=C || was=B
    printf %s "$was" | dd of=bad bs=1 seek="$2" conv=notrunc status=none
    verify "a changed $1 is refused" 8 bad
    says "for its reason" "$3"
}
END=$(stat -c %s r)
tampered genesis $(($(frame_at 1) + 50)) "genesis is damaged"
tampered act $(($(frame_at 2) + 100)) "the act's bytes or signatures"
tampered admission $(($(frame_at 4) + 300)) "an admission or enrolment"
tampered certificate $(($(frame_at 5) + 200)) "the certificate of the cosigner's key"
tampered head $(($(grep -abo "/anweiban/0 " r | tail -1 | cut -d: -f1) + 40)) "the head is not one"
tampered cosignature $((END - 40)) "the cosignature does not hold"
INDEX=$(grep -abo "^index [0-9]*" r | head -1)
TEXT=${INDEX#*:}
tampered proof $((${INDEX%%:*} + ${#TEXT} + 3)) "the proof does not lead"
head -c 3000 r >bad
verify "a receipt cut short is refused" 8 bad
says "for that" "cut short"
echo nothing >bad
verify "a file of another kind" 2 bad
says "is told so" "no receipt of Jieli"
verify "machines learn the link" 0 r --json
says "and what is proven" '"proves":"delivery"'
cd - >/dev/null || exit 1

# What answers an offer or takes it back is delivered as well.
expect "a recall waits for the member that it was offered to" 0 recall "$CASE" --wait delivered \
    --timeout 20 --json "${AW[@]}" --key "$K/a1.key"
says "and reaches it" '"concerns":[{"member":"zhujian"'
RECALL=$(sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p' "$OUT")
expect "its receipt is exported" 0 receipt "$CASE" "${RECALL:0:10}" --out "$DIR/empty/c" "${AW[@]}"
verify "and holds" 0 "$DIR/empty/c"
says "it proves the delivery of the recall" "proves: delivered to zhujian"

# One case as a file: who held its acts is proven from it alone.
expect "a file of the case is made" 0 bundle create "$DIR/empty/case" --case "$CASE" "${AW[@]}"
cd "$DIR/empty" || exit 1
expect "and audited where nothing else is" 0 audit case --genesis "$LEDGER"
says "its cosignatures verify" " cosignatures verified, 0 for which"
expect "machines learn it" 0 audit case --genesis "$LEDGER" --json
says "in a number of its own" '"cosignatures_unproven":0'
cd - >/dev/null || exit 1

# The recipient is away: others hold the offer, and the receipt says no more than that.
kill "${NODE[zhujian]}" && wait "${NODE[zhujian]}" 2>/dev/null
expect "a recipient that is away is not reached" 11 "${REPORT[@]}" --to zhujian --wait delivered \
    --timeout 1 --json
says "the act stands" '"level":"'
ACT=$(sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p' "$OUT")
CASE=$(sed -n 's/.*"number":"\([^"]*\)".*/\1/p' "$OUT")
held_by_two() { jieli show "$CASE" "${AW[@]}" --json && grep -q '"mirrored_by":2' "$OUT"; }
until_true 50 held_by_two
expect "two others hold it" 0 show "$CASE" "${AW[@]}"
says "and the clock of the fiction runs" "unless it holds it before: two others held it"
expect "its own receipt is not to be had" 5 receipt "$CASE" "$ACT" --member zhujian "${AW[@]}"
expect "that of the others is" 0 receipt "$CASE" "$ACT" --out "$DIR/empty/d" "${AW[@]}"
verify "and holds" 0 "$DIR/empty/d"
says "it proves nothing of the recipient" "does not prove: that zhujian"
says "and only that" "this file proves only that two others held it"

echo "1..$COUNT"
exit $FAILED
