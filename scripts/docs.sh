#!/usr/bin/env bash
# Runs the commands that the documents show, page by page, with the real command line, a
# real Docker Engine and a real Traefik. A block that cannot be run says why, in a comment
# before it; scripts/docs/blocks.py reads them.
#
#   scripts/docs.sh [PAGE...]     default: README.md and docs/*.md
#
# Pointsman and Traefik are processes on ports that are free; in the commands these take the
# place of localhost:9001. Needs the images of scripts/images.sh (POINTSMAN_IMAGE_TAG says
# which; default "local"). What it starts carries the apps whoami, shop and api.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
# shellcheck source=scripts/ports.sh
. "$root/scripts/ports.sh"
# shellcheck source=scripts/docs/worlds.sh
. "$root/scripts/docs/worlds.sh"

export POINTSMAN_IMAGE_TAG=${POINTSMAN_IMAGE_TAG:-local}
# What it may remove at the end: nobody else's stacks.
APPS=(whoami shop api)
TRIES=100 # of a tenth of a second

folder="" traefik=""

say() { printf '%s\n' "$1"; }

die() {
    printf 'docs: %s\n' "$1" >&2
    [ ! -f "$folder/pointsman.log" ] || tail -n 5 "$folder/pointsman.log" >&2
    exit 1
}

