#!/usr/bin/env bash
# The drop test, and its figures in docs/zero-drop.md.
#
#   scripts/drop.sh [SETUP...]
#
# Setups (default: all): pointsman pointsman-retry docker docker-drained file
#
#   N        cycles with Pointsman (25)
#   RETRY    cycles with Pointsman and Traefik's retry middleware (5)
#   BESIDE   cycles with each of the others (5)
#   ADD=1    add to the figures of earlier runs, instead of beginning anew
#
# Starts containers on this machine's Engine, under names of their own, and removes them. At most 25 cycles are one run; other
# tests that need the Engine may come between two runs. Raw figures stay in target/drop as JSON.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# As scripts/test.sh builds, so that nothing is compiled twice.
CARGO_BUILD_TARGET=$(uname -m)-unknown-linux-gnu
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
export CARGO_BUILD_TARGET RUSTFLAGS CARGO_PROFILE_DEV_DEBUG=0
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

bash scripts/setup.sh tools rust busybox engine compose traefik
# shellcheck source=scripts/env.sh
. scripts/env.sh
POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev bash scripts/images.sh whoami

cycles() {
    local setup=$1 left=$2 part
    [ -n "${ADD:-}" ] || rm -rf "target/drop/$setup"
    while [ "$left" -gt 0 ]; do
        part=$((left > 25 ? 25 : left))
        left=$((left - part))
        printf '\n== %s: %d cycles, %d to come\n' "$setup" "$part" "$left"
        POINTSMAN_E2E=1 POINTSMAN_DROP_SETUP=$setup POINTSMAN_DROP_CYCLES=$part \
            cargo test --quiet --locked --test e2e -- --ignored --nocapture nothing_is_dropped
    done
}

[ $# -gt 0 ] || set -- pointsman pointsman-retry docker docker-drained file
for setup in "$@"; do
    case $setup in
    pointsman) cycles "$setup" "${N:-25}" ;;
    pointsman-retry) cycles "$setup" "${RETRY:-5}" ;;
    docker | docker-drained | file) cycles "$setup" "${BESIDE:-5}" ;;
    *)
        printf 'drop: no setup %s; there are: pointsman pointsman-retry docker docker-drained file\n' "$setup" >&2
        exit 2
        ;;
    esac
done
{
    printf '| | |\n|---|---|\n| Engine | Docker %s, compose %s |\n' \
        "$(docker version --format '{{.Server.Version}}')" "$(docker compose version --short)"
} >target/drop/engine.md
bash scripts/tables.sh target/drop docs/zero-drop.md
