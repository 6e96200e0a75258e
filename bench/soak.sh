#!/usr/bin/env bash
# 64 clients at once for 30 s, every answer checked, the server's memory watched.
#
#   bench/soak.sh [MODEL [OPTIONS OF floe_soak]]     OPTIONS as --clients 16 --seconds 300 -- --instances 2
#
# MODEL is what `floe serve` takes; without one, the digits example, frozen first.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$root/build/release/bin
if [ ! -x "$bin/floe" ] || [ ! -x "$bin/floe_soak" ]; then
  (cd "$root" && ./dev build)
fi
if [ $# -gt 0 ]; then
  model=$1
  shift
else
  directory=$(mktemp -d)
  trap 'rm -rf "$directory"' EXIT
  model=$directory/digits.pb
  "$bin/floe" freeze "$root/examples/digits/model.ckpt" --moving-average --outputs probabilities -o "$model"
fi
"$bin/floe_soak" --floe "$bin/floe" --model "$model" "$@"
