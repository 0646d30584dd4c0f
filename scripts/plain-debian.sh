#!/usr/bin/env bash
# A Debian with nothing on it, and the very lines of docs/installing.md typed there: Docker, a
# release, Traefik and Pointsman, an app. Every line must do its work by the time it returns.
#
#   scripts/plain-debian.sh [RELEASE]     trixie by default
#
# The machine has a file system, processes, a network and an Engine of its own, made of Debian's
# packages from the mirror that this machine uses (DEBIAN_MIRROR names another). It borrows its network from a container, so that
# there is no address to choose. The release is what scripts/release.sh makes, served from a folder
# (POINTSMAN_IMAGE_PROFILE is cargo's profile); the images of Traefik and of the sample app,
# which a user pulls, are loaded. All that it makes is removed. Needs root.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

page=docs/installing.md
machine=pointsman-plain-debian
subnet=10.214.79
suite=${1:-trixie}
sample=pointsman-whoami:${POINTSMAN_IMAGE_TAG:-local}
published='https://github.com/OWNER/pointsman/releases/download/[^ ]*'
tag=v$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
# What apt and its packages say.
NOISE='^(Get|Hit|Selecting|Preparing|Unpacking|Setting up|Processing|\(Reading|update-alternatives|Creat|Updating|Running hooks|invoke-rc.d|done|[0-9]+ added)'
folder="" server="" init="" outside="" typing=0

say() { printf '\n-- %s\n' "$1"; }

die() {
    printf 'plain-debian: %s\n' "$1" >&2
    exit 1
}

clean() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    if [ -n "$init" ]; then
        # In order, so that no cgroup stays behind; the rest goes with its first process.
        within sh -c 'docker ps --all --quiet | xargs --no-run-if-empty docker rm --force' >/dev/null 2>&1 || true
        kill -9 "$init" 2>/dev/null || true
        wait "$outside" 2>/dev/null || true
    fi
    docker rm --force "$machine" >/dev/null 2>&1 || true
    docker network rm "$machine" >/dev/null 2>&1 || true
    docker image rm "$machine-traefik" "pointsman:$tag" >/dev/null 2>&1 || true
    [ -z "$folder" ] || rm -rf --one-file-system "$folder"
}

# The mirror that this machine's own sources name for Debian's main archive.
mirror() {
    local found=${DEBIAN_MIRROR:-}
    [ -n "$found" ] || found=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(SUITE) $(REPO_URI)' 'Created-By: Packages' |
        awk '$1 == "Debian" && $2 == "main" && $3 ~ /^(old)*(stable|testing)$/ { print $4; exit }')
    [ -n "$found" ] || die "apt knows of no archive of Debian here: apt-get update, or set DEBIAN_MIRROR"
    printf '%s' "$found"
}

machine_of_its_own() {
    local network
    say "Debian $suite, with nothing on it"
    debootstrap --variant=minbase "$suite" "$folder/root" "$(mirror)" >"$folder/debootstrap.log" 2>&1 ||
        die "debootstrap failed: $(tail -n 3 "$folder/debootstrap.log")"
    docker network create --subnet "$subnet.0/24" "$machine" >/dev/null
    docker run --detach --name "$machine" --network "$machine" --env PORT=65000 "$sample" >/dev/null
    printf 'nameserver 127.0.0.11\n' >"$folder/root/etc/resolv.conf"
    printf '127.0.0.1 localhost plain\n' >"$folder/root/etc/hosts"
    network=/proc/$(docker inspect -f '{{.State.Pid}}' "$machine")/ns/net
    nsenter --net="$network" unshare --mount --uts --ipc --pid --fork --kill-child \
        bash -euc "$(declare -f boot); boot '$folder/root'" 2>"$folder/boot.log" &
    outside=$!
    until init=$(pgrep -P "$outside" -x sleep); do
        kill -0 "$outside" 2>/dev/null || die "the machine does not start: $(cat "$folder/boot.log")"
        sleep 0.1
    done
    within sh -c '. /etc/os-release && echo "$PRETTY_NAME"'
}

# The machine's first process, in namespaces of its own.
boot() {
    local root=$1
    hostname plain
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    mkdir "$root/run/lock"
    # A root that is a mount, which dockerd wants; not one that is only changed.
    cd "$root"
    mkdir old
    pivot_root . old
    umount -l old
    rmdir old
    exec sleep infinity
}

within() {
    nsenter --target "$init" --mount --uts --ipc --net --pid --root --wd \
        env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive "$@"
}

