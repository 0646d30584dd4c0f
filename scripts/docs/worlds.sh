# What stands before the commands of a page are run. Sourced by docs.sh: one function for
# each page that needs more than an empty host, a compose file and a file of labels.

# shellcheck shell=bash

# env_of APP ENV: with a record.
env_of() {
    pointsman env init "$1" "$2" "$2.example.com" >/dev/null 2>&1
    sed -i "s/^#port = .*/port = $WEB_PORT/" "$1-$2.toml"
    pointsman env apply "$1-$2.toml" >/dev/null 2>&1
    rm "$1-$2.toml"
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

before_README() {
    env_of whoami dev
    live whoami dev v1
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

# Its whole life: two versions, and a daemon that is dead, and stopped and started by these names.
before_emergencies() {
    env_of whoami dev
    live whoami dev v1
    live whoami dev v2
    pointsman env init whoami dev whoami.example.com >/dev/null
    replace /srv/pointsman "$folder/state"
    replace 'docker stop pointsman' 'stop_pointsman'
    replace 'docker start pointsman' 'start_pointsman'
    kill -9 "$(cat "$folder/pid")"
}

before_quick-start() { replace 'docker exec pointsman pointsman' pointsman; }

before_ci() {
    env_of whoami prod
    live whoami prod v1.2.0
}
