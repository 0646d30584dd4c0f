#!/usr/bin/env bash
# A newcomer's first hour: what the README and docs/deploying.md say, typed in a fresh
# folder, with the real mise, Docker Engine and Traefik. Every command must do its work by
# the time it returns: there is no sleep in here, and no second try.
#
#   scripts/newcomer.sh            on this machine's Engine
#   scripts/newcomer.sh --remote   on a second Engine, reached by a docker context over ssh
#
# Needs the images of scripts/images.sh (POINTSMAN_IMAGE_TAG says which; default "local")
# and mise (scripts/setup.sh mise); without mise it says so and ends well. Everything that
# it starts has names of its own and is removed at the end.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
# shellcheck source=scripts/ports.sh
. "$root/scripts/ports.sh"
# shellcheck source=scripts/remote-engine.sh
. "$root/scripts/remote-engine.sh"
# sshd and dockerd live there.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

export POINTSMAN_IMAGE_TAG=${POINTSMAN_IMAGE_TAG:-local}
export POINTSMAN_NAME=pointsman-newcomer POINTSMAN_NETWORK=10.214.77
# Where the stacks are to run; "default" is this machine.
CONTEXT=default
APP=hello
PROJECTS=("$APP-dev-v1-0-0" "$APP-dev-v1-1-0" "$APP-dev-v2-bad" "$APP-prod-v1-1-0")

folder="" port="" is_remote=no

# The Engine that is deployed to.
engine() { docker --context "$CONTEXT" "$@"; }

say() { printf '\n-- %s\n' "$1"; }

die() {
    printf 'newcomer: %s\n' "$1" >&2
    engine logs --tail 20 "$POINTSMAN_NAME" >&2 2>/dev/null || true
    exit 1
}

system() { engine compose -p "$POINTSMAN_NAME" -f "$root/docker/compose.yaml" "$@"; }

clean() {
    local project
    system down --volumes --timeout 2 >/dev/null 2>&1 || true
    for project in "${PROJECTS[@]}"; do
        engine compose -p "$project" down --volumes --timeout 1 >/dev/null 2>&1 || true
    done
    [ "$is_remote" = no ] || remote_stop "$folder"
    [ -z "$folder" ] || rm -rf "$folder"
}

# --- what the newcomer has ----------------------------------------------------

# The command line comes out of the image, as the README says.
install_pointsman() {
    local container
    mkdir -p bin
    container=$(docker --context default create "pointsman:$POINTSMAN_IMAGE_TAG")
    docker --context default cp "$container:/bin/pointsman" bin/pointsman >/dev/null 2>&1
    docker --context default rm "$container" >/dev/null
    PATH=$PWD/bin:$PATH
}