release() {
    say "The release $tag, as it would be published"
    rm -rf "$root/target/dist"
    bash "$root/scripts/release.sh" build "linux-$(arch_name)"
    bash "$root/scripts/release.sh" image "$tag" "$(arch_name)"
    bash "$root/scripts/release.sh" finish "$tag"
    python3 "$root/scripts/debian/release_server.py" "$root/target/dist" "$subnet.1" "$tag" \
        >"$folder/port" 2>"$folder/served" &
    server=$!
    until [ -s "$folder/port" ]; do kill -0 "$server" || die "no server"; sleep 0.1; done
}

arch_name() { dpkg --print-architecture; }

# What stands in for a registry: the images, under the names that they have there.
pull() {
    local context=$folder/traefik image
    mkdir -p "$context"
    cp "$TRAEFIK_BIN" "$context/traefik"
    printf 'FROM scratch\nCOPY traefik /usr/local/bin/traefik\nENTRYPOINT ["/usr/local/bin/traefik"]\n' >"$context/Dockerfile"
    docker build --quiet --tag "$machine-traefik" "$context" >"$folder/said" 2>&1 || die "$(cat "$folder/said")"
    rm -r "$context"
    image=$(sed -n 's/^ *image: \(traefik:.*\)$/\1/p' "$root/examples/host/compose.yaml")
    [ "$image" = "traefik:v$TRAEFIK_VERSION" ] || die "examples/host/compose.yaml has $image, and tests have $TRAEFIK_VERSION"
    deliver "$machine-traefik" "$image"
    image=$(grep -o 'traefik/whoami:[^ \\]*' "$root/$page")
    deliver "$sample" "$image"
}

# deliver HERE THERE
deliver() {
    docker save "$1" | within docker load --quiet >/dev/null
    within docker tag "$1" "$2"
}

# Where systemd runs, the package has started it.
start_engine() {
    { within sh -c 'docker version || exec setsid dockerd >/var/log/dockerd.log 2>&1'; } >/dev/null 2>&1 &
    within timeout 60 sh -c 'until docker version >/dev/null 2>&1; do sleep 0.2; done' ||
        die "dockerd does not start there: $(within tail -n 5 /var/log/dockerd.log)"
    within docker version --format 'Engine {{.Server.Version}}'
    within docker compose version
}

# type BLOCK: with nothing replaced but where a release comes from.
type_block() {
    local block=$1 here begun=$SECONDS
    here=http://$subnet.1:$(cat "$folder/port")
    sed -i -e "s|$published|$here|" -e "s|github:OWNER/pointsman|'github:OWNER/pointsman[api_url=$here/api/v3]'|" "$block"
    say "$(head -n 1 "$block")"
    tail -n +2 "$block" | sed 's/^/$ /'
    within bash -euo pipefail -s <"$block" >"$folder/said" 2>&1 || {
        cat "$folder/said" >&2
        within docker logs --tail 20 pointsman >&2 || true
        die "that failed"
    }
    grep -v -E "$NOISE" "$folder/said" | tail -n 25
    typing=$((typing + SECONDS - begun))
    printf '== %d s\n' $((SECONDS - begun))
}

# is_mise BLOCK
is_mise() { grep -q '^mise ' "$1"; }

bring_mise() {
    cp "$MISE_BIN" "$folder/root/usr/local/bin/mise"
    # The binary in /usr/local/bin is not what is tried.
    within rm /usr/local/bin/pointsman
}

main() {
    local block typed=0
    [ "$(id -u)" = 0 ] || die "root is needed, for debootstrap and namespaces"
    docker image inspect "$sample" >/dev/null 2>&1 || die "there is no image $sample: scripts/images.sh whoami"
    clean
    trap clean EXIT
    mkdir -p "$POINTSMAN_CACHE"
    folder=$(mktemp -d "$POINTSMAN_CACHE/plain-debian.XXXXXX")
    mkdir "$folder/blocks"
    (cd "$root" && python3 scripts/docs/blocks.py write "$folder/blocks" "$page" scripts/plain-debian.sh)
    machine_of_its_own
    release
    for block in "$folder"/blocks/*.sh; do
        if is_mise "$block"; then
            [ -x "$MISE_BIN" ] || { say "mise is not tried: there is none (scripts/setup.sh mise)"; continue; }
            bring_mise
        fi
        type_block "$block"
        typed=$((typed + 1))
        [ "$typed" -gt 1 ] || { start_engine && pull; }
        ! is_mise "$block" || within mise exec -- pointsman --version
    done
    [ "$typed" -ge 5 ] || die "$page has only $typed blocks for this script"
    printf '\na plain Debian %s got to a live app: %d s of typing, %d s in all\n' "$suite" "$typing" "$SECONDS"
}

main "$@"
