#!/usr/bin/env bash
# Builds the image `floe` and tries it: freezes the digits checkpoint with the image's own `floe`, serves it from a
# read-only container without capabilities, asks it, stops it.
#
#   docker/build.sh [TAG]            TAG: floe
#
# With a Docker engine that answers, by that. Without one, on Debian 12, by debootstrap, buildah, podman and runc, which
# it installs; root or sudo is needed. The machine's own apt configuration is then only lent to the build, read-only: no
# mirror, proxy or resolver of the machine gets into a file or a layer.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TAG=${1:-floe}
readonly BASE=docker.io/library/debian:bookworm-slim
readonly READY_WITHIN_SECONDS=60
# A container gets nothing that a server does not need.
readonly CONFINED=(--network host --read-only --cap-drop all --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

install_tools() {
  local missing=() tool
  for tool in debootstrap buildah podman runc; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$tool" 2>/dev/null)" != installed ]; then missing+=("$tool"); fi
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
}

# The base image under the name that the Dockerfile says, from Debian's packages.
make_base() {
  local root mirror container
  if as_root buildah inspect --type image "$BASE" > /dev/null 2>&1; then return; fi
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 'Component: main' | head -n 1)
  root=$(mktemp -d)
  as_root debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}"
  # What debootstrap took over from this machine, and what only it needed.
  as_root rm -rf "$root"/etc/apt/sources.list "$root"/etc/resolv.conf "$root"/etc/hostname "$root"/etc/machine-id \
    "$root"/var/lib/apt/lists "$root"/var/cache/apt "$root"/var/log
  as_root mkdir -p "$root"/var/lib/apt/lists "$root"/var/cache/apt "$root"/var/log
  container=$(as_root buildah from scratch)
  as_root buildah add -q "$container" "$root" / > /dev/null
  as_root buildah config --cmd bash "$container"
  as_root buildah commit -q --format docker --rm "$container" "$BASE" > /dev/null
  as_root rm -rf "$root"
}

build_by_docker() {
  docker build -q -t "$TAG" -f docker/Dockerfile . > /dev/null
}

# --format docker: the OCI format has no HEALTHCHECK. The keyrings are what the apt configuration may refer to.
build_by_buildah() {
  as_root buildah bud -q --format docker --layers --isolation chroot --network host --pull-never \
    -v /etc/apt:/etc/apt:ro -v /usr/share/keyrings:/usr/share/keyrings:ro -t "$TAG" -f docker/Dockerfile . > /dev/null
}

# The engine's own command, for what both engines spell alike.
engine() {
  if [ "$ENGINE" = docker ]; then
    docker "$@"
  else
    as_root podman --runtime runc --cgroup-manager cgroupfs --events-backend file "$@"
  fi
}

# Compares the digits that the image answered with the labels, both one-dimensional int64 .npy files.
readonly COMPARE='
import struct, sys
def values(path):
    data = open(path, "rb").read()
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack("<%dq" % ((len(data) - begin) // 8), data[begin:])
answers, labels = map(values, sys.argv[1:])
right = sum(a == b for a, b in zip(answers, labels))
print(f"{right} of {len(labels)} held-out digits right")
sys.exit(len(answers) != len(labels) or right < 0.97 * len(labels))
'

smoke_test() {
  local work container grpc_port http_port status data=$PWD/examples/digits
  work=$(mktemp -d)
  container=floe-smoke-$$
  trap "engine rm -f $container > /dev/null 2>&1 || true; as_root rm -rf $work" EXIT
  mkdir -p "$work/models/digits/1" "$work/answers"
  chmod -R a+rwX "$work"  # the container's user is not ours
  read -r grpc_port http_port < <(python3 scripts/free_ports.py 2)

  engine run --rm "${CONFINED[@]}" -v "$data:/data:ro" -v "$work/models:/models" --entrypoint floe "$TAG" \
    freeze /data/model.ckpt --moving-average --outputs digit -o /models/digits/1/model.pb
  engine run -d --name "$container" "${CONFINED[@]}" -v "$data:/data:ro" -v "$work/models:/models:ro" -v "$work/answers:/answers" \
    "$TAG" --model-repository /models --grpc-port "$grpc_port" --http-port "$http_port" > /dev/null
  until engine exec "$container" floe-client status --server "127.0.0.1:$grpc_port"; do
    if [ "$SECONDS" -ge "$READY_WITHIN_SECONDS" ]; then
      engine logs "$container" >&2
      return 1
    fi
    sleep 0.2
  done
  engine exec "$container" floe-client infer digits --server "127.0.0.1:$grpc_port" \
    --input image=/data/held_out_images.npy --output-dir /answers
  python3 -c "$COMPARE" "$work/answers/0.npy" "$data/held_out_labels.npy"
  engine stop "$container" > /dev/null
  status=$(engine wait "$container")
  echo "the server ended with exit status $status"
  [ "$status" -eq 0 ]
}

if docker info > /dev/null 2>&1; then
  readonly ENGINE=docker
  build_by_docker
else
  readonly ENGINE=podman
  # shellcheck source=/dev/null
  if [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != bookworm ]; then
    echo "docker/build.sh: no Docker engine answers, and building without one needs Debian 12" >&2
    exit 1
  fi
  install_tools
  make_base
  build_by_buildah
fi
SECONDS=0
smoke_test
echo "image $TAG: $(engine image inspect --format '{{.Size}}' "$TAG") bytes"
