#!/usr/bin/env bash
# A member suspended beyond a size of its log, from the command line: what it wrote stands or is
# void, its sessions end, the reference fold and the audit say the same. Reports each step as a TAP
# line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

synced() { until_true 100 jieli "$@"; }

AW=(--home "$DIR/anweiban")
ZJ=(--home "$DIR/zhujian")
K=$DIR
PORT=$((20000 + RANDOM % 12000))
REPORT=(report --sector rq --district echeng --grade general --source inspection --title 管网)

jieli genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
jieli init "${ZJ[@]}" --genesis "$DIR/anweiban/genesis" --member zhujian --post 管理员 \
    --person E201 --key "$K/e201.key" --no-passphrase
sed -i "s/^\[node\]/[node]\nlisten = 127.0.0.1:$PORT/" "$DIR/anweiban/jieli.conf"
sed -i "s/^\[node\]/[node]\npeer = 127.0.0.1:$PORT/" "$DIR/zhujian/jieli.conf"
start anweiban
start zhujian
jieli init "${AW[@]}" --key "$K/e001.key"
jieli admit "$DIR/zhujian/request" "${AW[@]}" --members configs/ezhou/members.tsv \
    --key "$K/e000.key"
jieli bundle create "$DIR/day1.bundle" "${AW[@]}"
jieli bundle apply "$DIR/day1.bundle" "${ZJ[@]}"
synced init "${ZJ[@]}" --key "$K/e201.key"
expect "an officer is enrolled" 0 officer add --post 经办人 --person E211 --new-key "$K/z1.key" \
    --no-passphrase "${ZJ[@]}" --key "$K/e201.key"
expect "a report that stands" 0 "${REPORT[@]}" "${ZJ[@]}" --key "$K/z1.key"
GOOD=$(sed -n 's/^case //p' "$OUT")
expect "a report beyond" 0 "${REPORT[@]}" "${ZJ[@]}" --key "$K/z1.key"
BAD=$(sed -n 's/^case //p' "$OUT")
synced show "$BAD" "${AW[@]}"
expect "the convenor has both" 0 show "$BAD" "${AW[@]}"

# Its log: certificate, enrolment, two reports.
expect "a ground is needed" 2 suspend zhujian --size 3 "${AW[@]}" --key "$K/e000.key"
expect "and a size" 2 suspend zhujian --size 0 --ground x "${AW[@]}" --key "$K/e000.key"
expect "an administrator cannot suspend" 1 suspend zhujian --size 3 --ground 伪造 "${AW[@]}" \
    --key "$K/e001.key"
expect "the convenor is not suspended" 1 suspend anweiban --size 3 --ground 伪造 "${AW[@]}" \
    --key "$K/e000.key"
expect "a root officer suspends" 0 suspend zhujian --size 3 --ground 安委办〔2026〕9号 "${AW[@]}" \
    --key "$K/e000.key"
says "what comes next is said" "jieli cases --open --custodian zhujian"
expect "the list says so" 0 members "${AW[@]}"
says "with the size" "suspended from 3"
expect "what lies below stands" 0 show "$GOOD" --json "${AW[@]}"
says "as it was" '"custodian":"zhujian"'
expect "the audit lists what is void" 3 audit --home "$DIR/anweiban"
says "and has proven all" "all is proven"
expect "everything is exported" 0 export "${AW[@]}"
cp "$OUT" "$DIR/lines"
COUNT=$((COUNT + 1))
if [ "$(grep -c '"reason":"suspended"' "$DIR/lines")" -eq 1 ]; then
    echo "ok $COUNT - one entry, for its reason"
else
    FAILED=1
    echo "not ok $COUNT - one entry, for its reason"
fi
COUNT=$((COUNT + 1))
if ! command -v python3 >/dev/null; then
    echo "ok $COUNT - the reference fold agrees # SKIP python3 is not installed"
elif python3 -B tests/reference/fold.py --compare "$DIR/lines" >"$OUT" 2>&1; then
    echo "ok $COUNT - the reference fold agrees"
else
    FAILED=1
    echo "not ok $COUNT - the reference fold agrees"
    sed 's/^/# /' "$OUT"
fi
COUNT=$((COUNT + 1))
if until_true 100 grep -q "ERR_SUSPENDED" "$DIR/anweiban.log"; then
    echo "ok $COUNT - its session ends, with the reason"
else
    FAILED=1
    echo "not ok $COUNT - its session ends, with the reason"
fi
expect "its open case is ruled on" 0 rule "$GOOD" --to anweiban --authority office "${AW[@]}" \
    --key "$K/e001.key"
jieli bundle create "$DIR/word.bundle" "${AW[@]}"
expect "the member learns it by disc" 0 bundle apply "$DIR/word.bundle" "${ZJ[@]}"
expect "and writes nothing more" 1 "${REPORT[@]}" "${ZJ[@]}" --key "$K/z1.key"
says "for the reason" "beyond the size"
COUNT=$((COUNT + 1))
if until_true 100 grep -q "event=suspended" "$DIR/zhujian.log"; then
    echo "ok $COUNT - its own log tells its people"
else
    FAILED=1
    echo "not ok $COUNT - its own log tells its people"
fi
exit $FAILED
