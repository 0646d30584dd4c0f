#!/usr/bin/env bash
# Everything CI runs, in stages that print their name and their time.
#
#   scripts/test.sh [STAGE...]     (default: all, in this order)
#
#   setup      what is missing is installed (scripts/setup.sh)
#   fmt        cargo fmt --check
#   clippy     all targets, warnings denied
#   doc        also of private items, warnings denied
#   test       unit, property and integration tests: no Engine needed
#   doctest    examples in the documentation
#   images     the images of the end-to-end tests, static and quick to build
#   real       tests of single stations that need the Engine or Traefik
#   e2e        the whole against a real Docker Engine and a real Traefik
#
# Stops at the first stage that fails. The end-to-end tests start containers,
# networks and a second dockerd on this machine, all with names of their own,
# and remove them.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
cd "$root"

STAGES=(setup fmt clippy doc test doctest images real e2e)

# setup.sh may install cargo-nextest only now; cargo itself is there already.
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

# One set of artefacts for all stages: static ones, because the images hold
# nothing but the binary. So the daemon that is tested as a process is the very
# file that is in the image, and dependencies are compiled once, not twice.
CARGO_BUILD_TARGET=$(uname -m)-unknown-linux-gnu
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
export CARGO_BUILD_TARGET RUSTFLAGS

stage_setup() { scripts/setup.sh; }

stage_fmt() { cargo fmt --all --check; }

stage_clippy() { cargo clippy --all-targets --locked -- -D warnings; }

stage_doc() {
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked
}

stage_test() { cargo nextest run --locked; }

stage_doctest() { cargo test --doc --locked; }

stage_images() {
    POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev scripts/images.sh
}

stage_real() {
    cargo nextest run --locked --run-ignored only --test integration
}

stage_e2e() {
    POINTSMAN_E2E=1 cargo nextest run --locked --run-ignored all --no-fail-fast --test e2e
}

# The one line that closes a stage.
closing() { printf -- '--- %-8s %s, %d s\n' "$1" "$2" "$3"; }

main() {
    local name begun stage_begun
    [ $# -gt 0 ] || set -- "${STAGES[@]}"
    for name in "$@"; do
        case " ${STAGES[*]} " in
        *" $name "*) ;;
        *)
            printf 'test: unknown stage %s; known: %s\n' "$name" "${STAGES[*]}" >&2
            exit 2
            ;;
        esac
    done
    begun=$SECONDS
    for name in "$@"; do
        printf '\n=== %s\n' "$name"
        stage_begun=$SECONDS
        # A process of its own: errexit does not work inside a condition.
        if ! bash -euo pipefail -c "$(declare -f "stage_$name"); stage_$name"; then
            closing "$name" FAILED $((SECONDS - stage_begun))
            exit 1
        fi
        closing "$name" passed $((SECONDS - stage_begun))
    done
    closing all passed $((SECONDS - begun))
}

main "$@"
