# shellcheck shell=bash disable=SC2034,SC2154
# The processes: one jielid per member, which others reach through the two hubs.

declare -A NODE_PID NODE_PORT NODE_CUT
LEDGER_ID=

ports_choose() {
  local port=$PORT_FIRST member
  for member in "${ACTORS[@]}"; do
    NODE_PORT[$member]=$port
    port=$((port + 1))
  done
}

# node_configure MEMBER yes|no: with peers or cut off from them. Hubs are dialled and dial each other.
node_configure() {
  local member=$1 hub
  {
    printf '[node]\nmember = %s\nledger = %s\n' "$member" "$LEDGER_ID"
    printf 'listen = 127.0.0.1:%s\n' "${NODE_PORT[$member]}"
    for hub in "${HUBS[@]}"; do
      [[ $2 == no || $hub == "$member" ]] || printf 'peer = 127.0.0.1:%s\n' "${NODE_PORT[$hub]}"
    done
    printf '[log]\nlevel = warn\n'
  } >"$(home_of "$member")/jieli.conf"
}

node_answers() { [[ -S $1/jielid.sock ]] && "$JIELI" drafts --home "$1" --json >/dev/null 2>&1; }

node_lives() {
  kill -0 "${NODE_PID[$1]}" 2>/dev/null ||
    fail "node $1 ended: $(tail -n 3 "$(home_of "$1")/jielid.log")"
}

node_up() { node_lives "$1" && node_answers "$(home_of "$1")"; }

# In a session of its own: what ends this script or its terminal does not reach the node.
node_launch() {
  local home
  home=$(home_of "$1")
  setsid "$JIELID" --home "$home" </dev/null >>"$home/jielid.log" 2>&1 {NAP_FD}>&- &
  NODE_PID[$1]=$!
  printf '%s\n' "$!" >"$home/jielid.pid"
}

node_start() {
  node_launch "$1"
  await "node $1" node_up "$1"
}

# node_end MEMBER SIGNAL: ends it and waits until it is gone.
node_end() {
  local pid=${NODE_PID[$1]}
  kill -"$2" "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "NODE_PID[$1]"
  rm -f "$(home_of "$1")/jielid.pid"
}

node_cut() {
  node_end "$1" TERM
  node_configure "$1" no
  node_start "$1"
  NODE_CUT[$1]=yes
}

node_join() {
  node_end "$1" TERM
  node_configure "$1" yes
  node_start "$1"
  unset "NODE_CUT[$1]"
}

nodes_start() {
  local member
  for member in "${ACTORS[@]}"; do
    [[ -n ${NODE_PID[$member]:-} ]] || node_launch "$member"
  done
  for member in "${ACTORS[@]}"; do
    await "node $member" node_up "$member"
  done
}

nodes_end() {
  local member
  for member in "${!NODE_PID[@]}"; do
    kill -TERM "${NODE_PID[$member]}" 2>/dev/null || true
  done
  for member in "${!NODE_PID[@]}"; do
    node_end "$member" TERM
  done
}

# Sizes of the logs that a member holds and has folded: HELD[member/log]. Read only when nothing is
# pending there, for an entry that waits for another is held and yet unseen.
declare -A HELD

held_read() {
  local rest
  rest=$("$JIELI" status --home "$(home_of "$1")" --json) || return 1
  [[ $rest == *'"pending":0,'* ]] || return 1
  while [[ $rest =~ \"member\":\"([a-z0-9-]+)\",\"epoch\":[0-9]+,\"stored\":([0-9]+) ]]; do
    HELD[$1/${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
}

# Whether every acting member holds as much of every log as its author has.
all_equal() {
  local member log
  for member in "${ACTORS[@]}"; do held_read "$member" || return 1; done
  for member in "${ACTORS[@]}"; do
    for log in "${ACTORS[@]}"; do
      ((${HELD[$member/$log]:-0} == ${HELD[$log/$log]})) || return 1
    done
  done
}