# until_done WHAT COMMAND...
until_done() {
    local what=$1 try
    shift
    for ((try = 0; try < TRIES; try++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    die "$what"
}

stacks() {
    local app
    for app in "${APPS[@]}"; do
        docker ps -aq --filter "label=pointsman.app=$app"
    done
}

clean_stacks() {
    local ids app
    ids=$(stacks)
    # shellcheck disable=SC2086 # one word for each
    [ -z "$ids" ] || docker rm -f $ids >/dev/null
    for app in "${APPS[@]}"; do
        docker network ls --filter "name=^$app-(dev|prod)-" -q | xargs -r docker network rm >/dev/null
    done
}

clean() {
    stop_daemons
    clean_stacks || true
    [ -z "$folder" ] || rm -rf "$folder"
}

install_pointsman() {
    local container
    container=$(docker create "pointsman:$POINTSMAN_IMAGE_TAG")
    docker cp "$container:/bin/pointsman" "$folder/bin/pointsman" >/dev/null 2>&1
    docker rm "$container" >/dev/null
    PATH=$folder/bin:$PATH
}

start_daemons() {
    provider=$(free_port) ADMIN_PORT=$(free_port) WEB_PORT=$(free_port) API_PORT=$(free_port)
    export folder provider ADMIN_PORT API_PORT
    export POINTSMAN_URL=http://127.0.0.1:$ADMIN_PORT TRAEFIK=http://127.0.0.1:$API_PORT
    export POINTSMAN_CONNECT=127.0.0.1:$WEB_PORT
    start_pointsman
    "$TRAEFIK_BIN" "--entrypoints.web.address=127.0.0.1:$WEB_PORT" "--entrypoints.traefik.address=127.0.0.1:$API_PORT" \
        --api.insecure=true --global.checkNewVersion=false --global.sendAnonymousUsage=false \
        "--providers.http.endpoint=http://127.0.0.1:$provider/config?wait=450ms" \
        --providers.http.pollInterval=500ms --providers.providersThrottleDuration=100ms >"$folder/traefik.log" 2>&1 &
    traefik=$!
    until_done "Traefik did not start" curl -sf "$TRAEFIK/api/http/routers"
}

# These two are what `docker start` and `docker stop` are to a container.
start_pointsman() {
    ! kill -0 "$(cat "$folder/pid" 2>/dev/null)" 2>/dev/null || return 0
    nohup pointsman serve --provider-listen "127.0.0.1:$provider" --admin-listen "127.0.0.1:$ADMIN_PORT" \
        --state-dir "$folder/state" --traefik-api "http://127.0.0.1:$API_PORT" >>"$folder/pointsman.log" 2>&1 &
    printf '%s' $! >"$folder/pid"
    timeout 10 bash -c 'until command curl -sf "$POINTSMAN_URL/ready" >/dev/null; do sleep 0.1; done'
}

stop_pointsman() {
    local pid
    pid=$(cat "$folder/pid" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || true
    timeout 10 bash -c "while kill -0 $pid 2>/dev/null; do sleep 0.05; done"
    rm -f "$folder/pid"
}

stop_daemons() {
    stop_pointsman
    [ -z "$traefik" ] || { kill "$traefik" && wait "$traefik"; } 2>/dev/null || true
    traefik=""
}

# replace FROM TO: in the commands of this page.
replace() { printf '%s\t%s\n' "$1" "$2" >>"$folder/replace"; }

write_files() {
    cat >compose.yaml <<END
services:
  web:
    image: pointsman-whoami:$POINTSMAN_IMAGE_TAG
    environment: {VERSION: "\${VERSION:-}"}
    expose: ["80"]
    stop_grace_period: 1s
END
    {
        printf 'traefik.http.routers.web.rule=Host(`web.example.com`)\n'
        printf 'traefik.http.services.web.loadbalancer.server.port=80\n'
    } >web.labels
}

# What each command of a block is run with.
prelude() {
    cat <<'END'
set -eu
follow() { timeout 2 "$@" || [ $? = 124 ]; }
curl() { command curl --fail-with-body "$@" || kill $$; } # in a pipe, too
export -f curl
END
    declare -f start_pointsman stop_pointsman
}

# run SCRIPT: one block.
run() {
    local where code=0 wanted
    read -r _ where _ wanted <"$1"
    python3 - "$1" "$folder/replace" <<'END'
import sys
script, pairs = sys.argv[1:]
text = open(script, encoding="utf-8").read()
for line in open(pairs, encoding="utf-8"):
    text = text.replace(*line.rstrip("\n").split("\t"))
open(script, "w", encoding="utf-8").write(text)
END
    { prelude; cat "$1"; } >"$folder/block.sh"
    bash "$folder/block.sh" </dev/null >"$folder/said" 2>&1 || code=$?
    if [[ " ${wanted// or / } " != *" $code "* ]]; then
        sed 's/^/    /' "$folder/block.sh" "$folder/said" >&2
        die "$where ends with $code and should with $wanted"
    fi
    say "   $where"
}

page() {
    local path=$1 name script
    name=$(basename "$path" .md)
    rm -rf "$folder/blocks" "$folder/work" "$folder/state" && mkdir -p "$folder/blocks" "$folder/work"
    (cd "$root" && python3 scripts/docs/blocks.py write "$folder/blocks" "$path")
    [ -n "$(ls "$folder/blocks")" ] || return 0
    say "-- $path"
    cd "$folder/work"
    write_files
    : >"$folder/replace"
    start_daemons
    replace localhost:9001 "127.0.0.1:$ADMIN_PORT"
    if declare -F "before_$name" >/dev/null; then "before_$name"; fi
    for script in "$folder"/blocks/*.sh; do run "$script"; done
    stop_daemons
    clean_stacks
}

main() {
    local path
    cd "$root"
    [ $# -gt 0 ] || set -- README.md docs/*.md
    folder=$(mktemp -d)
    mkdir -p "$folder/bin"
    [ -z "$(stacks)" ] || die "there are containers of ${APPS[*]} on this Engine; the commands of the documents use these names"
    trap clean EXIT
    unset POINTSMAN_TOKEN
    install_pointsman
    for path in "$@"; do page "$path"; done
    cd "$root"
    python3 scripts/docs/blocks.py list "$@" | awk -F '\t' '$2 != "run" { print "   " $1 ": " $2 }'
    printf 'all other commands of the documents ran, in %d s\n' "$SECONDS"
}

main "$@"
