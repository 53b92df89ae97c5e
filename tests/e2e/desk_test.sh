#!/usr/bin/env bash
# Officers at their desks: sessions over TCP, what they may do there, and what ends them.
# Reports each step as a TAP line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

H=$DIR/anweiban
K=$DIR
# Below the ports that the kernel gives to outgoing connections.
PORT=$((19000 + $$ % 6000))
AW=(--home "$H")
AT_NODE=(JIELI_LANG=en)

# at N: from here on at the computer of officer N; at node: at the node.
at() {
    ENV=(JIELI_LANG=en)
    [ "$1" = node ] || ENV+=(HOME="$DIR/d$1")
}

expect "a ledger begins" 0 genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
sed -i "s/^\[node\]/[node]\nlisten = 127.0.0.1:$PORT/" "$H/jieli.conf"
LEDGER=$(sed -n 's/^ledger = //p' "$H/jieli.conf")
start anweiban
expect "the node is certified" 0 init "${AW[@]}" --key "$K/e001.key"
expect "a desk file is written at the node" 0 desk --out "$DIR/aw.desk" "${AW[@]}"
says "with the next step" "at the desk: jieli desk $DIR/aw.desk --key KEY"

# Two officers; the second is enrolled without a desk and gets one later.
mkdir "$DIR/d1" "$DIR/d2"
at 1
expect "an officer proves key and desk without a home" 0 officer prove --ledger "$LEDGER" \
    --member anweiban --new-key "$DIR/d1/e011.key" --desk --no-passphrase --out "$DIR/e011.proof"
expect "a computer that is no desk" 3 inbox --node "tcp://127.0.0.1:$PORT"
says "is told so" "no desk of a node yet"
expect "a desk that is not certified yet is refused" 7 desk "$DIR/aw.desk" --key "$DIR/d1/e011.key"
says "with what is missing" "jieli officer desk"
at node
expect "an administrator enrols key and desk" 0 officer add --post 经办人 --person E011 \
    --proof "$DIR/e011.proof" "${AW[@]}" --key "$K/e001.key"
expect "another officer, without a desk" 0 officer add --post 验收人 --person E012 \
    --new-key "$DIR/d2/e012.key" --no-passphrase "${AW[@]}" --key "$K/e001.key"
expect "a third verifier" 0 officer add --post 验收人 --person E013 \
    --new-key "$DIR/d2/e013.key" --no-passphrase "${AW[@]}" --key "$K/e001.key"
expect "a key without a desk has none" 3 officer desk --person E012 --end "${AW[@]}" \
    --key "$K/e001.key"
expect "the desk of an officer enrolled before" 0 officer desk --new-key "$DIR/d2/e012.key" \
    --no-passphrase "${AW[@]}" --key "$K/e001.key"

at 1
expect "the desk is taken up" 0 desk "$DIR/aw.desk" --key "$DIR/d1/e011.key"
says "and says whose it is" "this is a desk of anweiban now"
expect "a report from the desk, with the key that the desk knows" 0 report --sector rq \
    --district echeng --source inspection --clause GB50028 --grade general --title 燃气管网带病运行 \
    --enterprise 某公司
CASE=$(sed -n 's/^case //p' "$OUT")
expect "the case is shown at the desk" 0 show "$CASE"
says "with its parts" "燃气管网带病运行"
expect "cases are listed" 0 cases --json
says "with this one" "$CASE"
expect "an address may be named" 0 inbox --node "tcp://127.0.0.1:$PORT"
expect "an address that is none" 2 inbox --node "tcp://nowhere"
expect "what needs the home" 2 export --node "tcp://127.0.0.1:$PORT"
says "is told so" "on the node's own computer"
expect "the ledger is not exported from a desk" 2 export
says "which is told" "on the node's own computer"
expect "nor is it bundled" 2 bundle create "$DIR/desk.bundle"
says "which is told too" "on the node's own computer"
says "with the way out" "with --home DIR"
expect "a home that is named and missing is another matter" 3 export --home "$DIR/none"
says "and told as such" "there is no home with a ledger"
expect "a home that is named is read at the desk's computer" 0 export --home "$H"
expect "nobody answers at another port" 4 inbox --node "tcp://127.0.0.1:1"
says "with what to look at" "does it \`listen\` there"
expect "a draft from the desk" 0 draft verify "$CASE" --outcome no-hazard
DRAFT=$(sed -n 's/^draft \([0-9a-f]*\):.*/\1/p' "$OUT")
at 2
expect "another desk" 0 desk "$DIR/aw.desk" --key "$DIR/d2/e012.key"
expect "lists it" 0 drafts
says "by its id" "$DRAFT"
at node
COUNT=$((COUNT + 1))
if grep -q 'event=act officer=E011' "$DIR/anweiban.log"; then
    echo "ok $COUNT - the log names the officer and no uid"
else
    FAILED=1
    echo "not ok $COUNT - the log names the officer and no uid"
fi

# A key with a passphrase, typed once for a quarter of an hour.
mkdir -m 700 "$DIR/run"
echo "open sesame" >"$DIR/pass"
echo "open barley" >"$DIR/wrong"
at 3
mkdir "$DIR/d3"
expect "an officer has keys with a passphrase" 0 officer prove --ledger "$LEDGER" --member anweiban \
    --new-key "$DIR/d3/e014.key" --desk --passphrase-file "$DIR/pass" --out "$DIR/e014.proof"
at node
expect "who is enrolled" 0 officer add --post 经办人 --person E014 --proof "$DIR/e014.proof" \
    "${AW[@]}" --key "$K/e001.key"
