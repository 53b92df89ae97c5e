# shellcheck shell=bash disable=SC2034,SC2154
# What must hold at the end: states, blind spots, equal copies, audits.

case_check() {
  local case=$1 custodian=$2 state=$3 spots=$4 json found
  json=$("$JIELI" show "${CASE_NUMBER[$case]}" --home "$(home_of "$CONVENOR")" --json) ||
    fail "$case: show: $json"
  found="$(json_text "$json" custodian) $(json_text "$json" phase) $(spots_of "$case")"
  [[ $found == "$custodian $state $spots" ]] ||
    fail "$case: expected $custodian $state $spots, found $found"
  printf '%s  %-24s %-9s %-6s blind spots %s\n' "$case" "${CASE_NUMBER[$case]}" "$custodian" \
    "$state" "$spots"
}

expected_check() {
  local case custodian state spots
  spots_read
  while IFS=$'\t' read -r -u 9 case custodian state spots; do
    [[ $case == '#'* || -z $case ]] && continue
    if [[ $state == later ]]; then
      printf '%s  %s\n' "$case" later
    else
      case_check "$case" "$custodian" "$state" "$spots"
    fi
  done 9<"$DATA/expected.tsv"
}

# Every entry with its verdict and every case's state, as one number.
copy_digest() {
  "$JIELI" export --home "$1" | LC_ALL=C sort | sha256sum | cut -c1-16
}

copies_check() {
  local member first='' digest
  for member in "${ACTORS[@]}"; do
    digest=$(copy_digest "$(home_of "$member")")
    first=${first:-$digest}
    [[ $digest == "$first" ]] || fail "the copy of $member is $digest, that of ${ACTORS[0]} $first"
  done
  say "${#ACTORS[@]} copies, all $first"
}

audits_check() {
  local member code
  for member in "${ACTORS[@]}"; do
    code=0
    "$JIELI" audit --home "$(home_of "$member")" >"$WORK/audit.$member" 2>&1 || code=$?
    printf '%-10s exit %s  %s\n' "$member" "$code" "$(tail -n 1 "$WORK/audit.$member")"
    ((code == 0)) || fail "audit of $member: exit $code: $(<"$WORK/audit.$member")"
  done
}

timeline_show() { "$JIELI" show "${CASE_NUMBER[$1]}" --home "$(home_of "$2")"; }

blindspots_show() {
  local code=0
  "$JIELI" blindspots --home "$(home_of "$CONVENOR")" || code=$?
  ((code == 0 || code == 9)) || fail "blindspots: exit $code"
  [[ $SPOTS_JSON == *'"sector":"cn"'* ]] || fail 'the map names no lead for cn, and nobody says so'
  say "among them: $(grep -P '^cn\t' "$DATA/sectors.tsv" | cut -f1,2), which nobody leads (c10)"
}

# A photograph travels without the place where it was taken.
photos_check() {
  ! grep -rqF GPS30.39N "$WORK"/*/parts || fail 'a photograph tells its place'
  say 'photographs of c22: held, and without the place that the camera wrote into them'
}
