#!/usr/bin/env bash
# The command line from a bare folder to a closed case: two members, one hand-over, two verifiers.
# Reports each step as a TAP line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

# synced MEMBER COMMAND...: the command succeeds there once the other node's acts have come.
synced() { until_true 100 jieli "$@"; }

AW=(--home "$DIR/anweiban")
ZJ=(--home "$DIR/zhujian")
K=$DIR

# An unreadable picture with a place in it, and the same without.
printf '\xff\xd8\xff\xe1\x00\x0aExif1234\xff\xda\x00\x03\x07\x11\xff\xd9' >"$DIR/a.jpg"

# Below the ports that the kernel gives to outgoing connections.
PORT=$((20000 + RANDOM % 12000))
expect "help is printed" 0 --help
expect "an unknown command is a usage error" 2 dance
expect "no home and no node are told apart" 4 cases --home "$DIR/none"
says "what to do next is said" "JIELI_HOME"
expect "a ledger begins" 0 genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
expect "it does not begin twice" 1 genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
expect "a member requests admission" 0 init "${ZJ[@]}" --genesis "$DIR/anweiban/genesis" \
    --member zhujian --post 管理员 --person E201 --key "$K/e201.key" --no-passphrase
expect "without its node it cannot go on" 4 init "${ZJ[@]}" --key "$K/e201.key"
sed -i "s/^\[node\]/[node]\nlisten = 127.0.0.1:$PORT/" "$DIR/anweiban/jieli.conf"
sed -i "s/^\[node\]/[node]\npeer = 127.0.0.1:$PORT/" "$DIR/zhujian/jieli.conf"
start anweiban
start zhujian
jieli doctor "${AW[@]}"
says "the convenor is told to certify its node" "certify it: jieli init"
says_not "and not to wait for its own bundle" "bundle"
jieli doctor "${ZJ[@]}"
says "a member is told to apply the bundle" "apply the convenor's bundle"
cp "$DIR/anweiban.log" "$OUT"
says "the convenor's log advises the same" "jieli init with an administrator's key"
says_not "and no bundle either" "bundle"
cp "$DIR/zhujian.log" "$OUT"
says "as the member's does of the bundle" "apply the convenor's bundle"
expect "the convenor certifies its node" 0 init "${AW[@]}" --key "$K/e001.key"
expect "before admission a member waits" 5 init "${ZJ[@]}" --key "$K/e201.key"
expect "an administrator cannot admit" 1 admit "$DIR/zhujian/request" "${AW[@]}" \
    --members configs/ezhou/members.tsv --key "$K/e001.key"
expect "a root officer admits" 0 admit "$DIR/zhujian/request" "${AW[@]}" \
    --members configs/ezhou/members.tsv --key "$K/e000.key"
expect "the convenor hands over what it has" 0 bundle create "$DIR/day1.bundle" "${AW[@]}"
expect "the member applies it" 0 bundle apply "$DIR/day1.bundle" "${ZJ[@]}"
synced init "${ZJ[@]}" --key "$K/e201.key"
expect "an admitted member is certified" 0 init "${ZJ[@]}" --key "$K/e201.key"
says "and has nothing more to do" "nothing to do"
cp "$DIR/zhujian/transport.key" "$DIR/before.key"
expect "a transport key is replaced" 0 init "${ZJ[@]}" --new-transport-key --key "$K/e201.key"
cmp -s "$DIR/before.key" "$DIR/zhujian/transport.key" && FAILED=1
# The convenor cuts the old session off as it learns of the new key, and is dialled anew.
until_true 100 sh -c "env -i '$BUILD/jieli' status --json --home '$DIR/anweiban' |
    grep -q '\"member\":\"zhujian\",\"epoch\":0,\"stored\":2.*\"state\":\"open\"'"
until_true 100 jieli doctor "${ZJ[@]}"
expect "and the node goes on with the new one" 0 doctor "${ZJ[@]}"
expect "the other nodes are listed" 0 status "${AW[@]}"
says "with what they have shown" "it has not shown"
says "as connected" "connected "
expect "a row of the map is added" 0 duty add rq --leads zhujian --supports anweiban "${AW[@]}" \
    --key "$K/e000.key"
for n in 1:经办人 2:验收人 3:验收人; do
    expect "an officer is enrolled as ${n#*:}" 0 officer add --post "${n#*:}" \
        --person "E21${n%%:*}" --new-key "$K/z${n%%:*}.key" --no-passphrase "${ZJ[@]}" \
        --key "$K/e201.key"
done
expect "a proof is made by the new officer" 0 officer prove --new-key "$K/a1.key" --no-passphrase \
    --out "$DIR/proof" "${AW[@]}"
expect "and taken by the administrator" 0 officer add --post 经办人 --person E011 \
    --proof "$DIR/proof" "${AW[@]}" --key "$K/e001.key"
