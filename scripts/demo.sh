#!/usr/bin/env bash
# From a fresh Debian machine to a running Traefik and Pointsman with two
# versions of a sample app, a promote, a switch and a rollback under load. Each
# step prints its URLs, its time and the number of failed requests. The system
# is left running; scripts/demo-down.sh removes it.
#
#   POINTSMAN_WEB_PORT   where Traefik is reachable on this machine (8080)
#
# Exits with 1 if a request failed, or if old and new answers were mixed.

set -euo pipefail

# shellcheck source=scripts/demo-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/demo-common.sh"

ANSWER_WAIT=10 # seconds until an expected answer must have come
SETTLE=0.5     # seconds of load after a step, to see what comes late

# --- printing and time ------------------------------------------------------

step_number=0
started_us=0

now_us() { printf '%s' "${EPOCHREALTIME//[.,]/}"; }

# Milliseconds since the microsecond $1, as seconds with two digits.
seconds_since() {
    local ms=$((($(now_us) - $1) / 1000))
    printf '%d.%02d s' $((ms / 1000)) $((ms % 1000 / 10))
}

step() {
    step_number=$((step_number + 1))
    started_us=$(now_us)
    printf '\n%2d. %s\n' "$step_number" "$1"
}

line() { printf '    %s\n' "$*"; }

indent() { sed 's/^/    /'; }

# --- the system under demonstration -----------------------------------------

url() { printf 'http://%s.%s:%s/' "$1" "$DOMAIN" "$WEB_PORT"; }

# The address is given by hand: not every resolver knows *.localhost.
get() { curl --silent --max-time 5 --header "Host: $1.$DOMAIN" "http://127.0.0.1:$WEB_PORT$2" || true; }

# expect NAME VERSION: waits until that host answers with that version.
expect() {
    local answer start_us deadline=$((SECONDS + ANSWER_WAIT))
    start_us=$(now_us)
    until answer=$(get "$1" /version) && [ "$answer" = "$2" ]; do
        [ "$SECONDS" -lt "$deadline" ] ||
            die "$(url "$1") should answer with $2 by now, but says: $answer" "$(pointsman_log)"
        sleep 0.02
    done
    line "$(url "$1")  ->  $(get "$1" /)   (after $(seconds_since "$start_us"))"
}

pointsman_log() { docker logs --tail 20 pointsman 2>&1 || true; }

# One verb of the command line, shown as typed.
pointsman() {
    local output
    line "\$ docker exec pointsman pointsman $*"
    if ! output=$(docker exec pointsman pointsman "$@" 2>&1); then
        die "that failed:" "$output" "$(pointsman_log)"
    fi
    [ -z "$output" ] || indent <<<"$output"
}

# deploy VERSION: nothing but compose, told who it is by the environment.
deploy() {
    local output stack=$APP-$ENVIRONMENT-$1
    line "\$ VERSION=$1 docker compose -p $stack -f docker/whoami/compose.yaml up -d --wait"
    if ! output=$(env "STACK_NAME=$stack" "STACK_HOSTNAME=$1-$APP.$DOMAIN" \
        "APP=$APP" "ENV=$ENVIRONMENT" "VERSION=$1" "DOMAIN=$DOMAIN" \
        docker compose -p "$stack" -f "$root/docker/whoami/compose.yaml" up -d --wait 2>&1); then
        die "that failed:" "$output"
    fi
    line "containers are up and healthy after $(seconds_since "$started_us")"
}

# --- load -------------------------------------------------------------------

load_pid="" load_in="" load_out="" load_answer=""

load_start() {
    coproc LOAD {
        exec "$POINTSMAN_CACHE/bin/load" --url "http://127.0.0.1:$WEB_PORT/version" \
            --host "$APP.$DOMAIN" --clients 8 --rate 100 --seconds 600 --until-stdin-closes --json
    }
    # Copies: bash forgets its own as soon as the process has ended.
    # shellcheck disable=SC2153 # LOAD_PID comes from coproc
    load_pid=$LOAD_PID load_in=${LOAD[1]} load_out=${LOAD[0]}
}

# Sets load_answer to what happened since the mark before, as JSON.
load_mark() {
    printf 'mark\n' >&"$load_in" || die "the load generator has ended"
    read -r -t 15 load_answer <&"$load_out" || die "the load generator does not answer"
}

# Ends the load; sets load_answer to its summary, as JSON. Its exit code says
# whether requests failed; so does the summary, and better.
load_stop() {
    eval "exec $load_in>&-"
    read -r -t 30 load_answer <&"$load_out" || die "the load generator gave no summary"
    wait "$load_pid" || true
    load_pid=""
}

stop_load_on_exit() { [ -z "$load_pid" ] || kill "$load_pid" 2>/dev/null || true; }

