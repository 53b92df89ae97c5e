#!/usr/bin/env bash
# A new department by invitation: one line of text, two runs, no files carried.
# Reports each step as a TAP line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

H=$DIR/anweiban
K=$DIR
# Below the ports that the kernel gives to outgoing connections.
PORT=$((13000 + $$ % 6000))
AW=(--home "$H")
ZJ=(--home "$DIR/zhujian")
ASK=(--post 管理员 --person E201 --key "$K/e201.key" --no-passphrase)

# logged NAME TEXT: the convenor's log says so within 5 s.
logged() {
    COUNT=$((COUNT + 1))
    if until_true 50 grep -q -- "$2" "$DIR/anweiban.log"; then
        echo "ok $COUNT - $1"
    else
        FAILED=1
        echo "not ok $COUNT - $1"
    fi
}

# synced ARGUMENT...: tries until it goes well; the step after it is judged.
synced() { until_true 100 jieli "$@"; }

expect "a ledger begins" 0 genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
sed -i "s/^\[node\]/[node]\nlisten = 127.0.0.1:$PORT/" "$H/jieli.conf"
start anweiban
expect "without a certificate nobody can be invited" 1 invite --member zhujian "${AW[@]}" \
    --key "$K/e000.key"
says "and why" "no certificate yet"
expect "the node is certified" 0 init "${AW[@]}" --key "$K/e001.key"
expect "a clerk is enrolled" 0 officer add --post 经办人 --person E011 --new-key "$K/a1.key" \
    --no-passphrase "${AW[@]}" --key "$K/e001.key"

# Who may invite, and whom.
expect "a clerk cannot invite" 1 invite --member zhujian "${AW[@]}" --key "$K/a1.key"
says "and is told who can" "key of a root officer"
expect "an address is one that can be dialled" 2 invite --member zhujian --address here \
    "${AW[@]}" --key "$K/e000.key"
expect "a member that is there is not invited" 1 invite --member anweiban "${AW[@]}" \
    --key "$K/e000.key"
expect "nor for ever" 2 invite --member zhujian --expires 31d "${AW[@]}" --key "$K/e000.key"
expect "an administrator invites" 0 invite --member zhujian --json "${AW[@]}" --key "$K/e001.key"
INVITATION=$(sed 's/.*"invitation":"\([^"]*\)".*/\1/' "$OUT")
expect "invitations are listed" 0 invite --list "${AW[@]}"
says "as open" "not used yet"
COUNT=$((COUNT + 1))
if [ "$(stat -c %a "$H/invitations")" = 600 ]; then
    echo "ok $COUNT - secrets lie in a file of their owner"
else
    FAILED=1
    echo "not ok $COUNT - secrets lie in a file of their owner"
fi

# What is no good invitation.
expect "a mistyped one is told" 1 enrol "${INVITATION%?????}AAAAA" "${ZJ[@]}" "${ASK[@]}"
says "with the remedy" "copy the whole line"
expect "nothing was made" 2 enrol "$INVITATION" "${ZJ[@]}"
COUNT=$((COUNT + 1))
[ ! -e "$DIR/zhujian" ] && echo "ok $COUNT - no home" || { FAILED=1; echo "not ok $COUNT - no home"; }

# The whole way.
expect "the new member asks for admission" 5 enrol "$INVITATION" "${ZJ[@]}" "${ASK[@]}"
says "and is told who is next" "jieli admit zhujian"
logged "the convenor's log tells of it" "event=request member=zhujian officer=E001"
expect "it waits" 0 invite --list "${AW[@]}"
says "for its admission" "requested: jieli admit"
expect "again is no harm" 5 enrol "$INVITATION" "${ZJ[@]}"
expect "the invitation is good for one machine" 1 enrol "$INVITATION" --home "$DIR/thief" \
    --post 管理员 --person E999 --key "$K/e999.key" --no-passphrase
says "and the other is told so" "used from another"
expect "the convenor is seen by inbox as having a request" 0 inbox "${AW[@]}"
says "with its next step" "jieli admit zhujian"
expect "nobody else waits" 3 admit gongan "${AW[@]}" --members configs/ezhou/members.tsv \
    --key "$K/e000.key"
expect "a root officer admits by the member's id" 0 admit zhujian "${AW[@]}" \
    --members configs/ezhou/members.tsv --key "$K/e000.key"
