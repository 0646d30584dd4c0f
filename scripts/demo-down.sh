#!/usr/bin/env bash
# Removes what scripts/demo.sh has made: the containers, networks, volumes and
# images, and nothing else. What scripts/setup.sh has installed stays.

set -euo pipefail

# shellcheck source=scripts/demo-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/demo-common.sh"

main() {
    local image
    [ -n "$(docker version --format '{{.Server.Version}}' 2>/dev/null)" ] || die "no Docker Engine answers, so there is nothing to remove"
    # Compose tells each object that it removes.
    remove_demo
    for image in "${DEMO_IMAGES[@]}"; do
        docker image inspect "$image" >/dev/null 2>&1 || continue
        if docker image rm "$image" >/dev/null 2>&1; then
            printf ' Image %s  Removed\n' "$image"
        else
            printf ' Image %s  Kept, another container uses it\n' "$image"
        fi
    done
    printf '\nThe demo is gone. Docker, compose and %s stay.\n' "${POINTSMAN_CACHE/#"$HOME"/\~}"
}

main "$@"
