# shellcheck shell=bash disable=SC2034,SC2154
# What demo and tour share: words to the reader, the committee's tables, waiting on conditions.

DEADLINE_S=40

say() { printf '%s\n' "$*"; }
title() { printf '\n== %s\n' "$*"; }

# Ends the run: what differs, on one line.
fail() {
  printf 'demo: FAILED: %s\n' "$*" >&2
  exit 1
}

# A pause that starts no process: nobody ever writes to this pipe.
nap_open() { exec {NAP_FD}<> <(:); }
nap() { read -rt "$1" -u "$NAP_FD" || true; }

# await TEXT COMMAND…: until the command succeeds, no longer than the deadline.
await() {
  local what=$1 until=$((SECONDS + DEADLINE_S))
  shift
  until "$@"; do
    ((SECONDS < until)) || fail "waited ${DEADLINE_S} s for $what"
    nap 0.02
  done
}

# Day N days from today as people here count it.
day_after() { TZ=Asia/Shanghai printf '%(%F)T' $((EPOCHSECONDS + $1 * 86400)); }

declare -A NAME KIND INSTITUTION POWERS VERTICAL
declare -a MEMBERS
CONVENOR=

read_members() {
  local id name kind role institution powers vertical
  while IFS=$'\t' read -r id name kind role institution powers vertical; do
    [[ $id == '#'* || -z $id ]] && continue
    MEMBERS+=("$id")
    NAME[$id]=$name KIND[$id]=$kind INSTITUTION[$id]=$institution
    POWERS[$id]=$powers VERTICAL[$id]=$vertical
    [[ $role != convenor ]] || CONVENOR=$id
  done <"$DATA/members.tsv"
}

# Homes lie in HOMES, keys, messages and copies in WORK.
home_of() { printf '%s/%s' "$HOMES" "$1"; }
key_of() { printf '%s/keys/%s/%s.key' "$WORK" "$1" "$2"; }

# The text or number under a key, the first one in a line of JSON; empty when there is none.
json_text() { [[ $1 =~ \"$2\":\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"; }
