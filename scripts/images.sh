#!/usr/bin/env bash
# Builds the static binaries, and from them the images of the demo and the
# end-to-end tests. What has not changed is not built again.
#
#   scripts/images.sh [IMAGE...]     pointsman whoami traefik (default: all)
#
# makes pointsman:local, pointsman-whoami:local and pointsman-traefik:VERSION,
# and prints one line for each. No registry is asked for anything: all three are
# FROM scratch. Needs what scripts/setup.sh installs.
#
#   POINTSMAN_IMAGE_TAG       instead of "local"; the demo's are called "demo"
#   POINTSMAN_IMAGE_PROFILE   cargo's profile (release); "dev" is quick to build

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
# shellcheck source=scripts/release-flags.sh
. "$root/scripts/release-flags.sh"

# Names the content of an image; a standard key, so that the labels which
# Pointsman reads stay untouched.
CONTENT_LABEL=org.opencontainers.image.revision

tag=${POINTSMAN_IMAGE_TAG:-local}
profile=${POINTSMAN_IMAGE_PROFILE:-release}

die() {
    printf 'images: %s\n' "$1" >&2
    exit 1
}

# The folder of the static binaries, after building what the images need.
build_binaries() {
    local triple target_dir flags folder=$profile
    triple=$(uname -m)-unknown-linux-gnu
    # With --target the flags stay off build scripts and procedural macros, which are dynamic.
    flags=$(linux_flags "$profile")
    (cd "$root" && RUSTFLAGS=$flags \
        cargo build --quiet --profile "$profile" --locked --target "$triple" "$@") >&2 ||
        die "cargo build failed"
    # Cargo's one exception in the names of its folders.
    [ "$profile" != dev ] || folder=debug
    # Cargo knows best: CARGO_TARGET_DIR and .cargo/config.toml both may move it.
    target_dir=$(cd "$root" && cargo metadata --quiet --format-version 1 --no-deps --locked |
        jq -r .target_directory)
    printf '%s/%s/%s' "$target_dir" "$triple" "$folder"
}

# default_certificate FOLDER: one that nobody trusts, and the file that gives it to Traefik.
default_certificate() {
    local inside=/etc/traefik/dynamic
    mkdir -p "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=default \
        -addext 'subjectAltName=DNS:*.dev.localhost,DNS:*.localhost' \
        -keyout "$1/default-key.pem" -out "$1/default.pem" 2>/dev/null || die "openssl made no certificate"
    printf 'tls: {stores: {default: {defaultCertificate: {certFile: %s, keyFile: %s}}}}\n' \
        "$inside/default.pem" "$inside/default-key.pem" >"$1/default.yaml"
}

# image NAME DOCKERFILE BINARY: an image with that binary.
image() {
    local name=$1 dockerfile=$root/docker/$2 binary=$3 how="unchanged" content context before
    [ -x "$binary" ] || die "$binary is missing"
    content=$(cat "$dockerfile" "$binary" | b2sum -l 256)
    content=${content%% *}
    if [ "$(docker image inspect -f "{{index .Config.Labels \"$CONTENT_LABEL\"}}" \
        "$name" 2>/dev/null)" != "$content" ]; then
        before=$(docker image inspect -f '{{.Id}}' "$name" 2>/dev/null) || true
        # A build folder with nothing else in it: this is all that the engine
        # gets to see.
        context=$POINTSMAN_CACHE/image/${name%%:*}
        rm -rf "$context"
        mkdir -p "$context"
        cp "$binary" "$context/"
        [ "$binary" != "$TRAEFIK_BIN" ] || default_certificate "$context/dynamic"
        # A profile for testing leaves debug information in: ten times the size.
        [ "$profile" = release ] || [ "$binary" = "$TRAEFIK_BIN" ] || strip "$context/${binary##*/}"
        # Without the buildx plugin the client falls back to the engine's own
        # builder, and says so; that builder is all that is needed here.
        local builder=()
        docker buildx version >/dev/null 2>&1 || builder=(env DOCKER_BUILDKIT=0)
        "${builder[@]}" docker build --quiet --tag "$name" --label "$CONTENT_LABEL=$content" \
            --file "$dockerfile" "$context" >"$context/log" 2>&1 ||
            die "docker build of $name failed: $(cat "$context/log")"
        rm -rf "$context"
        # What had the name before is of no use any more, unless it still runs.
        [ -z "$before" ] || docker image rm "$before" >/dev/null 2>&1 || true
        how="built"
    fi
    printf '%-9s %s, %s\n' image "$name" "$how"
}

main() {
    local name cargo=() binaries=""
    [ $# -gt 0 ] || set -- traefik whoami pointsman
    for name in "$@"; do
        case $name in
        # The load generator comes along: it loads what the images run.
        whoami) cargo+=(--example whoami --example load) ;;
        pointsman) cargo+=(--bin pointsman) ;;
        traefik) ;;
        *) die "unknown image '$name'; known: pointsman whoami traefik" ;;
        esac
    done
    if [ ${#cargo[@]} -gt 0 ]; then
        binaries=$(build_binaries "${cargo[@]}")
    fi
    for name in "$@"; do
        case $name in
        traefik) image "pointsman-traefik:$TRAEFIK_VERSION" traefik.Dockerfile "$TRAEFIK_BIN" ;;
        whoami) image "pointsman-whoami:$tag" whoami.Dockerfile "$binaries/examples/whoami" ;;
        pointsman) image "pointsman:$tag" Dockerfile "$binaries/pointsman" ;;
        esac
    done
    # For the demo, so that it need not know where cargo builds.
    if [ -n "$binaries" ] && [ -x "$binaries/examples/load" ]; then
        install -D -m 0755 "$binaries/examples/load" "$POINTSMAN_CACHE/bin/load"
    fi
}

main "$@"
