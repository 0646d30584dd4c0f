# What stands before the commands of a page are run. Sourced by docs.sh: one function for
# each page that needs more than an empty host, a compose file and a file of labels.

# shellcheck shell=bash

# env_of APP ENV [LINE...]: with a record, that has these lines, too.
env_of() {
    local file=$1-$2.toml
    pointsman env init "$1" "$2" "$2.example.com" >/dev/null 2>&1
    sed -i "s/^#port = .*/port = $WEB_PORT/" "$file"
    shift 2
    printf '%s\n' "$@" >>"$file"
    pointsman env apply "$file" >/dev/null 2>&1
    rm "$file"
}

# live APP ENV VERSION: deployed, and live, and Traefik has it: that is what an export is of.
live() {
    pointsman deploy "$1" "$2" "$3" compose.yaml >/dev/null 2>&1
    pointsman promote "$1" "$2" "$3" >/dev/null 2>&1
    pointsman switch "$1" "$2" --wait applied >/dev/null 2>&1
}

staged() {
    pointsman deploy "$1" "$2" "$3" compose.yaml >/dev/null 2>&1
    pointsman promote "$1" "$2" "$3" >/dev/null 2>&1
}

generation() { pointsman status "$1" "$2" --json | jq .gen; }

# installed: what docs/installing.md leaves on a host, in place of the two processes: the compose file of a
# release with its names, in a folder that takes the place of /srv/pointsman; with another port, network and volume.
installed() {
    local filter
    stop_daemons
    unset POINTSMAN_URL
    for filter in name=^pointsman\$ name=^traefik\$ label=pointsman.role=server; do
        [ -z "$(docker ps -aq --filter "$filter")" ] || die "there is a container with $filter on this Engine"
    done
    host=$folder/host
    mkdir -p "$host/traefik"
    sed -e "s|^name: pointsman|name: pointsman-docs|" -e "s|image: pointsman:.*|image: pointsman:$POINTSMAN_IMAGE_TAG|" \
        -e "s|image: traefik:.*|image: pointsman-traefik:$TRAEFIK_VERSION|" -e "s|\[CMD, traefik,|[CMD, /traefik,|" \
        -e "s|ports: .*|ports: [\"127.0.0.1:$WEB_PORT:80\"]|" -e "s|00-pointsman|00-pointsman-docs|" \
        -e "s|10\.203\.0|10.214.78|g" "$root/examples/host/compose.yaml" >"$host/compose.yaml"
    system up --detach --wait >"$folder/said" 2>&1 || die "$(cat "$folder/said")"
    replace /srv/pointsman "$host"
    replace 10.203.0 10.214.78
    replace pointsman_state pointsman-docs_state
}

host=""

system() { docker compose --file "$host/compose.yaml" "$@"; }

uninstall() {
    [ -z "$host" ] || system down --volumes --timeout 2 >/dev/null 2>&1 || true
    host=""
}

before_README() {
    installed
    export POINTSMAN_CONTEXT=default
    env_of whoami dev
    live whoami dev v1
    unset POINTSMAN_CONTEXT
}

before_deploying() {
    env_of whoami dev
    env_of whoami prod
    live whoami dev v1.1.0
}

before_admin-api() {
    env_of whoami dev
    live whoami dev v1
    staged whoami dev v2
    env_of shop prod
    live shop prod v1
    staged shop prod v2
    env_of api prod
    live api prod v1
    pointsman deploy api prod v2 compose.yaml >/dev/null 2>&1
    replace '"7"' "\"$(generation whoami dev)\""
    replace '"gen": 7' "\"gen\": $(generation shop prod)"
}

before_hooks() {
    env_of whoami dev
    live whoami dev v1
}

# Its whole life: two versions, and a daemon that is dead.
before_emergencies() {
    installed
    export POINTSMAN_CONTEXT=default
    env_of whoami dev
    live whoami dev v1
    live whoami dev v2
    unset POINTSMAN_CONTEXT
    (cd "$host" && pointsman env init whoami dev whoami.example.com >/dev/null)
    docker kill pointsman >/dev/null
}

# A byte of the stored state.
damage() {
    local volume
    volume=$(docker volume inspect --format '{{.Mountpoint}}' pointsman-docs_state)
    printf X | dd of="$volume/journal.ndjson" bs=1 seek=200 conv=notrunc status=none
}

# An env whose previews go with their pull requests, and what asks GitHub for these.
before_operations() {
    installed
    export POINTSMAN_CONTEXT=default
    env_of whoami dev '[retention]' 'pull_requests = "pr-"'
    live whoami dev v1
    printf '#!/bin/sh\nfor filter; do :; done\necho %s | jq -r "$filter"\n' "'[{\"number\":17},{\"number\":18}]'" >"$folder/bin/gh"
    chmod +x "$folder/bin/gh"
}

before_quick-start() { installed; }

# Where the journal is, and it has something to show.
before_state() {
    env_of whoami dev
    cd "$folder/state"
}

before_ci() {
    replace pointsman/examples "$root/examples"
    replace 'pointsman env apply' "sed -i 's/^#port = .*/port = $WEB_PORT/' whoami-*.toml && pointsman env apply"
    env_of whoami prod
    live whoami prod v1.2.0
}
