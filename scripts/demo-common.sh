# What demo.sh and demo-down.sh both need to know. Sourced, never run.

# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"

# A project of its own, so that the demo never takes over, and never removes, a
# Pointsman that is in real use on this host.
DEMO_PROJECT=pointsman-demo
# Images of its own, quick to build: a release takes cargo five times as long, and "local" is for real use.
export POINTSMAN_IMAGE_TAG=demo POINTSMAN_IMAGE_PROFILE=dev CARGO_PROFILE_DEV_DEBUG=0
DEMO_IMAGES=(pointsman:demo pointsman-whoami:demo "pointsman-traefik:$TRAEFIK_VERSION")
APP=whoami
ENVIRONMENT=dev
DOMAIN=dev.localhost
# The same default as in docker/compose.yaml.
WEB_PORT=${POINTSMAN_WEB_PORT:-8080}

die() {
    printf '\ndemo: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/      /' >&2
    exit 1
}

compose() { docker compose -p "$DEMO_PROJECT" -f "$root/docker/compose.yaml" "$@"; }

# Prints the compose projects of the demo's sample app, whatever version. Asked by
# label: a container whose image has been built anew since is not found by image.
stack_projects() {
    docker ps --all --format '{{.Label "com.docker.compose.project"}}' \
        --filter label=org.opencontainers.image.title=whoami \
        --filter "label=pointsman.app=$APP" --filter "label=pointsman.env=$ENVIRONMENT" \
        --filter "label=pointsman.domain=$DOMAIN" | sort -u
}

# Removes the demo's containers, networks and volumes. Traefik and Pointsman go
# first: they are attached to the stacks' networks, which could not go before.
remove_demo() {
    local project
    compose down --volumes --remove-orphans --timeout 5 2>&1
    for project in $(stack_projects); do
        docker compose -p "$project" down --volumes --remove-orphans --timeout 5 2>&1
    done
}
