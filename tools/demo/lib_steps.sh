# shellcheck shell=bash disable=SC2004,SC2034,SC2154
# The interpreter of steps.tsv.

declare -A CASE_WORDS CASE_NUMBER CASE_SECTOR
declare -A NEED          # case/author → size of the author's log that holds its acts on the case
declare -A CUT_SIZE      # author → size of its log that others surely have while it is cut off
declare -a CASES ACTORS SIGNERS
STEP_COUNT=0 REFUSED_COUNT=0

read_cases() {
  local id finder sector district grade source enterprise place hazard path
  while IFS=$'\t' read -r id finder sector district grade source enterprise place hazard path; do
    [[ $id == '#'* || -z $id ]] && continue
    CASES+=("$id")
    CASE_SECTOR[$id]=$sector
    CASE_WORDS[$id]="--sector $sector --district $district --grade $grade --source $source"
    CASE_WORDS[$id]+=" --title $hazard --enterprise $enterprise --place $place"
  done <"$DATA/cases.tsv"
}

# Everybody who acts, as ACTORS, and every officer who signs, as SIGNERS (member:post).
read_actors() {
  local case step actor post rest signer
  local -A known=() signs=()
  while IFS=$'\t' read -r case step actor post rest; do
    [[ $case == '#'* || $actor == - ]] && continue
    known[$actor]=1
    [[ $post != - ]] || continue
    for signer in ${post//+/ }; do
      [[ $signer == *:* ]] || signer=$actor:$signer
      known[${signer%%:*}]=1
      signs[$signer]=1
    done
  done <"$DATA/steps.tsv"
  mapfile -t SIGNERS < <(printf '%s\n' "${!signs[@]}" | sort)
  local member
  for member in "${MEMBERS[@]}"; do
    [[ -z ${known[$member]:-} ]] || ACTORS+=("$member")
  done
}

# Whether the actor holds every act of the case that was written. What a cut-off member wrote since
# then cannot be asked for, nor what a killed one wrote last, before others had it.
covers_case() {
  local actor=$1 case=$2 key author want
  for key in "${!NEED[@]}"; do
    author=${key#*/} want=${NEED[$key]}
    [[ $key == "$case/"* && $author != "$actor" ]] || continue
    if [[ -n ${NODE_CUT[$author]:-} ]] && ((want > CUT_SIZE[$author])); then
      want=${CUT_SIZE[$author]}
    fi
    ((${HELD[$actor/$author]:-0} >= want)) || return 1
  done
}

holds_case() { covers_case "$1" "$2" || { held_read "$1" && covers_case "$1" "$2"; }; }

await_case() {
  [[ -n ${NODE_CUT[$1]:-} ]] || await "the acts of $2 at $1" holds_case "$1" "$2"
}

# Words of a step as COMMAND.
words_of() {
  local case=$1 arguments=$2 word
  [[ $arguments != - ]] || arguments=
  for word in ${arguments/@case/${CASE_WORDS[$case]:-}}; do
    case $word in
      @photo) COMMAND+=("$WORK/photo.jpg") ;;
      @+*) COMMAND+=("$(day_after "${word#@+}")") ;;
      *) COMMAND+=("$word") ;;
    esac
  done
}

keys_of() {
  local actor=$1 post=$2 signer n=1
  for signer in ${post//+/ }; do
    [[ $signer == *:* ]] || signer=$actor:$signer
    KEY_WORDS+=("--key$( ((n == 1)) || printf %s "$n")" "$(key_of "${signer%%:*}" "${signer#*:}")")
    n=$((n + 1))
  done
}

# What came of a command: ok, the reason of the refusal, or its exit code.
outcome_of() {
  local code=$1 reason
  ((code != 0)) || { printf ok; return; }
  reason=$(json_text "$2" reason) || reason="exit $code"
  printf '%s' "$reason"
}

act_note() {
  local case=$1 actor=$2 act=$3 index
  [[ $REPLY_JSON =~ \"index\":([0-9]+) ]] || fail "$case $actor $act: no index in $REPLY_JSON"
  index=${BASH_REMATCH[1]}
  NEED[$case/$actor]=$((index + 1))
  [[ $act != report && $act != assign ]] || CASE_NUMBER[$case]=$(json_text "$REPLY_JSON" number)
}

act_run() {
  local case=$1 actor=$2 post=$3 act=$4 arguments=$5 expected=$6 code=0 outcome
  local -a COMMAND=("$act") KEY_WORDS=()
  [[ $act == report || $act == assign ]] || COMMAND+=("${CASE_NUMBER[$case]}")
  words_of "$case" "$arguments"
  keys_of "$actor" "$post"
  await_case "$actor" "$case"
  REPLY_JSON=$("$JIELI" "${COMMAND[@]}" "${KEY_WORDS[@]}" --home "$(home_of "$actor")" --json \
    2>"$WORK/stderr") || code=$?
  outcome=$(outcome_of "$code" "$REPLY_JSON")
  printf '%s  %s %s$ jieli %s  → %s\n' "$case" "${NAME[$actor]}" "$post" "${COMMAND[*]}" "$outcome"
  [[ $outcome == "$expected" ]] ||
    fail "$case: expected $expected, got $outcome: $REPLY_JSON $(<"$WORK/stderr")"
  if [[ $expected == ok ]]; then
    act_note "$case" "$actor" "$act"
  else
    REFUSED_COUNT=$((REFUSED_COUNT + 1))
  fi
}

# Kinds of blind spots of a case and of its sector, as the convenor's node finds them.
spots_of() {
  local case=$1 rest piece kinds=
  rest=${SPOTS_JSON%%\"offers\":*}
  while [[ $rest == *'{"kind":'* ]]; do
    rest=${rest#*'{"kind":'}
    piece=${rest%%'{"kind":'*}
    [[ $piece == *"\"number\":\"${CASE_NUMBER[$case]}\""* ||
      $piece == *"\"sector\":\"${CASE_SECTOR[$case]}\""* ]] || continue
    [[ ,$kinds, == *",${piece%%,*},"* ]] || kinds+=${kinds:+,}${piece%%,*}
  done
  printf '%s' "${kinds:--}"
}

spots_read() {
  local code=0
  SPOTS_JSON=$("$JIELI" blindspots --home "$(home_of "$CONVENOR")" --json) || code=$?
  ((code == 0 || code == 9)) || fail "blindspots: exit $code"
}

spots_check() {
  local case=$1 expected=$2 found
  await_case "$CONVENOR" "$case"
  spots_read
  found=$(spots_of "$case")
  say "$case  blind spots now: $found"
  [[ $found == "$expected" ]] || fail "$case: expected blind spots $expected, found $found"
}

node_event() {
  local actor=$1
  case $2 in
    node-kill)
      say "--    ${NAME[$actor]}: the node is killed (SIGKILL)"
      node_end "$actor" KILL
      NODE_CUT[$actor]=yes
      CUT_SIZE[$actor]=0
      disk_remember "$actor"
      ;;
    node-start)
      say "--    ${NAME[$actor]}: the node starts again"
      node_start "$actor"
      unset "NODE_CUT[$actor]"
      ;;
    node-cut)
      held_read "$actor"
      CUT_SIZE[$actor]=${HELD[$actor/$actor]}
      say "--    ${NAME[$actor]}: cut off from everybody"
      node_cut "$actor"
      ;;
    node-join) say "--    ${NAME[$actor]}: connected again" && node_join "$actor" ;;
    *) fail "steps.tsv: no such event: $2" ;;
  esac
}

steps_run() {
  local case step actor post act arguments expected
  while IFS=$'\t' read -r -u 9 case step actor post act arguments expected; do
    [[ $case == '#'* || -z $case ]] && continue
    STEP_COUNT=$((STEP_COUNT + 1))
    case $act in
      node-*) node_event "$actor" "$act" ;;
      spots) spots_check "$case" "$expected" ;;
      *) act_run "$case" "$actor" "$post" "$act" "$arguments" "$expected" ;;
    esac
  done 9<"$DATA/steps.tsv"
}
