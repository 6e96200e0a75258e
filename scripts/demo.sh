#!/usr/bin/env bash
# The whole way of a model: freezes the trained digits checkpoint, serves it, sends it held-out digits through gRPC,
# stops the server.
#
#   scripts/demo.sh [BUILD_DIR]      what `./dev build` built, or another preset's
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BUILD=${1:-build/release}
readonly FLOE=$BUILD/bin/floe CLIENT=$BUILD/bin/floe-client DEMO=$BUILD/examples/digits-demo
readonly READY_WITHIN_SECONDS=60

work=$(mktemp -d)
server=""
finish() {
  if [ -n "$server" ]; then kill -KILL "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { echo "\$ $*"; "$@"; }

say "1. Freeze the checkpoint, with the moving averages of its weights"
run "$FLOE" freeze examples/digits/model.ckpt --moving-average --outputs probabilities,digit -o "$work/digits.pb"

say "2. Serve it"
read -r grpc_port http_port < <(python3 scripts/free_ports.py 2)
echo "\$ $FLOE serve $work/digits.pb --name digits --grpc-port $grpc_port --http-port $http_port &"
"$FLOE" serve "$work/digits.pb" --name digits --grpc-port "$grpc_port" --http-port "$http_port" > "$work/server.log" 2>&1 &
server=$!
until "$CLIENT" status --server "127.0.0.1:$grpc_port" > "$work/status.log" 2>&1; do
  if ! kill -0 "$server" 2>/dev/null || [ "$SECONDS" -ge "$READY_WITHIN_SECONDS" ]; then
    echo "the server is not ready:" >&2
    cat "$work/server.log" "$work/status.log" >&2
    exit 1
  fi
  sleep 0.1
done
cat "$work/status.log"

say "3. Ask it what the held-out digits are"
run "$DEMO" --server "127.0.0.1:$grpc_port" --data examples/digits

say "4. Stop it"
echo "\$ kill -TERM $server"
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=""
echo "The server ended with exit status $status."
if [ "$status" -ne 0 ]; then
  cat "$work/server.log" >&2
  exit 1
fi
