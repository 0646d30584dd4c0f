#!/usr/bin/env bash
# Every field that can be written, against every release of Traefik that is supported.
#
#   scripts/matrix.sh [--cached]
#
# Fetches the releases of traefik-releases.txt first (some 2 GB in the cache), or with
# --cached takes those that are there. tests/matrix says what is tested.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=scripts/env.sh
. scripts/env.sh

case ${1:-} in
"") bash scripts/setup.sh tools rust traefiks ;;
--cached) ;;
*)
    printf 'matrix: unknown argument %s; there is only --cached\n' "$1" >&2
    exit 2
    ;;
esac

export POINTSMAN_TRAEFIKS=$POINTSMAN_CACHE/traefik
exec cargo test --locked --test matrix -- --include-ignored --nocapture --test-threads=2
