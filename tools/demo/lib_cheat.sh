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
  printf '%s\n' "$out" | grep -F "${text:-note}" || true
  printf '%s\n' "$out" | tail -n 1
  say "exit $code"
  ((code == expected)) || fail "audit $*: exit $code, expected $expected: $out"
  [[ $out == *$text* ]] || fail "audit $*: no word of $text: $out"
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
  cheat_caught 1 yingji --home build/demo/cheat/byte/yingji
}

cheat_unenrolled() {
  local HOMES bundle
  title 'cheat: a closure signed by somebody whom nobody enrolled'
  HOMES=$(cheat_dir unenrolled)
  bundle=$HOMES/forged.bundle
  cheat_copy unenrolled shangwu anweiban
  "$FORGE" "$(home_of shangwu)" shangwu "${CASE_NUMBER[c10]}" || fail 'forge'
  "$JIELI" bundle create "$bundle" --home "$(home_of shangwu)" >/dev/null
  "$JIELI" bundle apply "$bundle" --home "$(home_of anweiban)" >/dev/null
  cheat_caught 3 shangwu --home build/demo/cheat/unenrolled/anweiban
}

# An auditor who holds the convenor's copy is handed a log without its last acts.
cheat_short() {
  local home file
  title "cheat: a log served short (${NAME[$SHORT_MEMBER]} serves what it had when its node was killed)"
  home=$(cheat_dir short)/$SHORT_MEMBER
  file=$(cheat_dir short)/short.bundle
  "$JIELI" bundle create "$file" --home "$home" >/dev/null || fail 'the short bundle'
  cheat_caught 3 "$SHORT_MEMBER" "${file#"$ROOT/"}" --genesis "$LEDGER_ID" \
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
  local HOMES member json
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
  say "\$ jieli show ${CASE_NUMBER[x1]}"
  timeline_show x1 shichang
  json=$("$JIELI" show "${CASE_NUMBER[x1]}" --home "$(home_of shichang)" --json)
  [[ $(json_text "$json" phase) == open ]] || fail 'a case closed over an unseen listing is closed'
  [[ $json == *overtaken* ]] || fail 'the closure is not shown as overtaken'
  cheat_caught 0 '' --home build/demo/cheat/unseen/shichang
}

cheats_run() {
  cheat_byte
  cheat_unenrolled
  cheat_short
  cheat_unseen
}
