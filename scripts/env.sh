# Where scripts/setup.sh puts what it fetches. Source this file; it starts
# nothing and writes nothing. Works in bash and in POSIX sh.
#
#   POINTSMAN_CACHE   cache folder (set it beforehand to move it)
#   TRAEFIK_VERSION   the Traefik that everything here is tested with
#   TRAEFIK_BIN       that Traefik, a static binary
#   MISE_BIN          the mise that the tasks are tested with; may be absent
#   ACTIONLINT_DIR    what the workflows are linted with; may be absent
#   PROMETHEUS_DIR    promtool, prometheus and a parser of metrics; may be absent
#   BUSYBOX_BIN       a static busybox, for throw-away test images

# shellcheck shell=sh

: "${POINTSMAN_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/pointsman}"
TRAEFIK_VERSION=3.7.15
: "${TRAEFIK_BIN:=$POINTSMAN_CACHE/traefik/$TRAEFIK_VERSION/traefik}"

MISE_VERSION=2026.9.15
: "${MISE_BIN:=$POINTSMAN_CACHE/mise/$MISE_VERSION/mise}"

ACTIONLINT_VERSION=2.0.6
: "${ACTIONLINT_DIR:=$POINTSMAN_CACHE/actionlint/$ACTIONLINT_VERSION}"

PROMETHEUS_DIR=$POINTSMAN_CACHE/prometheus

if [ -z "${BUSYBOX_BIN:-}" ]; then
    # Debian has merged /bin into /usr/bin; older machines have only the first.
    BUSYBOX_BIN=/bin/busybox
    [ -x "$BUSYBOX_BIN" ] || BUSYBOX_BIN=/usr/bin/busybox
fi

export POINTSMAN_CACHE TRAEFIK_VERSION TRAEFIK_BIN BUSYBOX_BIN MISE_VERSION MISE_BIN ACTIONLINT_VERSION ACTIONLINT_DIR PROMETHEUS_DIR