# report_step [VERSION]: the step's time and requests, and after how long
# VERSION was first seen.
report_step() {
    local time first=""
    time=$(seconds_since "$started_us")
    sleep "$SETTLE"
    load_mark
    if [ $# -gt 0 ]; then
        first=$(jq -r --arg v "$1" '.first_seen_ms[$v] // empty | round' <<<"$load_answer")
        [ -z "$first" ] || first=", first answer from $1 after $first ms"
    fi
    line "$time$first; $(jq -r '"\(.requests) requests, \(.failed) failed, slowest \(.slowest_ms | round) ms"' <<<"$load_answer")"
}

# --- the steps --------------------------------------------------------------

check_host() {
    local owner
    for name in pointsman pointsman-traefik; do
        owner=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.project"}}' "$name" 2>/dev/null) || continue
        [ "$owner" = "$DEMO_PROJECT" ] ||
            die "this host has a container '$name' that is not the demo's" "the demo would be in its way, and stops here"
    done
    # A demo from before starts from nothing again.
    if [ -n "$(compose ps --all --quiet)" ] || [ -n "$(stack_projects)" ]; then
        line "removing the demo that runs already"
        remove_demo >/dev/null
    fi
    if curl --silent --max-time 2 --output /dev/null "http://127.0.0.1:$WEB_PORT/"; then
        die "port $WEB_PORT of this machine is taken" "try: POINTSMAN_WEB_PORT=8081 make demo"
    fi
}

prepare() {
    local output
    step "Docker Engine, compose and Traefik"
    "$root/scripts/setup.sh" tools rust engine compose traefik 2>&1 | indent
    check_host
    line "$(seconds_since "$started_us")"

    step "Images, all FROM scratch (the first build takes two or three minutes)"
    "$root/scripts/images.sh" 2>&1 | indent
    line "$(seconds_since "$started_us")"

    step "Traefik and Pointsman, two containers on the network 00-pointsman"
    output=$(compose up -d --wait 2>&1) || die "that failed:" "$output" "$(pointsman_log)"
    line "$(docker ps --filter "label=com.docker.compose.project=$DEMO_PROJECT" --format '{{.Names}} ({{.Image}})' | paste -s -d ' ')"
    line "$(seconds_since "$started_us")"
}

env_record() {
    local output record
    step "An env record for $APP/$ENVIRONMENT: its domain, and the port for printed URLs"
    record=$(printf '%s = "%s"\n' app "$APP" env "$ENVIRONMENT" domain "$DOMAIN" && printf 'port = %d\n' "$WEB_PORT")
    line "\$ docker exec -i pointsman pointsman env apply -"
    output=$(docker exec -i pointsman pointsman env apply - <<<"$record" 2>&1) ||
        die "that failed:" "$output" "$(pointsman_log)"
    indent <<<"$output"
    line "$(seconds_since "$started_us")"
}

first_version() {
    step "Deploy v1: a preview, nothing is live yet"
    deploy v1
    expect "v1-$APP" v1

    step "Make v1 live"
    pointsman promote "$APP" "$ENVIRONMENT" v1
    pointsman switch "$APP" "$ENVIRONMENT"
    expect "$APP" v1
    line "$(seconds_since "$started_us")"
}

second_version() {
    step "Deploy v2 beside it (from here on under load: 8 keep-alive clients, 800 requests/s)"
    load_start
    load_mark
    deploy v2
    expect "v2-$APP" v2
    expect "$APP" v1
    report_step

    step "Promote v2: staged, one step from live"
    pointsman promote "$APP" "$ENVIRONMENT" v2
    expect "vnext-$APP" v2
    expect "$APP" v1
    report_step

    step "Switch: v2 becomes live, v1 stands by"
    load_mark
    pointsman switch "$APP" "$ENVIRONMENT"
    expect "$APP" v2
    expect "vnext-$APP" v1
    report_step v2

    step "Roll back: v1 is live again; nothing is redeployed"
    load_mark
    pointsman rollback "$APP" "$ENVIRONMENT"
    expect "$APP" v1
    report_step v1
}

# Prints the whole run's figures; fails if they are not what they must be.
verdict() {
    local failed
    step "What the clients saw"
    load_stop
    jq -r '"\(.requests) requests in \(.seconds | round) s over \(.connections) connections, \(.failed) failed",
        "answers: \(.bodies | to_entries | map("\(.key) \(.value)") | join(", "))",
        "latency: median \(.p50_ms) ms, 99% \(.p99_ms) ms, slowest \(.max_ms) ms",
        (.switches // [] | .[] | "\(.bodies[0]) -> \(.bodies[1]): old answers after the first new one, anywhere: for \(.overlap_ms * 10 | round / 10) ms"),
        (.errors[] | "failed: \(.error)")' <<<"$load_answer" | indent
    failed=$(jq -r .failed <<<"$load_answer")
    [ "$failed" = 0 ] || die "$failed requests failed" "$(pointsman_log)"
    jq -e '[.switches[]?.bodies] == [["v1", "v2"], ["v2", "v1"]] and all(.switches[]; .overlap_ms == 0)' \
        >/dev/null <<<"$load_answer" ||
        die "the clients did not all see v1, then v2, then v1, without a mixed window" \
            "$(jq -c '{switches, sequences}' <<<"$load_answer")"
}

try_next() {
    step "Now"
    pointsman status "$APP" "$ENVIRONMENT"
    cat <<END

Everything is left running. To try next, from the repository's folder (curl and
browsers know *.localhost without DNS):

  curl $(url "$APP")
  docker exec pointsman pointsman switch $APP $ENVIRONMENT
  docker exec pointsman pointsman --help

  export POINTSMAN_IMAGE_TAG=demo    # the images that it built

  # a third version, then a quarter of the traffic for it, then back
  STACK_NAME=$APP-$ENVIRONMENT-v3 VERSION=v3 docker compose -f docker/whoami/compose.yaml up -d --wait
  curl $(url "v3-$APP")
  docker exec pointsman pointsman promote $APP $ENVIRONMENT v3 25%
  for i in 1 2 3 4 5 6 7 8; do curl -s $(url "$APP"); done
  docker exec pointsman pointsman rollback $APP $ENVIRONMENT

  # a replica of the live version falls ill: within 3 s it gets no more requests
  curl -X POST $(url "$APP")admin/unhealthy
  docker exec pointsman pointsman status $APP $ENVIRONMENT

  make demo-down
END
}

main() {
    local begun_us
    trap stop_load_on_exit EXIT
    begun_us=$(now_us)
    prepare
    env_record
    first_version
    second_version
    verdict
    try_next
    printf '\nThe demo took %s; no request failed.\n' "$(seconds_since "$begun_us")"
}

main "$@"
