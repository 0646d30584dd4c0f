#!/usr/bin/env bash
# What a release is made of. The workflow "release" runs these steps, and scripts/plain-debian.sh
# does, to install the result on a machine that has nothing.
#
#   scripts/release.sh check TAG         is the tag the version of Cargo.toml
#   scripts/release.sh build KIND        linux-amd64, linux-arm64, darwin-amd64 or darwin-arm64
#   scripts/release.sh image TAG ARCH    amd64 or arm64, from the archive that build has made; checked
#                                        where it can run
#   scripts/release.sh finish TAG        compose.yaml and the checksums
#   scripts/release.sh major TAG         moves v1 to v1.2.3 on origin, if that is the newest v1: what
#                                        workflows name after "uses:"
#
# The files are in target/dist. POINTSMAN_IMAGE_PROFILE is cargo's profile (release).

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=scripts/release-flags.sh
. scripts/release-flags.sh
dist=target/dist
profile=${POINTSMAN_IMAGE_PROFILE:-release}

die() {
    printf 'release: %s\n' "$1" >&2
    exit 1
}

check() {
    local tag=$1 version
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
    [ "$tag" = "v$version" ] || die "the tag is $tag, and Cargo.toml says $version: it has to be v$version"
}

triple() {
    case $1 in
    linux-amd64) printf x86_64-unknown-linux-gnu ;;
    linux-arm64) printf aarch64-unknown-linux-gnu ;;
    darwin-amd64) printf x86_64-apple-darwin ;;
    darwin-arm64) printf aarch64-apple-darwin ;;
    *) die "unknown kind '$1'; known: linux-amd64 linux-arm64 darwin-amd64 darwin-arm64" ;;
    esac
}

# It runs where it was built for, and on Linux it needs no library.
try() {
    local kind=$1 binary=$2
    case $kind in
    darwin-amd64) file "$binary" ;; # built on the other kind of Mac
    *) "$binary" --version ;;
    esac
    case $kind in
    linux-*) if ldd "$binary" 2>/dev/null | grep '=>'; then die "$binary is not static"; fi ;;
    esac
}

build() {
    local kind=$1 target folder=$profile flags binaries
    target=$(triple "$kind")
    case $kind in
    linux-*) flags=$(linux_flags "$profile") ;;
    *) flags=${RUSTFLAGS:-} ;;
    esac
    # Nothing of the machine that built it; a profile for testing shares what is compiled already.
    [ "$profile" != release ] || flags="$flags --remap-path-prefix=$HOME=/home"
    RUSTFLAGS=$flags cargo build --quiet --profile "$profile" --locked --target "$target" --bin pointsman
    # Cargo's one exception in the names of its folders.
    [ "$profile" != dev ] || folder=debug
    binaries=${CARGO_TARGET_DIR:-target}/$target/$folder
    try "$kind" "$binaries/pointsman"
    mkdir -p "$dist"
    pack "$kind" "$binaries"
}

# Owned by root, whoever built it: it gets unpacked to where programs are.
pack() {
    local kind=$1 folder=$2 owner=(--owner=0 --group=0)
    [[ $kind != darwin-* ]] || owner=(--uid 0 --gid 0)
    # A profile for testing leaves debug information in: ten times the size.
    if [ "$profile" != release ]; then
        strip -o "$dist/pointsman" "$folder/pointsman"
        folder=$dist
    fi
    tar -czf "$dist/pointsman-$kind.tar.gz" "${owner[@]}" -C "$folder" pointsman
    rm -f "$dist/pointsman"
}

# For docker load: who installs a release needs no registry.
image() {
    local tag=$1 arch=$2 context builder=(env DOCKER_BUILDKIT=0 docker build)
    context=$(mktemp -d)
    tar -xzf "$dist/pointsman-linux-$arch.tar.gz" -C "$context"
    ! docker buildx version >/dev/null 2>&1 ||
        builder=(docker buildx build --load --provenance=false --platform "linux/$arch")
    "${builder[@]}" --tag "pointsman:$tag" --file docker/Dockerfile "$context" >"$context.log" 2>&1 ||
        die "the image was not built: $(cat "$context.log")"
    rm -r "$context" "$context.log"
    case $(uname -m):$arch in
    x86_64:amd64 | aarch64:arm64) bash scripts/image-check.sh "pointsman:$tag" ;;
    esac
    docker save "pointsman:$tag" | gzip -9 >"$dist/pointsman-image-$arch.tar.gz"
}

finish() {
    local tag=$1
    sed "s/pointsman:local/pointsman:$tag/" examples/host/compose.yaml >"$dist/compose.yaml"
    grep -q "image: pointsman:$tag\$" "$dist/compose.yaml" || die "examples/host/compose.yaml does not name the image"
    (cd "$dist" && rm -f SHA256SUMS && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
}

# Of a release to try (v1.2.3-rc.1), or of an older one that is mended, nobody is surprised.
major() {
    local tag=$1 plain='^v[0-9]+\.[0-9]+\.[0-9]+$' name newest
    name=${tag%%.*}
    newest=$(git ls-remote --refs --tags origin "$name.*" | sed 's|.*refs/tags/||' | { grep -E "$plain" || true; } |
        sort --version-sort | tail -n 1)
    if [ "$tag" != "$newest" ]; then
        printf 'release: %s is not the newest release of %s, which is %s: %s stays\n' "$tag" "$name" "${newest:-none}" "$name"
        return
    fi
    git tag --force "$name" "$tag^{commit}"
    git push --quiet --force origin "refs/tags/$name"
}

verb=${1:-none}
[ $# -eq 0 ] || shift
case $verb:$# in
check:1 | build:1 | image:2 | finish:1 | major:1) "$verb" "$@" ;;
*) die "usage: scripts/release.sh check TAG | build KIND | image TAG ARCH | finish TAG | major TAG" ;;
esac
