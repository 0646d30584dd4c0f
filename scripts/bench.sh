#!/usr/bin/env bash
# Measures what docs/benchmarks.md publishes: the time from a switch command to
# the first answer of the new slot, through a real Traefik. The figures are
# printed: every round's median, p90 and maximum.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bash scripts/setup.sh tools rust busybox engine compose traefik
# shellcheck source=scripts/env.sh
. scripts/env.sh

# The static binary, as in the image.
CARGO_BUILD_TARGET=$(uname -m)-unknown-linux-gnu
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
export CARGO_BUILD_TARGET RUSTFLAGS
POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev bash scripts/images.sh

rounds=${ROUNDS:-3}
for round in $(seq "$rounds"); do
    printf '\n== round %d of %d\n' "$round" "$rounds"
    POINTSMAN_E2E=1 cargo test --release --quiet --locked --test e2e -- --ignored --nocapture --test-threads=1 switch_latency |
        grep '^switch latency'
done
