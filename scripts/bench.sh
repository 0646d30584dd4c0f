#!/usr/bin/env bash
# Measures what docs/benchmarks.md publishes: the time from a switch command to
# the first answer of the new slot, through a real Traefik. The figures are
# printed, and left in target/e2e/switch-latency.json.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bash scripts/setup.sh tools rust busybox engine compose traefik
# shellcheck source=scripts/env.sh
. scripts/env.sh

rounds=${ROUNDS:-3}
for round in $(seq "$rounds"); do
    printf '\n== round %d of %d\n' "$round" "$rounds"
    POINTSMAN_E2E=1 cargo test --release --locked --test e2e -- --ignored --nocapture --test-threads=1 switch_latency
    cat target/e2e/switch-latency.json
done
