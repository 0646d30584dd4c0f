# Pointsman and Traefik as two processes on free ports, on this machine's Engine, with a command
# line that finds them. Sourced by docs.sh and monitoring.sh, which have a $folder of their own,
# the $APPS that they may deploy and remove, and die; $ADMIN_PORT, $WEB_PORT and $API_PORT are the ports.

# shellcheck shell=bash disable=SC2154

TRIES=100 # of a tenth of a second
traefik=""

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

# take_names WHY: makes $folder, with the command line in it; from here on the $APPS are removed at the end by clean,
# so there must be none before.
take_names() {
    [ -z "$(stacks)" ] || die "there are containers of ${APPS[*]} on this Engine; $1"
    folder=$(mktemp -d)
    trap clean EXIT
    mkdir -p "$folder/bin"
    unset POINTSMAN_TOKEN
    install_pointsman
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

# An app of which any number of versions can be deployed.
write_compose() {
    cat >compose.yaml <<END
services:
  web:
    image: pointsman-whoami:$POINTSMAN_IMAGE_TAG
    environment: {VERSION: "\${VERSION:-}"}
    expose: ["80"]
    stop_grace_period: 1s
END
}
