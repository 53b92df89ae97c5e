#!/usr/bin/env bash
# Sealed parts from one officer's command to another's screen: three nodes, an offer, a bundle, a new
# sealing key, an order of erasure. Reports each step as a TAP line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

K=$DIR
AW=(--home "$DIR/anweiban")
ZJ=(--home "$DIR/zhujian")
XF=(--home "$DIR/xiaofang")
PORT=$((20000 + RANDOM % 12000))

# check NAME COMMAND...: the command succeeds.
check() {
    local name=$1
    shift
    COUNT=$((COUNT + 1))
    if "$@"; then
        echo "ok $COUNT - $name"
    else
        FAILED=1
        echo "not ok $COUNT - $name"
        sed 's/^/# /' "$OUT"
    fi
}
shows() { jieli show "$CASE" "${@:2}" && grep -qF -- "$1" "$OUT"; }
hides() { jieli show "$CASE" "${@:2}" && ! grep -qF -- "$1" "$OUT"; }
nowhere() { ! grep -rqF -- "$1" "$DIR"/*/parts; }

join_member() { # ID PERSON: a member with one officer, $K/ID.key
    expect "$1 requests admission" 0 init --home "$DIR/$1" --genesis "$DIR/anweiban/genesis" \
        --member "$1" --post 管理员 --person "$2" --key "$K/$1.admin" --no-passphrase
    sed -i "s/^\[node\]/[node]\npeer = 127.0.0.1:$PORT/" "$DIR/$1/jieli.conf"
    start "$1"
    expect "$1 is admitted" 0 admit "$DIR/$1/request" "${AW[@]}" \
        --members configs/ezhou/members.tsv --key "$K/e000.key"
    expect "the convenor hands over what it has" 0 bundle create "$DIR/$1.bundle" "${AW[@]}"
    expect "$1 applies it" 0 bundle apply "$DIR/$1.bundle" --home "$DIR/$1"
    until_true 100 jieli init --home "$DIR/$1" --key "$K/$1.admin"
    expect "$1 is certified" 0 init --home "$DIR/$1" --key "$K/$1.admin"
    expect "$1 has an officer" 0 officer add --post 经办人 --person "${2}1" \
        --new-key "$K/$1.key" --no-passphrase --home "$DIR/$1" --key "$K/$1.admin"
}

jieli genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
sed -i "s/^\[node\]/[node]\nlisten = 127.0.0.1:$PORT/" "$DIR/anweiban/jieli.conf"
start anweiban
expect "the convenor certifies its node" 0 init "${AW[@]}" --key "$K/e001.key"
join_member zhujian E201
join_member xiaofang E301

# Sealed by default; codes for everybody, content for those whom the case concerns.
printf '\xff\xd8\xff\xda\x00\x03\x07PICTURE\xff\xd9' >"$DIR/a.jpg"
expect "a hazard is reported" 0 report --sector rq --district echeng --source inspection \
    --grade general --title 管网带病运行 --enterprise 某燃气公司 --text 住户拒绝入户 \
    --identity 举报人王某 --photo "$DIR/a.jpg" "${ZJ[@]}" --key "$K/zhujian.key"
CASE=$(sed -n 's/^case //p' "$OUT")
check "its author reads the title" shows 管网带病运行 "${ZJ[@]}"
until_true 100 shows 管网带病运行 "${AW[@]}"
check "the convenor reads the title" shows 管网带病运行 "${AW[@]}"
check "and the prose" shows 住户拒绝入户 "${AW[@]}"
check "and not who told of it" hides 举报人王某 "${AW[@]}"
until_true 100 shows "(sealed)" "${XF[@]}"
check "a member without part in it sees that it is sealed" shows "(sealed)" "${XF[@]}"
check "and no title" hides 管网带病运行 "${XF[@]}"
check "and its codes" shows "rq / echeng" "${XF[@]}"
expect "it can save nothing of it" 0 part "$CASE" --out "$DIR" "${XF[@]}"
says "not even the subject" "subject  (sealed)"
says "nothing at all" "0 parts saved"
check "no file holds the title in clear" nowhere 管网带病运行
check "nor the picture" nowhere PICTURE
expect "machines are told" 0 show "$CASE" --json "${XF[@]}"
says "of every part" '"state":"sealed"'

# An offer shares what there is, with nobody doing anything.
expect "it is offered" 0 offer "$CASE" --to xiaofang --ground competent --clause 燃气条例 "${ZJ[@]}" \
    --key "$K/zhujian.key"
until_true 150 shows 住户拒绝入户 "${XF[@]}"
check "the member offered to reads the title" shows 管网带病运行 "${XF[@]}"
check "and the prose" shows 住户拒绝入户 "${XF[@]}"
mkdir "$DIR/files"
saved() { jieli part "$CASE" --out "$DIR/files" "${XF[@]}" && grep -q "2 parts saved" "$OUT"; }
until_true 100 saved
expect "it saves them" 0 part "$CASE" --out "$DIR/files" "${XF[@]}"
says "the prose and the picture" "2 parts saved"
says "and is told of the third" "(sealed)"
check "the picture is whole" cmp -s "$DIR/a.jpg" "$DIR"/files/*-photo.jpg

# A disc carries parts for their readers.
expect "a bundle is made" 0 bundle create "$DIR/case.bundle" --case "$CASE" "${ZJ[@]}"
check "it holds nothing in clear" eval '! grep -qaF 住户拒绝入户 "$DIR/case.bundle"'
rm -r "$DIR/xiaofang/parts"
expect "it is applied where they were lost" 0 bundle apply "$DIR/case.bundle" "${XF[@]}"
says "and brings them back" "3 parts"
check "readable" shows 住户拒绝入户 "${XF[@]}"

# A new sealing key.
cp "$DIR/xiaofang/sealing.key" "$DIR/before.key"
expect "a sealing key is replaced" 0 init "${XF[@]}" --new-sealing-key --key "$K/xiaofang.admin"
check "by another one" eval '! cmp -s "$DIR/before.key" "$DIR/xiaofang/sealing.key"'
check "the parts stay readable" shows 住户拒绝入户 "${XF[@]}"
until_true 300 test ! -e "$DIR/xiaofang/sealing.key.1"
check "the old key goes once all is wrapped anew" test ! -e "$DIR/xiaofang/sealing.key.1"
check "and they stay readable" shows 住户拒绝入户 "${XF[@]}"
expect "a later act is sealed to the new key" 0 accept "$CASE" --text 已接收并派员 "${XF[@]}" \
    --key "$K/xiaofang.key"
check "and read with it" shows 已接收并派员 "${XF[@]}"
until_true 150 shows 已接收并派员 "${AW[@]}"
check "also by the convenor" shows 已接收并派员 "${AW[@]}"

# Erasure.
expect "an order needs its ground" 1 erase "$CASE" --step decide "${ZJ[@]}" --key "$K/zhujian.key"
REPORT=$(env -i "$BUILD/jieli" show "$CASE" --json "${ZJ[@]}" |
    sed 's/.*"case":{[^}]*"id":"\([0-9a-f]*\)".*/\1/' | cut -c1-64)
expect "a member with power orders it" 0 erase "$CASE" --step decide --clause 个人信息保护法 \
    --target "$REPORT" "${ZJ[@]}" --key "$K/zhujian.key"
ORDER=$(sed -n 's/.* of our log, \([0-9a-f]*\),.*/\1/p' "$OUT")
gone() { hides 住户拒绝入户 "$@" && grep -qF "(erased)" "$OUT"; }
for home in zhujian xiaofang anweiban; do
    until_true 150 gone --home "$DIR/$home"
    check "the copy of $home is gone" gone --home "$DIR/$home"
done
check "later parts stay" shows 已接收并派员 "${XF[@]}"
expect "the inbox asks to confirm" 0 inbox "${XF[@]}"
says "with the next step" "--step confirm"
expect "an officer confirms" 0 erase "$CASE" --step confirm --target "$ORDER" "${XF[@]}" \
    --key "$K/xiaofang.key"
says "and is told of backups" "backups"
expect "blind spots tell who has not" 0 blindspots "${XF[@]}"
says "under their heading" "orders of erasure"
says "with whoever ordered it" "ordered by"
expect "a disc does not bring them back" 0 bundle apply "$DIR/case.bundle" "${XF[@]}"
check "they stay gone" gone "${XF[@]}"
expect "the log verifies" 0 audit "${XF[@]}"
says "and tells erased from missing" "parts erased here by order"
echo "1..$COUNT"
exit $FAILED
