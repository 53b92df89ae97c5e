# shellcheck shell=bash disable=SC2034,SC2154
# Cheating, on copies of homes that are audited apart from the committee's own.

cheat_dir() { printf '%s/cheat/%s' "$WORK" "$1"; }

# cheat_copy CHEAT MEMBER…: copies of their homes, of nodes that are ended.
cheat_copy() {
  local dir member
  dir=$(cheat_dir "$1")
  shift
  mkdir -p "$dir"
  for member in "$@"; do
    cp -a "$WORK/$member" "$dir/$member"
  done
}

# The disk of a member as it is now, for serving its log short later.
disk_remember() {
  mkdir -p "$(cheat_dir short)"
  SHORT_MEMBER=$1
  cp -a "$(home_of "$1")" "$(cheat_dir short)/$1"
}

# cheat_caught EXIT TEXT WORDS…: the audit of these words ends so and says so.
cheat_caught() {
  local expected=$1 text=$2 code=0 out
  shift 2
  say "\$ jieli audit $*"
  out=$(cd "$ROOT" && "$JIELI" audit "$@" 2>&1) || code=$?
  printf '%s\n' "$out" | grep -F "$text" | head -n 3 || true
  printf '%s\n' "$out" | tail -n 1
  say "exit $code"
  ((code == expected)) || fail "audit $*: exit $code, expected $expected: $out"
  [[ $out == *$text* ]] || fail "audit $*: no word of $text: $out"
}

case_stays_open() {
  local json
  json=$("$JIELI" show "${CASE_NUMBER[$1]}" --home "$(home_of "$2")" --json) || fail "$1: show"
  [[ $(json_text "$json" phase) == open ]] || fail "$1 was closed by a cheat"
}

cheat_byte() {
  local db offset offsets
  title 'cheat: one byte of a stored entry is changed (应急局 alters the number of an order)'
  cheat_copy byte yingji
  db=$(cheat_dir byte)/yingji/db/data.mdb
  mapfile -t offsets < <(LC_ALL=C grep -abo '示例应急责改〔2026〕2号' "$db" | cut -d: -f1)
  ((${#offsets[@]} > 0)) || fail 'the order is not in the copy'
  for offset in "${offsets[@]}"; do
    printf '9' | dd of="$db" bs=1 seek=$((offset + 28)) conv=notrunc status=none
  done
  say 'caught by: the audit of that very copy, which the changed entry no longer proves'
  cheat_caught 1 yingji/0 --home build/demo/cheat/byte/yingji
}

cheat_unenrolled() {
  local HOMES bundle
  title 'cheat: a closure signed by somebody whom nobody enrolled'
  HOMES=$(cheat_dir unenrolled)
  bundle=$HOMES/forged.bundle
  cheat_copy unenrolled shangwu anweiban
  "$FORGE" "$(home_of shangwu)" shangwu "${CASE_NUMBER[c10]}" || fail 'no forgery was made'
  "$JIELI" bundle create "$bundle" --home "$(home_of shangwu)" >/dev/null
  "$JIELI" bundle apply "$bundle" --home "$(home_of anweiban)" >/dev/null
  say "caught by: every other member, here ${NAME[$CONVENOR]}, where it is void and the case open"
  case_stays_open c10 "$CONVENOR"
  cheat_caught 3 not_enrolled --home build/demo/cheat/unenrolled/anweiban
}

# An auditor who holds the convenor's copy is handed a log without its last acts.
cheat_short() {
  local home file
  title "cheat: a log served short (${NAME[$SHORT_MEMBER]} serves what it had when its node was killed)"
  home=$(cheat_dir short)/$SHORT_MEMBER
  file=$(cheat_dir short)/short.bundle
  "$JIELI" bundle create "$file" --home "$home" >/dev/null || fail 'the short bundle'
  say "caught by: whoever lays it beside another copy, here an auditor with that of ${NAME[$CONVENOR]}"
  cheat_caught 3 "$SHORT_MEMBER/0" "${file#"$ROOT/"}" --genesis "$LEDGER_ID" \
    --against "build/demo/$CONVENOR"
}

# bundle_carry FROM TO: what one copy holds, as a file, into the other.
bundle_carry() {
  local file=$HOMES/$1.bundle
  "$JIELI" bundle create "$file" --home "$(home_of "$1")" >/dev/null || fail "bundle of $1"
  "$JIELI" bundle apply "$file" --home "$(home_of "$2")" >/dev/null || fail "bundle of $1 at $2"
}

cheat_unseen_acts() {
  CASE_WORDS[x1]=${CASE_WORDS[c03]}
  act_run x1 shichang 经办人甲 report '@case --found-on today' ok
  act_run x1 shichang 经办人甲 order '--due-on @+15 --doc-no 示例市监责改〔2026〕9号' ok
  act_run x1 shichang 验收人甲+验收人乙 verify '--outcome pass' ok
  bundle_carry shichang echeng
  act_run x1 echeng 经办人甲 supervise '--level district' ok
  NODE_CUT[shichang]=yes
  act_run x1 shichang 经办人甲 close - ok
  bundle_carry echeng shichang
}

cheat_unseen() {
  local HOMES member
  local -a HUBS=()
  title 'cheat: a case closed over a listing that the closer had not seen'
  HOMES=$(cheat_dir unseen)
  cheat_copy unseen shichang echeng
  for member in shichang echeng; do
    node_configure "$member" no
    node_start "$member"
  done
  cheat_unseen_acts
  nodes_end
  say "caught by: the closer's own node, as soon as the listing reaches it"
  say "\$ jieli show ${CASE_NUMBER[x1]}"
  timeline_show x1 shichang
  case_stays_open x1 shichang
  cheat_caught 0 shichang/0 --home build/demo/cheat/unseen/shichang
}

cheats_run() {
  cheat_byte
  cheat_unenrolled
  cheat_short
  cheat_unseen
}
