#!/usr/bin/env bash
# Writes measured figures into a document.
#
#   scripts/tables.sh FOLDER DOCUMENT
#
# What stands in the document between <!-- begin NAME --> and <!-- end NAME --> is replaced by FOLDER/NAME.md, for all
# that are there; machine.md, which says where and when, is made here.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
folder=$1 file=$2

{
    printf '| | |\n|---|---|\n'
    printf '| machine | %s x %s, %s MB |\n' "$(nproc)" \
        "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" \
        "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)"
    printf '| system | %s, Linux %s |\n' "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(uname -r)"
    printf '| versions | Traefik %s, %s |\n' "$(. scripts/env.sh && echo "$TRAEFIK_VERSION")" "$(rustc --version)"
    printf '| revision | %s |\n' "$(git describe --always --dirty)"
    printf '| day | %s |\n' "$(date -u +%F)"
} >"$folder/machine.md"
for name in "$folder"/*.md; do
    name=${name##*/}
    name=${name%.md}
    grep -q "^<!-- begin $name -->" "$file" || continue
    awk -v name="$name" -v folder="$folder" '
        $0 == "<!-- begin " name " -->" {
            print
            while ((getline line < (folder "/" name ".md")) > 0) print line
            skip = 1
        }
        $0 == "<!-- end " name " -->" { skip = 0 }
        !skip' "$file" >"$folder/document.new"
    cat "$folder/document.new" >"$file"
done
printf 'tables written to %s\n' "$file"
