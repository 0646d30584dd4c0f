#!/usr/bin/env bash
# Everything CI runs, in stages that print their name and their time.
#
#   scripts/test.sh [STAGE...]
#
# Stages: setup fmt clippy doc test doctest e2e (default: all, in this order).

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=scripts/env.sh
. scripts/env.sh

# setup.sh installs the compose plugin and more; what runs after it must find it.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

stage() {
    local name=$1 begun=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    printf '== %s: ok, %d s\n' "$name" $((SECONDS - begun))
}

# cargo-nextest takes long to build; where it is not installed, cargo's own
# runner does the same work, a little slower.
have_nextest() { cargo nextest --version >/dev/null 2>&1; }

run_setup() { bash scripts/setup.sh tools rust busybox engine compose traefik; }

run_fmt() { cargo fmt --all -- --check; }

run_clippy() { cargo clippy --all-targets --locked --quiet -- -D warnings; }

run_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked --quiet; }

run_test() {
    if have_nextest; then
        cargo nextest run --locked --status-level fail --final-status-level slow
    else
        cargo test --locked --all-targets --quiet
    fi
}

run_doctest() { cargo test --doc --locked --quiet; }

# The promises that need a real Engine and a real Traefik, one at a time.
run_e2e() {
    export POINTSMAN_E2E=1
    if have_nextest; then
        cargo nextest run --locked --run-ignored only --status-level pass
    else
        cargo test --locked --test integration --test e2e -- --ignored --test-threads=1 --nocapture
    fi
}

stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(setup fmt clippy doc test doctest e2e)
for name in "${stages[@]}"; do
    case $name in
    setup | fmt | clippy | doc | test | doctest | e2e) stage "$name" "run_$name" ;;
    *)
        printf 'test: no stage %s; there are: setup fmt clippy doc test doctest e2e\n' "$name" >&2
        exit 2
        ;;
    esac
done
printf '\nall stages passed in %d s\n' "$SECONDS"
