#!/bin/bash
# A committee for one run: a node per member that acts, the steps of configs/ezhou/steps.tsv, and at
# the end what must hold. Ends with "demo: ok", or says what differs.
#
#   BUILD=build/release tools/demo/demo.sh
# shellcheck disable=SC2034
set -euo pipefail
export LC_ALL=C.UTF-8
unset JIELI_HOME JIELI_KEY JIELI_LANG

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-build/release}
[[ $BUILD == /* ]] || BUILD=$ROOT/$BUILD
JIELI=$BUILD/jieli JIELID=$BUILD/jielid FORGE=$BUILD/tools/demo/forge
DATA=$ROOT/configs/ezhou
WORK=$ROOT/build/demo HOMES=$WORK
PORT_FIRST=${JIELI_DEMO_PORT:-27310}
HUBS=(anweiban yingji)

for part in lib lib_nodes lib_home lib_steps lib_check lib_cheat; do
  # shellcheck source=/dev/null
  source "$ROOT/tools/demo/$part.sh"
done

finish() {
  local code=$?
  nodes_end
  ((code == 0)) || say "demo: FAILED, homes and logs stay in ${WORK#"$ROOT/"}"
}

run() {
  title "the committee: ${#MEMBERS[@]} members, ${#ACTORS[@]} of them act"
  committee_build
  title "the cases, step by step"
  steps_run
  say "$STEP_COUNT steps, $REFUSED_COUNT of them refused as expected"
  await 'equal copies' all_equal
  nodes_end
  title "where the cases stand"
  expected_check
  title "the timeline of c01, as ${NAME[haiguan]} sees it"
  timeline_show c01 haiguan
  title "blind spots (监管盲区)"
  blindspots_show
  photos_check
  title "the audit of every node"
  audits_check
  title "all copies"
  copies_check
  cheats_run
}

nap_open
rm -rf "$WORK"
mkdir -p "$WORK"
read_members
read_cases
read_actors
trap finish EXIT
trap 'exit 130' INT TERM
run
nodes_end
trap - EXIT
say
say "demo: ok"
