#!/bin/bash
# Leaves three nodes up (the convenor's office, the emergency bureau, the fire brigade) with two
# inboxes filled, and prints seven commands to type. tools/demo/tour-stop.sh ends them.
#
#   BUILD=build/release tools/demo/tour.sh
# shellcheck disable=SC2034
set -euo pipefail
export LC_ALL=C.UTF-8
unset JIELI_HOME JIELI_KEY JIELI_LANG

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-build/release}
[[ $BUILD == /* ]] || BUILD=$ROOT/$BUILD
JIELI=$BUILD/jieli JIELID=$BUILD/jielid
DATA=$ROOT/configs/ezhou
WORK=$ROOT/build/tour HOMES=$WORK
PORT_FIRST=${JIELI_TOUR_PORT:-27410}
HUBS=(anweiban yingji xiaofang)

for part in lib lib_nodes lib_home lib_steps; do
  # shellcheck source=/dev/null
  source "$ROOT/tools/demo/$part.sh"
done

# Two cases, offered across: one waits in each bureau's inbox.
fill_inboxes() {
  act_run c02 yingji 经办人甲 report '@case --found-on today' ok
  act_run c02 yingji 经办人甲 order '--due-on @+60 --doc-no 示例应急责改〔2026〕1号' ok
  act_run c15 yingji 经办人甲 report '@case --found-on today' ok
  act_run c15 yingji 经办人甲 offer '--to xiaofang --ground near --clause 安全生产法第六十九条' ok
  act_run c18 xiaofang 经办人甲 report '@case --found-on today' ok
  act_run c18 xiaofang 经办人甲 offer \
    '--to yingji --ground competent --clause 安全生产法第六十九条' ok
  act_run c10 xiaofang 经办人甲 report '@case --found-on today' ok
  act_run c10 xiaofang 经办人甲 petition '--suggest yingji --note-code no-lead' ok
  await 'the offer at the emergency bureau' inbox_names yingji 违规外墙保温材料
  await 'the offer at the fire brigade' inbox_names xiaofang 下店上宅超量储存
  await 'the petition at the office' holds_case anweiban c10
}

# Whether the member was offered a case of that title, the title having come as a part of it.
inbox_names() {
  local json
  json=$("$JIELI" inbox --home "$(home_of "$1")" --json) || return 1
  [[ ${json%%\"named\":*} == *"$2"* ]]
}

commands_print() {
  local home=build/tour key=build/tour/keys jieli=${JIELI#"$ROOT/"}
  cat <<END

Three nodes are up. Seven commands to type in ${ROOT}:

  1  $jieli inbox --home $home/xiaofang
  2  $jieli show ${CASE_NUMBER[c15]} --home $home/xiaofang
  3  $jieli accept ${CASE_NUMBER[c15]} --home $home/xiaofang --key $key/xiaofang/经办人甲.key
  4  $jieli inbox --home $home/yingji
  5  $jieli refuse ${CASE_NUMBER[c18]} --code no-jurisdiction --suggest xiaofang \\
       --home $home/yingji --key $key/yingji/经办人甲.key
  6  $jieli blindspots --home $home/anweiban
  7  $jieli audit --home $home/anweiban

The end of it: tools/demo/tour-stop.sh (make tour-stop)
END
}

finish() {
  nodes_end
  say 'tour: FAILED'
}

"$ROOT/tools/demo/tour-stop.sh" >/dev/null
nap_open
rm -rf "$WORK"
mkdir -p "$WORK"
read_members
read_cases
ACTORS=(anweiban yingji xiaofang)
SIGNERS=(anweiban:经办人甲 anweiban:安委会主任 yingji:经办人甲 xiaofang:经办人甲
  xiaofang:验收人甲 xiaofang:验收人乙)
trap finish EXIT
trap 'exit 130' INT TERM
committee_build
fill_inboxes
trap - EXIT
commands_print
