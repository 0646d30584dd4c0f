#!/usr/bin/env bash
# Runs the commands that the documents show, page by page, with the real command line, a
# real Docker Engine and a real Traefik. A block that cannot be run says why, in a comment
# before it; scripts/docs/blocks.py reads them.
#
#   scripts/docs.sh [PAGE...]     default: README.md and docs/*.md
#
# Pointsman and Traefik are processes on ports that are free; in the commands these take the
# place of localhost:9001. Pages that are about an installed Pointsman have one instead: the
# containers of examples/host/compose.yaml (scripts/docs/worlds.sh: installed). What a block sets
# the next ones of its page have. Needs the images of scripts/images.sh (POINTSMAN_IMAGE_TAG says
# which; default "local"). What it starts carries the apps whoami, shop and api.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
# shellcheck source=scripts/ports.sh
. "$root/scripts/ports.sh"
# shellcheck source=scripts/system.sh
. "$root/scripts/system.sh"
# shellcheck source=scripts/docs/worlds.sh
. "$root/scripts/docs/worlds.sh"

export POINTSMAN_IMAGE_TAG=${POINTSMAN_IMAGE_TAG:-local}
# What it may remove at the end: nobody else's stacks.
APPS=(whoami shop api)

folder=""

say() { printf '%s\n' "$1"; }

die() {
    printf 'docs: %s\n' "$1" >&2
    [ ! -f "$folder/pointsman.log" ] || tail -n 5 "$folder/pointsman.log" >&2
    exit 1
}

clean() {
    uninstall
    stop_daemons
    clean_stacks || true
    [ -z "$folder" ] || rm -rf "$folder"
}

# replace FROM TO: in the commands of this page.
replace() { printf '%s\t%s\n' "$1" "$2" >>"$folder/replace"; }

write_files() {
    write_compose
    {
        printf 'traefik.http.routers.web.rule=Host(`web.example.com`)\n'
        printf 'traefik.http.services.web.loadbalancer.server.port=80\n'
    } >web.labels
}

# What each command of a block is run with, and what it leaves to the next.
prelude() {
    cat <<'END'
set -eua
[ ! -e "$folder/set" ] || { . "$folder/set"; cd "$PWD"; }
trap 'export -p >"$folder/set"' EXIT
follow() { timeout 2 "$@" || [ $? = 124 ]; }
curl() { # in a pipe, too; it takes only one of --fail and --fail-with-body
    case " $* " in
    *' -f'* | *' --fail'*) command curl "$@" ;;
    *) command curl --fail-with-body "$@" ;;
    esac || kill $$
}
export -f curl
END
}

# run SCRIPT: one block.
run() {
    local where first code=0 wanted
    read -r _ where _ first _ wanted <"$1"
    [ "$first" = - ] || "$first"
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
    rm -rf "$folder/blocks" "$folder/work" "$folder/state" "$folder/set" && mkdir -p "$folder/blocks" "$folder/work"
    (cd "$root" && python3 scripts/docs/blocks.py write "$folder/blocks" "$path")
    [ -n "$(ls "$folder/blocks")" ] || return 0
    say "-- $path"
    cd "$folder/work"
    write_files
    : >"$folder/replace"
    unset POINTSMAN_CONTEXT
    start_daemons
    replace localhost:9001 "127.0.0.1:$ADMIN_PORT"
    if declare -F "before_$name" >/dev/null; then "before_$name"; fi
    for script in "$folder"/blocks/*.sh; do run "$script"; done
    uninstall
    stop_daemons
    clean_stacks
}

main() {
    local path
    cd "$root"
    [ $# -gt 0 ] || set -- README.md docs/*.md
    take_names "the commands of the documents use these names"
    for path in "$@"; do page "$path"; done
    cd "$root"
    python3 scripts/docs/blocks.py list "$@" | awk -F '\t' '$2 != "run" { print "   " $1 ": " $2 }'
    printf 'all other commands of the documents ran, in %d s\n' "$SECONDS"
}

main "$@"
