#!/bin/bash
# Ends the nodes that tour.sh left running, by the pid files in their homes.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)

# A pid of a file is ours only while that process runs jielid on this home.
is_node() { [[ -r /proc/$1/cmdline ]] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "--home $2 "; }

stop_node() {
  local file=$1 home pid until=$((SECONDS + 20))
  home=$(dirname "$file")
  pid=$(<"$file")
  if is_node "$pid" "$home"; then
    kill -TERM "$pid"
    while is_node "$pid" "$home"; do
      ((SECONDS < until)) || { echo "tour-stop: $home: process $pid does not end" >&2; exit 1; }
      sleep 0.05
    done
    echo "tour-stop: $(basename "$home") ended"
  fi
  rm -f "$file"
}

for file in "$ROOT"/build/tour/*/jielid.pid; do
  [[ -e $file ]] && stop_node "$file"
done
exit 0