at 3
ENV+=(XDG_RUNTIME_DIR="$DIR/run" JIELI_KEY="$DIR/d3/e014.key")
expect "no key is open at first" 0 lock
says "lock tells how it leaves them" "all keys are locked"
expect "nobody types a passphrase here" 7 desk "$DIR/aw.desk"
says "so it is refused" "there is no terminal"
expect "a wrong one opens nothing" 7 unlock --passphrase-file "$DIR/wrong"
expect "unlocking asks once" 0 unlock --passphrase-file "$DIR/pass"
says "and says until when" "stays open until"
expect "then the desk opens" 0 desk "$DIR/aw.desk"
expect "and acts are signed" 0 progress "$CASE" --text 已停气
expect "a bare key needs no unlocking" 2 unlock --key "$DIR/d1/e011.key"
COUNT=$((COUNT + 1))
AGENT=$(stat -c '%a %F' "$DIR/run/jieli/agent.sock")
if [ "$AGENT" = "600 socket" ]; then
    echo "ok $COUNT - the agent's socket is for its user alone"
else
    FAILED=1
    echo "not ok $COUNT - the agent's socket is for its user alone"
fi
expect "locking ends it" 0 lock
expect "at once" 7 inbox
says "with the way to open it" "jieli unlock"
expect "the doctor looks at the node's computer" 2 doctor
says "and says so" "on the node's own computer"
until_true 50 test ! -e "$DIR/run/jieli/agent.sock"
expect "the agent is gone" 0 lock

# The node ends the session while somebody is asked something: the act goes over a new one.
at node
expect "a row of the map is added" 0 duty add rq --leads anweiban "${AW[@]}" --key "$K/e000.key"
at 1
mkfifo "$DIR/typed"
REPORT="report --sector rr --district echeng --source inspection --clause GB50028 --grade general"
env -i "${ENV[@]}" PATH="$PATH" script -qec "$BUILD/jieli $REPORT --title 燃气管网 --enterprise 某公司" \
    /dev/null <"$DIR/typed" >"$OUT" 2>&1 &
ASKED=$!
exec 7>"$DIR/typed"
until_true 100 grep -qF "[y/N]" "$OUT"
says "a sector that the map lacks is asked about" "[y/N]"
kill "${PIDS[0]}"
wait "${PIDS[0]}"
start anweiban
until_true 100 grep -q "event=sessions state=ready" "$DIR/anweiban.log"
echo y >&7
wait "$ASKED"
GOT=$?
exec 7>&-
COUNT=$((COUNT + 1))
if [ "$GOT" -eq 0 ]; then
    echo "ok $COUNT - an act is written though the session had ended"
else
    FAILED=1
    echo "not ok $COUNT - an act is written though the session had ended"
    sed 's/^/# /' "$OUT"
fi
says "and says where it stands" "sequenced"

# Another node's key, another ledger: the desk tells nothing.
sed 's/"node_key": "../"node_key": "00/' "$DIR/d1/.config/jieli/desk.json" >"$DIR/other.desk"
sed -i 's/"certificate": 0/"certificate": 999/' "$DIR/d2/.config/jieli/desk.json"
at 1
ENV+=(JIELI_DESK="$DIR/other.desk")
expect "a node of another key is not spoken to" 7 inbox
says "as it is not ours" "is not our node"
at 2
expect "nor one with an older certificate than seen" 7 inbox
says "for that reason" "ERR_OVERTAKEN"

# The end of a desk.
at node
expect "a desk ends" 0 officer desk --person E011 --end "${AW[@]}" --key "$K/e001.key"
at 1
expect "from then on nothing is answered" 7 inbox
says "with the next step" "jieli officer desk"
at node
expect "officers are listed all the same" 0 officer list "${AW[@]}"
says "the key still signs" "E011"

# An officer leaves.
OFFICER=(report --sector rq --district echeng --source inspection --clause GB50028 --grade general
    --title 管道锈蚀 --enterprise 某燃气公司 "${AW[@]}")
expect "who is about to leave reports" 0 "${OFFICER[@]}" --key "$DIR/d1/e011.key"
OPEN=$(sed -n 's/^case //p' "$OUT")
expect "an officer ends nobody" 1 officer leave --person E012 "${AW[@]}" --key "$DIR/d1/e011.key"
expect "nobody of that number is here" 3 officer leave --person E999 "${AW[@]}" --key "$K/e001.key"
expect "the last administrator stays" 2 officer leave --person E001 "${AW[@]}" --key "$K/e001.key"
says "and learns why" "enrol another administrator first"
expect "the administrator ends an officer" 0 officer leave --person E011 "${AW[@]}" \
    --key "$K/e001.key"
expect "who signs nothing any more" 1 "${OFFICER[@]}" --key "$DIR/d1/e011.key"
expect "what was signed before" 0 show "$OPEN" "${AW[@]}"
says "stands, with the name" "E011"
expect "a case that somebody worked who left" 9 blindspots "${AW[@]}"
says "is a blind spot" "the officer who works it has left"
expect "another officer takes it" 0 hand-to "$OPEN" --officer E012 "${AW[@]}" \
    --key "$DIR/d2/e012.key"
expect "not one who left" 1 hand-to "$OPEN" --officer E011 "${AW[@]}" --key "$DIR/d2/e012.key"
expect "the list tells" 0 officer list "${AW[@]}" --json
says "since which entry" '"left":'
expect "the audit finds nothing wrong with it" 0 audit "${AW[@]}"
expect "nobody leaves twice" 3 officer leave --person E011 "${AW[@]}" --key "$K/e001.key"
echo "1..$COUNT"
exit $FAILED
