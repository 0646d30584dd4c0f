#!/usr/bin/env bash
# What CI runs, in stages that print their name and their time.
#
#   scripts/test.sh [STAGE...]
#
# Stages: setup fmt clippy doc test doctest differential matrix beside images e2e newcomer
# (default: all, in this order), and docs, a minute; monitoring, half of one; book and deny, seconds; workflows and
# remote, which go over ssh, and plain_debian, which make machines of their own, take minutes; and
# networks: those tests of e2e again, as often as POINTSMAN_ATTACHMENTS and POINTSMAN_UPS say.
# The last ones start containers, networks and a second dockerd on this machine, all
# under names of their own, and removes them.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=scripts/env.sh
. scripts/env.sh

# setup.sh installs the compose plugin and more; what runs after it must find it.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# One set of artefacts for all stages: static ones, because the images hold nothing but
# the binary. Dependencies are compiled once, and the daemon that is tested as a process
# is the one in the image. With a target named, flags stay off procedural macros.
CARGO_BUILD_TARGET=$(uname -m)-unknown-linux-gnu
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
# Lines of backtraces are not worth the time of linking them into a dozen programs.
export CARGO_PROFILE_DEV_DEBUG=0
export CARGO_BUILD_TARGET RUSTFLAGS
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

run_setup() { bash scripts/setup.sh tools rust busybox engine compose traefik mise; }

run_fmt() { cargo fmt --all -- --check; }

run_clippy() { cargo clippy --all-targets --locked --quiet -- -D warnings; }

run_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked --quiet; }

run_test() {
    if have_nextest; then
        cargo nextest run --locked --lib --bins --tests --status-level fail --final-status-level slow
    else
        cargo test --locked --lib --bins --tests --quiet
    fi
}

run_doctest() { cargo test --doc --locked --quiet; }

# A fifth of all labels and some random worlds, against Traefik's own Docker provider. POINTSMAN_DIFF_CASES
# says how many of the latter, POINTSMAN_DIFF_EVERY=1 tries every label.
run_differential() {
    if have_nextest; then
        cargo nextest run --locked --run-ignored only --no-fail-fast --status-level pass \
            --test differential
    else
        cargo test --locked --no-fail-fast --test differential -- \
            --ignored --test-threads=1 --nocapture
    fi
}

# With the releases of Traefik that are there, which after setup is at least the newest;
# `make matrix` fetches them all.
run_matrix() { bash scripts/matrix.sh --cached; }

# One small round of what `make bench` measures; only what must hold at any speed is asserted.
run_beside() {
    cargo test --locked --quiet --test side_by_side -- --ignored --nocapture --test-threads=1 \
        --skip answers_per_second
}

# Not those of the demo: another tag, and a profile that is compiled already.
run_images() {
    POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev bash scripts/images.sh
    POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev bash scripts/image-check.sh
}

# The promises that need a real Engine and a real Traefik, one at a time.
run_e2e() {
    # these are for stage networks; others here restart Traefik and an Engine, too
    local restarts=(attachments_outlive_a_restart_of_the_engine traefik_restarted_or_made_anew_gets_its_networks_back)
    export POINTSMAN_E2E=1
    if have_nextest; then
        cargo nextest run --locked --run-ignored only --no-fail-fast --status-level pass \
            --test integration --test e2e -E "not (test(${restarts[0]}) | test(${restarts[1]}))"
    else
        cargo test --locked --no-fail-fast --test integration --test e2e -- \
            --ignored --test-threads=1 --nocapture --skip "${restarts[0]}" --skip "${restarts[1]}"
    fi
}

# Longer than nextest lets a test run.
run_networks() {
    POINTSMAN_E2E=1 cargo test --locked --test e2e -- --ignored --test-threads=1 --nocapture networks::
}

# A user's first hour, by the documented commands alone: real mise, Engine and Traefik.
run_newcomer() {
    export POINTSMAN_IMAGE_TAG=e2e
    bash scripts/newcomer.sh
}

# The same on a second Engine, through a docker context over ssh.
run_remote() {
    bash scripts/setup.sh workflows
    POINTSMAN_IMAGE_TAG=e2e bash scripts/newcomer.sh --remote
}

# The alerts and the dashboard, by Prometheus itself.
run_monitoring() {
    bash scripts/setup.sh prometheus
    POINTSMAN_IMAGE_TAG=e2e bash scripts/monitoring.sh
}

# The lines of docs/installing.md, on a Debian with nothing on it. Of a release as it is published; with
# POINTSMAN_IMAGE_PROFILE=dev of what is compiled already.
run_plain_debian() {
    bash scripts/setup.sh mise debian
    POINTSMAN_IMAGE_TAG=e2e POINTSMAN_IMAGE_PROFILE=dev bash scripts/images.sh whoami
    POINTSMAN_IMAGE_TAG=e2e bash scripts/plain-debian.sh
}

# Every command that the documents show.
run_docs() { POINTSMAN_IMAGE_TAG=e2e bash scripts/docs.sh; }

run_book() {
    bash scripts/setup.sh book
    PATH=$PATH:$POINTSMAN_CACHE/bin mdbook build
    python3 scripts/docs/book.py .
}

run_deny() {
    bash scripts/setup.sh deny
    PATH=$PATH:$POINTSMAN_CACHE/bin cargo-deny --locked check bans licenses sources
}

# The workflows of examples/github, run as GitHub's runner would.
run_workflows() {
    bash scripts/setup.sh workflows
    POINTSMAN_IMAGE_TAG=e2e bash scripts/workflows.sh
}

stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(setup fmt clippy doc test doctest differential matrix beside images e2e newcomer)
for name in "${stages[@]}"; do
    case $name in
    setup | fmt | clippy | doc | test | doctest | differential | matrix | beside | images | e2e | newcomer | docs | networks | workflows | remote | monitoring | plain_debian | book | deny) stage "$name" "run_$name" ;;
    *)
        printf 'test: no stage %s; there are: setup fmt clippy doc test doctest differential matrix beside images e2e newcomer docs networks workflows remote monitoring plain_debian book deny\n' "$name" >&2
        exit 2
        ;;
    esac
done
printf '\nall stages passed in %d s\n' "$SECONDS"
