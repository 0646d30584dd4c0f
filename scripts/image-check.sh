#!/usr/bin/env bash
# Is the image what its documentation says: small, one program and nothing else, and does that
# program do its work without root, without capabilities, on a read-only file system.
#
#   scripts/image-check.sh [IMAGE]     default: pointsman:local
#
# A release has to be below LIMIT_MB; an image of another profile is not weighed
# (POINTSMAN_IMAGE_PROFILE, as for scripts/images.sh). Starts containers of its own, and removes them.

set -euo pipefail

LIMIT_MB=14
image=${1:-pointsman:${POINTSMAN_IMAGE_TAG:-local}}
profile=${POINTSMAN_IMAGE_PROFILE:-release}
socket=${POINTSMAN_SOCKET_DIR:-/var/run}/docker.sock
name=pointsman-image-check-$$
# Nobody on any host.
user=65532

work=$(mktemp -d)
cleanup() {
    docker rm -f "$name" "$name-blind" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT

die() {
    printf 'image-check: %s: %s\n' "$image" "$1" >&2
    exit 1
}

ok() { printf 'image-check: %s\n' "$1"; }

# Weighed is what a host stores; what it downloads is about a third.
check_size() {
    local bytes
    bytes=$(docker image inspect -f '{{.Size}}' "$image") || die "is not there: make image"
    if [ "$profile" != release ]; then
        ok "$((bytes / 1000000)) MB, not weighed: profile $profile"
        return
    fi
    [ "$bytes" -le $((LIMIT_MB * 1000000)) ] ||
        die "a release of $((bytes / 1000)) kB is heavier than the $LIMIT_MB MB that docs/releases.md promises"
    ok "$((bytes / 1000)) kB, at most $LIMIT_MB MB"
}

# Every layer of the image itself: what docker adds to a container is not in there.
check_content() {
    local layer files bytes
    docker save "$image" | tar -x -C "$work"
    for layer in $(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))[0]["Layers"])' \
        "$work/manifest.json"); do
        tar -tvf "$work/$layer"
    done >"$work/all"
    files=$(grep -v '^d' "$work/all" || true)
    [ "$(printf '%s\n' "$files" | awk '{print $6}')" = bin/pointsman ] ||
        die "it has to hold bin/pointsman and nothing else, and holds: $files"
    printf '%s\n' "$files" | grep -q '^-rwxr-xr-x' || die "odd permissions: $files"
    bytes=$(printf '%s\n' "$files" | awk '{print $3}')
    ok "one file, bin/pointsman, $((bytes / 1000)) kB, without setuid"
}

# start NAME ENDPOINT: as somebody who trusts nobody would.
start() {
    docker run --detach --name "$1" \
        --read-only --cap-drop ALL --security-opt no-new-privileges:true \
        --user "$user:$user" --group-add "$(stat -c %g "$socket")" \
        --tmpfs "/var/lib/pointsman:uid=$user,gid=$user,mode=0700" \
        --volume "${socket%/*}:/host/run:ro" --network none --memory 256m --pids-limit 64 \
        "$image" serve "--docker-endpoint=$2" >/dev/null
}

health() { docker inspect -f '{{.State.Status}}/{{.State.Health.Status}}' "$1"; }

# The image's own HEALTHCHECK says so.
check_healthy() {
    local begun=$SECONDS
    start "$name" unix:///host/run/docker.sock
    until [ "$(health "$name")" = running/healthy ]; do
        if [ $((SECONDS - begun)) -gt 20 ]; then
            docker logs "$name" >&2
            die "as user $user it is $(health "$name") after 20 s"
        fi
        sleep 0.2
    done
    ok "healthy as user $user with the socket's group, read-only, without capabilities"
}

# And says no where no Engine is.
check_unhealthy() {
    local code=0
    start "$name-blind" unix:///host/run/none.sock
    docker exec "$name-blind" /bin/pointsman healthcheck >"$work/said" 2>&1 || code=$?
    [ "$code" = 1 ] || die "healthcheck without an Engine ends with $code: $(cat "$work/said")"
    ok "healthcheck ends with 1 where no Engine is"
}

check_size
check_content
check_healthy
check_unhealthy
