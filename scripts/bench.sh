#!/usr/bin/env bash
# Measures what docs/benchmarks.md publishes, and writes its tables.
#
#   scripts/bench.sh [PART...]
#
# Parts (default: all, in this order):
#   micro    criterion: one event, one switch, in process
#   beside   on a fake Engine, beside Traefik's own providers and a bare server: first body, answers per second,
#            events, cold start, switches, memory, a storm of events
#   idle     processor time of doing nothing; 10 minutes
#   e2e      switches on this machine's Engine, without and with a default certificate
#   tables   writes the figures of the last run of each part into docs/benchmarks.md
#
#   ROUNDS                  of the e2e part (3)
#   POINTSMAN_BENCH_IDLE    seconds of the idle part (600)
#   POINTSMAN_BENCH_STORM   seconds of the storm (60)
#
# Raw figures stay in target/bench as JSON. Two runs at the same time measure each other.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# The binary that is shipped, with the flags of its image, so that nothing is built twice.
# shellcheck source=scripts/release-flags.sh
. scripts/release-flags.sh
CARGO_BUILD_TARGET=$(uname -m)-unknown-linux-gnu
RUSTFLAGS=$(linux_flags release)
export CARGO_BUILD_TARGET RUSTFLAGS
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
export POINTSMAN_BENCH=full

setup() {
    bash scripts/setup.sh "$@"
    # shellcheck source=scripts/env.sh
    . scripts/env.sh
}

# The measurements of tests/side_by_side whose names are given.
measure() {
    cargo test --release --quiet --locked --test side_by_side -- \
        --ignored --nocapture --test-threads=1 "$@"
}

run_micro() {
    setup tools rust
    cargo bench --quiet --locked --bench event_to_bytes
}

run_beside() {
    setup tools rust traefik wrk
    # The size of the image needs an Engine, and nothing else here does.
    if docker version >/dev/null 2>&1; then
        bash scripts/images.sh pointsman
        export POINTSMAN_BENCH_IMAGE=pointsman:local
    fi
    measure first_body answers_per_second memory_and_size cold_start event_to_applied \
        switch_to_first_answer event_storm events_without_effect
}

run_idle() {
    setup tools rust traefik
    measure idling
}

run_e2e() {
    setup tools rust busybox engine compose traefik
    POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev bash scripts/images.sh
    local round
    for round in $(seq "${ROUNDS:-3}"); do
        printf '\n== round %d of %d\n' "$round" "${ROUNDS:-3}"
        POINTSMAN_E2E=1 POINTSMAN_STOPS=20 POINTSMAN_SWITCHES=20 cargo test --release --quiet --locked --test e2e -- \
            --ignored --nocapture --test-threads=1 switch_latency traefik_stops |
            grep -e '^switch latency' -e '^stops of Traefik'
    done
}

run_tables() { bash scripts/tables.sh target/bench docs/benchmarks.md; }

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(micro beside idle e2e tables)
mkdir -p target/bench
for part in "${parts[@]}"; do
    case $part in
    micro | beside | idle | e2e | tables)
        printf '\n== %s\n' "$part"
        "run_$part"
        ;;
    *)
        printf 'bench: no part %s; there are: micro beside idle e2e tables\n' "$part" >&2
        exit 2
        ;;
    esac
done