# A compose file as there are many: two services with routers, a worker, a fixed name, a
# port of the host. No label of Pointsman's but the host prefix.
write_compose() {
    cat >compose.yaml <<END
services:
  web:
    image: pointsman-whoami:$POINTSMAN_IMAGE_TAG
    container_name: hello-web
    ports: ["18099:80"]
    environment: {VERSION: "\$VERSION \$ENV", GREETING: "\${GREETING:?}", PASSWORD: "\${PASSWORD:?}"}
    labels:
      - traefik.http.routers.web-\${STACK_NAME}.rule=Host(\`\${STACK_HOSTNAME}\`)
    stop_grace_period: 1s
  api:
    image: pointsman-whoami:$POINTSMAN_IMAGE_TAG
    environment: {VERSION: "api \$VERSION \$ENV"}
    labels:
      traefik.http.routers.api-\${STACK_NAME}.rule: Host(\`api.\${STACK_HOSTNAME}\`)
      pointsman.host: api
    stop_grace_period: 1s
END
    cat >mise.toml <<END
[task_config]
includes = ["$root/mise/tasks.toml"]
END
}

# --- typing and looking -------------------------------------------------------

# A task of mise, shown as typed.
task() {
    printf '$ mise run %s\n' "$*"
    "$MISE_BIN" run --quiet "$@" </dev/null
}

# refused WORD ARGUMENT...: a task that must fail, and say WORD.
refused() {
    local word=$1 said
    shift
    printf '$ mise run %s\n' "$*"
    if said=$("$MISE_BIN" run --quiet "$@" </dev/null 2>&1); then
        die "this should have been refused: $*"
    fi
    printf '%s\n' "$said"
    grep -q -- "$word" <<<"$said" || die "it should have said \"$word\""
}

# answers HOST TEXT: one request, now.
answers() {
    local said
    local curl=curl
    [ "$CONTEXT" = default ] || curl=remote_curl
    said=$("$curl" --silent --show-error --max-time 5 --header "Host: $1" "http://127.0.0.1:$port/version")
    [ "$said" = "$2" ] || die "$1 should answer \"$2\" and says \"$said\""
    printf '   http://%s -> %s\n' "$1" "$said"
}

# --- the hour -----------------------------------------------------------------

start() {
    say "Traefik and Pointsman"
    port=$(free_port)
    POINTSMAN_WEB_PORT=$port system up -d --wait --quiet-pull 2>&1 | tail -n 4
}

envs() {
    say "An env"
    task env:create "$APP" dev dev.localhost
    {
        printf '[variables]\nGREETING = "good day"\nPASSWORD = { from_env = "NEWCOMER_PASSWORD" }\n'
        printf '[resources.web]\ncpus = 0.5\nmemory = "64M"\n'
    } >>"$APP-dev.toml"
    sed -i "s/^#port = .*/port = $port/; s/^#drain = .*/drain = \"1s\"/" "$APP-dev.toml"
    refused "the app comes first" env:deploy "$CONTEXT" dev "$APP"
    task env:deploy "$CONTEXT" "$APP" dev
    refused "the app comes first" app:deploy "$CONTEXT" dev "$APP" v1.0.0 compose.yaml
}

two_versions() {
    local first second
    say "Two versions in parallel"
    task app:deploy "$CONTEXT" "$APP" dev v1.0.0 compose.yaml >first.txt 2>&1 &
    first=$!
    task app:deploy "$CONTEXT" "$APP" dev v1.1.0 compose.yaml >second.txt 2>&1 &
    second=$!
    wait "$first" || die "$(cat first.txt)"
    wait "$second" || die "$(cat second.txt)"
    cat first.txt second.txt
    if grep -q "$NEWCOMER_PASSWORD" first.txt second.txt; then die "a secret was printed"; fi
    answers "v1.0.0-$APP.dev.localhost" "v1.0.0 dev"
    answers "v1-1-0-$APP.dev.localhost" "v1.1.0 dev"
    answers "api.v1.0.0-$APP.dev.localhost" "api v1.0.0 dev"
    answers "api-v1-1-0-$APP.dev.localhost" "api v1.1.0 dev"
    [ "$(engine inspect -f '{{.HostConfig.NanoCpus}}' "$APP-dev-v1-0-0-web-1")" = 500000000 ] ||
        die "the limit of the env file is not in force"
}

a_bad_one() {
    say "One that fails: it says why, and touches nothing"
    cat >bad.yaml <<END
services:
  web:
    image: pointsman-whoami:$POINTSMAN_IMAGE_TAG
    command: [no-such-verb]
END
    refused "last lines of its log" app:deploy "$CONTEXT" "$APP" dev v2-bad bad.yaml
    refused "another slug" app:deploy "$CONTEXT" "$APP" dev v1-0-0 compose.yaml
    answers "v1.0.0-$APP.dev.localhost" "v1.0.0 dev"
}

# As when a pull request is closed and opened again.
comes_back() {
    say "Removed, and deployed again while it still goes"
    pointsman retire --context "$CONTEXT" "$APP" dev v1.1.0 --remove
    task app:deploy "$CONTEXT" "$APP" dev v1.1.0 compose.yaml
    answers "v1.1.0-$APP.dev.localhost" "v1.1.0 dev"
    pointsman retire --context "$CONTEXT" "$APP" dev v1.1.0
    task app:deploy "$CONTEXT" "$APP" dev v1.1.0 compose.yaml
    answers "v1.1.0-$APP.dev.localhost" "v1.1.0 dev"
    pointsman retire --context "$CONTEXT" "$APP" dev v9 --remove --ignore-missing
}

to_and_fro() {
    say "Stage, switch, promote with 100%, roll back"
    task app:promote "$CONTEXT" "$APP" dev v1.0.0
    answers "vnext-$APP.dev.localhost" "v1.0.0 dev"
    task env:switch "$CONTEXT" "$APP" dev
    answers "$APP.dev.localhost" "v1.0.0 dev"
    task app:promote "$CONTEXT" "$APP" dev v1.1.0 100%
    answers "$APP.dev.localhost" "v1.1.0 dev"
    answers "api.$APP.dev.localhost" "api v1.1.0 dev"
    answers "vnext-$APP.dev.localhost" "v1.0.0 dev"
    task env:rollback "$CONTEXT" "$APP" dev
    answers "$APP.dev.localhost" "v1.0.0 dev"
    task env:switch "$CONTEXT" "$APP" dev
    answers "$APP.dev.localhost" "v1.1.0 dev"
    task env:status "$CONTEXT" "$APP" dev
    task env:history "$CONTEXT" "$APP" dev
    task app:list "$CONTEXT"
}

second_env() {
    say "What was tested in dev goes to prod"
    task env:create "$APP" prod prod.localhost
    printf '[variables]\nGREETING = "hello"\nPASSWORD = "none"\n' >>"$APP-prod.toml"
    task env:deploy "$CONTEXT" "$APP" prod
    task app:promote "$CONTEXT" "$APP" prod v1.1.0 --from dev --file compose.yaml
    answers "vnext-$APP.prod.localhost" "v1.1.0 prod"
    task env:switch "$CONTEXT" "$APP" prod
    answers "$APP.prod.localhost" "v1.1.0 prod"
    answers "$APP.dev.localhost" "v1.1.0 dev"
    [ "$(engine inspect -f '{{.Image}}' "$APP-prod-v1-1-0-web-1")" = \
        "$(engine inspect -f '{{.Image}}' "$APP-dev-v1-1-0-web-1")" ] ||
        die "prod runs another image than the one that was tested"
}

remove() {
    say "Remove the old one, when compose is quicker than the Engine lets go of a network"
    fails_once "$folder/bin"
    PATH="$folder/bin:$PATH" task app:remove "$CONTEXT" "$APP" dev v1.0.0
    [ -e "$folder/bin/failed" ] || die "compose did not fail"
    answers "$APP.dev.localhost" "v1.1.0 dev"
    [ -z "$(engine ps -aq --filter "label=com.docker.compose.project=$APP-dev-v1-0-0")" ] ||
        die "v1.0.0 still has containers"
}

# fails_once FOLDER: a docker there whose first `down` does its work and then fails as compose does now and then.
fails_once() {
    mkdir -p "$1"
    cat >"$1/docker" <<EOF
#!/bin/sh
"$(command -v docker)" "\$@" || exit
case " \$* " in
*" down "*)
    [ ! -e "$1/failed" ] || exit 0
    : >"$1/failed"
    echo "failed to remove network: it has active endpoints" >&2
    exit 1
    ;;
esac
EOF
    chmod +x "$1/docker"
}

# doctor_finds CODE...: these, and nothing else.
doctor_finds() {
    local code=0 expected=0 found
    [ $# -eq 0 ] || expected=6
    printf '$ pointsman doctor --context %s\n' "$CONTEXT"
    pointsman doctor --context "$CONTEXT" --json >doctor.json || code=$?
    found=$(jq -r '[.findings[].code] | sort | join(" ")' doctor.json)
    [ "$found/$code" = "$*/$expected" ] || die "doctor should find \"$*\" and ends with $code: $(cat doctor.json)"
    printf '   %s\n' "${found:-all is well}"
}

# It looks from within the daemon's container, over there.
ask_the_doctor() {
    say "All is well, says the doctor"
    doctor_finds
    [ "$is_remote" = yes ] || return 0
    say "And finds that Traefik has no certificate"
    grep -v 'providers.file' "$root/docker/compose.yaml" >without.yaml
    POINTSMAN_WEB_PORT=$port engine compose -p "$POINTSMAN_NAME" -f without.yaml up -d --wait 2>&1 | tail -n 2
    doctor_finds default-certificate-missing
    POINTSMAN_WEB_PORT=$port system up -d --wait 2>&1 | tail -n 2
    doctor_finds
}

# The host over ssh has its images; nothing else is prepared there.
another_host() {
    say "A docker context over ssh"
    export DOCKER_CONFIG=$folder/docker
    mkdir -p "$DOCKER_CONFIG"
    ln -s "${HOME}/.docker/cli-plugins" "$DOCKER_CONFIG/cli-plugins"
    remote_start "$folder" "$(free_port)"
    CONTEXT=newcomer
    export POINTSMAN_SOCKET_DIR=$folder/engine
    docker --context default save "pointsman:$POINTSMAN_IMAGE_TAG" "pointsman-whoami:$POINTSMAN_IMAGE_TAG" \
        "pointsman-traefik:$TRAEFIK_VERSION" | engine load --quiet
}

main() {
    local missing
    if ! [ -x "$MISE_BIN" ]; then
        printf 'newcomer: skipped, there is no mise at %s (scripts/setup.sh mise)\n' "${MISE_BIN/#"$HOME"/\~}"
        return
    fi
    if [ "${1:-}" = --remote ]; then
        missing=$(remote_missing)
        if [ -n "$missing" ]; then
            printf 'newcomer: skipped, a second host needs %s\n' "$missing"
            return
        fi
        is_remote=yes
    fi
    trap clean EXIT
    [ "$is_remote" = yes ] || clean
    folder=$(mktemp -d)
    mkdir -p "$folder/bin"
    cd "$folder"
    # Nothing of this user's own mise, and no daemon that is named in the environment.
    export MISE_DATA_DIR=$folder/mise MISE_CONFIG_DIR=$folder/mise/config MISE_CACHE_DIR=$folder/mise/cache
    export MISE_STATE_DIR=$folder/mise/state MISE_TRUSTED_CONFIG_PATHS=$folder:$root MISE_OFFLINE=1
    unset POINTSMAN_URL
    export NEWCOMER_PASSWORD=correct-horse
    install_pointsman
    write_compose
    [ "$is_remote" = no ] || another_host
    start
    envs
    two_versions
    a_bad_one
    comes_back
    to_and_fro
    second_env
    remove
    ask_the_doctor
    printf '\nthe newcomer got through in %d s\n' "$SECONDS"
}

main "$@"