expect "a proof for another member is refused" 1 officer add --post 经办人 --person E011 \
    --proof "$DIR/proof" "${ZJ[@]}" --key "$K/e201.key"

REPORT=(report --sector rq --district echeng --source inspection --clause GB50028
    --found-on 2026-03-01 --title 管网带病运行 --enterprise 某燃气公司)
expect "a report without grade is a usage error" 2 "${REPORT[@]}" "${AW[@]}" --key "$K/a1.key"
says "the choices are listed" "imminent"
expect "a picture that is none is refused" 1 "${REPORT[@]}" --grade general \
    --photo "$DIR/proof" "${AW[@]}" --key "$K/a1.key"
expect "a hazard is reported" 0 "${REPORT[@]}" --grade 一般 --photo "$DIR/a.jpg" "${AW[@]}" \
    --key "$K/a1.key"
says "the case has a number" "case anweiban-"
CASE=$(sed -n 's/^case //p' "$OUT")
COUNT=$((COUNT + 1))
if grep -rqF Exif "$DIR/anweiban/parts"; then
    FAILED=1
    echo "not ok $COUNT - the picture lost its metadata"
else
    echo "ok $COUNT - the picture lost its metadata"
fi
expect "the case is listed with its title" 0 cases "${AW[@]}"
says "the title is there" "管网带病运行"
expect "an offer without recipient proposes the map's lead" 2 offer "${CASE%-*}" \
    --ground competent --clause x "${AW[@]}" --key "$K/a1.key"
says "the lead is named" "the map names zhujian"
expect "an offer by the member's name is taken" 0 offer "${CASE%-*}" --to 市住房和城乡建设局 \
    --ground 谁主管 --clause 燃气条例 "${AW[@]}" --key "$K/a1.key"
expect "a second offer is refused" 1 offer "$CASE" --to zhujian --ground competent --clause x \
    "${AW[@]}" --key "$K/a1.key"
says "with the reason" "refused, nothing was written"
synced show "$CASE" "${ZJ[@]}"
until_true 100 sh -c "env -i '$BUILD/jieli' inbox --json --home '$DIR/zhujian' | grep -q '\"offered\":\[{'"
expect "somebody not enrolled cannot accept" 1 accept "$CASE" "${ZJ[@]}" --key "$K/a1.key"
expect "an acceptance may be drafted" 0 draft accept "$CASE" --json "${ZJ[@]}" --key "$K/z1.key"
STALE=$(sed 's/.*"draft":"\([0-9a-f]*\)".*/\1/' "$OUT")
expect "the member accepts" 0 accept "$CASE" "${ZJ[@]}" --key "$K/z1.key"
expect "an overtaken draft is to be made anew" 5 sign "$STALE" "${ZJ[@]}" --key "$K/z2.key"
expect "it cannot close without verification" 1 close "$CASE" "${ZJ[@]}" --key "$K/z1.key"
expect "verification needs two" 2 verify "$CASE" --outcome pass "${ZJ[@]}" --key "$K/z2.key"
expect "a draft is made" 0 draft verify "$CASE" --outcome pass "${ZJ[@]}" --key "$K/z2.key"
DRAFT=$(sed -n 's/^draft \([0-9a-f]*\):.*/\1/p' "$OUT")
expect "it is listed" 0 drafts "${ZJ[@]}"
says "with its signatures" "1/2"
says "it waits" "waits for signatures"
says "the stale one is marked" "overtaken: draft it anew"
expect "the same officer cannot sign twice" 1 sign "$DRAFT" "${ZJ[@]}" --key "$K/z2.key"
expect "the second verifier completes it" 0 sign "$DRAFT" "${ZJ[@]}" --key "$K/z3.key"
expect "the draft is gone" 3 sign "$DRAFT" "${ZJ[@]}" --key "$K/z3.key"
expect "the custodian closes" 0 close "$CASE" "${ZJ[@]}" --key "$K/z1.key"
expect "the timeline tells it" 0 show "$CASE" "${ZJ[@]}"
says "closed" "closed (sequenced)"
expect "a mistyped number is told" 3 show "${CASE%?}_" "${ZJ[@]}"
expect "its own verification is a blind spot" 9 blindspots "${ZJ[@]}"
says "of kind 8" "closed on the custodian's own verification"
ENV=(PATH=/usr/bin)
expect "the other nodes in Chinese" 0 status "${ZJ[@]}"
says "with what they have shown" "对方未报"
expect "the same in Chinese with an empty environment" 9 blindspots "${ZJ[@]}"
says "in statutory words" "凭承办单位自行验收销号"
expect "the timeline in Chinese" 0 show "$CASE" "${ZJ[@]}"
says "已销号" "已销号（已入账）"
expect "machines get an object" 0 show "$CASE" --json "${ZJ[@]}"
says "with stable keys" '"phase":"ended"'
echo "1..$COUNT"
exit $FAILED
