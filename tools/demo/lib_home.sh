# shellcheck shell=bash disable=SC2034,SC2154
# The committee: genesis, homes, admissions, the map, certificates and officers.

ROOT_OFFICER=根人员 ADMINISTRATOR=管理员

# quiet WHAT COMMAND…: runs it and shows its words only when it fails.
quiet() {
  local what=$1 out
  shift
  out=$("$@" 2>&1) || fail "$what: $out"
}

# Person number of a post of the demo: 经办人甲 is 01, 验收人乙 is 12, and so on.
person_of() {
  local number
  case $2 in
    "$ADMINISTRATOR") number=00 ;;
    经办人甲) number=01 ;;
    验收人甲) number=11 ;;
    验收人乙) number=12 ;;
    验收人丙) number=13 ;;
    安委会主任) number=21 ;;
    *) fail "steps.tsv: no such post: $2" ;;
  esac
  printf '%s-%s' "$1" "$number"
}

# 验收人甲 holds the post 验收人; 安委会主任 is a post by itself.
post_of() { printf '%s' "${1%[甲乙丙]}"; }

committee_begin() {
  local home
  home=$(home_of "$CONVENOR")
  mkdir -p "$WORK/keys/$CONVENOR"
  LEDGER_JSON=$("$JIELI" genesis --home "$home" --domain aw.ezhou.example --member "$CONVENOR" \
    --members "$DATA/members.tsv" --post "$ADMINISTRATOR" \
    --person "$(person_of "$CONVENOR" "$ADMINISTRATOR")" \
    --key "$(key_of "$CONVENOR" "$ADMINISTRATOR")" \
    --root-key "$(key_of "$CONVENOR" "$ROOT_OFFICER")" --root-post 安委会主任 \
    --root-person "$CONVENOR-20" --no-passphrase --json) || fail "genesis: $LEDGER_JSON"
  LEDGER_ID=$(json_text "$LEDGER_JSON" ledger)
  node_configure "$CONVENOR" yes
  node_start "$CONVENOR"
  member_certify "$CONVENOR"
}

# The home of a member and its request. Those that do not act keep theirs aside: they are admitted,
# for the map names them, and run no node here.
member_request() {
  local member=$1 home=$2
  mkdir -p "$WORK/keys/$member"
  quiet "init of $member" "$JIELI" init --home "$home" \
    --genesis "$(home_of "$CONVENOR")/genesis" --member "$member" --post "$ADMINISTRATOR" \
    --person "$(person_of "$member" "$ADMINISTRATOR")" \
    --key "$(key_of "$member" "$ADMINISTRATOR")" --no-passphrase
  quiet "admission of $member" "$JIELI" admit "$home/request" --members "$DATA/members.tsv" \
    --home "$(home_of "$CONVENOR")" --key "$(key_of "$CONVENOR" "$ROOT_OFFICER")"
}

members_admit() {
  local member home
  for member in "${MEMBERS[@]}"; do
    [[ $member != "$CONVENOR" ]] || continue
    home=$WORK/aside/$member
    [[ -z ${NODE_PORT[$member]:-} ]] || home=$(home_of "$member")
    mkdir -p "${home%/*}"
    member_request "$member" "$home"
  done
}

map_publish() {
  quiet 'the map' "$JIELI" duty "$DATA/sectors.tsv" --basis 三年行动方案任务分工 \
    --home "$(home_of "$CONVENOR")" --key "$(key_of "$CONVENOR" "$ROOT_OFFICER")"
}

# Entry 0 of the member's log.
member_certify() {
  quiet "certificate of $1" "$JIELI" init --home "$(home_of "$1")" \
    --key "$(key_of "$1" "$ADMINISTRATOR")"
}

# The admissions reach every home as a file, as they would on a disc.
members_join() {
  local member bundle=$WORK/admissions.bundle
  quiet 'bundle' "$JIELI" bundle create "$bundle" --home "$(home_of "$CONVENOR")"
  for member in "${ACTORS[@]}"; do
    [[ $member != "$CONVENOR" ]] || continue
    quiet "bundle at $member" "$JIELI" bundle apply "$bundle" --home "$(home_of "$member")"
    node_configure "$member" yes
  done
  nodes_start
  for member in "${ACTORS[@]}"; do
    [[ $member == "$CONVENOR" ]] || member_certify "$member"
  done
}

officers_enrol() {
  local signer member post
  for signer in "${SIGNERS[@]}"; do
    member=${signer%%:*} post=${signer#*:}
    quiet "enrolment of $signer" "$JIELI" officer add --post "$(post_of "$post")" \
      --person "$(person_of "$member" "$post")" --new-key "$(key_of "$member" "$post")" \
      --no-passphrase --home "$(home_of "$member")" --key "$(key_of "$member" "$ADMINISTRATOR")"
  done
}

# The smallest photograph that is one, with a place in it that must not travel.
photo_write() {
  printf '%b' '\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00' \
    '\xff\xe1\x00\x12Exif\x00\x00GPS30.39N\x00' \
    '\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\x34\xff\xd9' >"$WORK/photo.jpg"
}

committee_build() {
  ports_choose
  photo_write
  committee_begin
  members_admit
  map_publish
  members_join
  officers_enrol
  await 'everybody to know everybody' all_equal
  say "ledger $LEDGER_ID"
  say "${#MEMBERS[@]} members admitted, ${#ACTORS[@]} nodes up, ${#SIGNERS[@]} officers enrolled"
}