expect "the request waits no longer" 0 invite --list "${AW[@]}"
says "once it is admitted" "admitted"
expect "so inbox asks for nothing more" 0 inbox --json "${AW[@]}"
says "of the root officer" '"requests":[]'
expect "the second run finishes, told to wait" 0 enrol "$INVITATION" "${ZJ[@]}" --wait \
    --key "$K/e201.key"
says "and says what to start" "jielid --home $DIR/zhujian"
expect "a third finds it done" 0 enrol "$INVITATION" "${ZJ[@]}" --key "$K/e201.key"
start zhujian
expect "another member's node invites nobody" 1 invite --member gongan "${ZJ[@]}" \
    --key "$K/e201.key"
says "and says whose does" "at the convenor's node alone"
expect "an officer of the new member" 0 officer add --post 经办人 --person E207 \
    --new-key "$K/z1.key" --no-passphrase "${ZJ[@]}" --key "$K/e201.key"
expect "a report at the convenor's" 0 report --sector rq --district echeng --source inspection \
    --clause GB50028 --grade general --title 管网 --enterprise 某公司 "${AW[@]}" --key "$K/a1.key"
CASE=$(sed -n 's/^case //p' "$OUT")
synced show "$CASE" "${ZJ[@]}"
expect "arrives" 0 show "$CASE" "${ZJ[@]}"
expect "a report of the new member" 0 report --sector rq --district echeng --source inspection \
    --clause GB50028 --grade general --title 钢瓶 --enterprise 某餐馆 "${ZJ[@]}" --key "$K/z1.key"
CASE=$(sed -n 's/^case //p' "$OUT")
synced show "$CASE" "${AW[@]}"
expect "arrives too" 0 show "$CASE" "${AW[@]}"
until_true 100 sh -c "env -i JIELI_LANG=en '$BUILD/jieli' invite --list --json --home '$H' | grep -q '\[\]'"
expect "the invitation is over" 0 invite --list --json "${AW[@]}"
says "and gone" '"invitations":[]'

# An invitation that was revoked; a network that leads nowhere; another convenor's key.
expect "another invitation" 0 invite --member gongan --json "${AW[@]}" --key "$K/e000.key"
INVITATION=$(sed 's/.*"invitation":"\([^"]*\)".*/\1/' "$OUT")
ASK=(--post 管理员 --person E301 --key "$K/e301.key" --no-passphrase)
jieli invite --list --json "${AW[@]}"
NAME=$(sed 's/.*"name":"\([^"]*\)".*/\1/' "$OUT")
expect "is revoked" 0 invite --revoke "$NAME" "${AW[@]}" --key "$K/e001.key"
expect "and refused" 1 enrol "$INVITATION" --home "$DIR/gongan" "${ASK[@]}"
says "with what to do" "ask the convenor for a new one"
logged "the log has the reason" "err=ERR_NOTFOUND"
expect "so has status" 0 status "${AW[@]}"
says "in words" "an invitation that is over, was revoked"
expect "an invitation to nowhere" 0 invite --member gongan --address 127.0.0.1:1 --json "${AW[@]}" \
    --key "$K/e000.key"
NOWHERE=$(sed 's/.*"invitation":"\([^"]*\)".*/\1/' "$OUT")
expect "says that nobody answers" 4 enrol "$NOWHERE" --home "$DIR/gongan" --key "$K/e301.key"
expect "an invitation of before" 0 invite --member gongan --json "${AW[@]}" --key "$K/e000.key"
BEFORE=$(sed 's/.*"invitation":"\([^"]*\)".*/\1/' "$OUT")
expect "the convenor's node gets another key" 0 init "${AW[@]}" --new-transport-key --key "$K/e001.key"
logged "and uses it" "state=ready"
until_true 100 sh -c "env -i JIELI_LANG=en '$BUILD/jieli' enrol '$BEFORE' --home '$DIR/gongan' --key '$K/e301.key' 2>&1 | grep -q 'not the node that invited'"
expect "so it is not the node that invited" 7 enrol "$BEFORE" --home "$DIR/gongan" --key "$K/e301.key"
says "which is said" "is not the node that invited"
expect "a fresh one goes on with the same keys" 0 invite --member gongan --json "${AW[@]}" \
    --key "$K/e000.key"
FRESH=$(sed 's/.*"invitation":"\([^"]*\)".*/\1/' "$OUT")
expect "to the end" 5 enrol "$FRESH" --home "$DIR/gongan" --key "$K/e301.key"
expect "a home is one member's" 1 enrol "$FRESH" "${ZJ[@]}" --key "$K/e201.key"
says "and says so" "belongs to another member"
echo "1..$COUNT"
exit $FAILED
