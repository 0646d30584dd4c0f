#!/usr/bin/env bash
# The alerts and the dashboard of monitoring/, by Prometheus itself: promtool checks and fires the
# alerts, and a Prometheus with the configuration of docs/monitoring.md scrapes a real Pointsman,
# loads the alerts and answers every question of the dashboard.
#
#   scripts/monitoring.sh
#
# Needs the images of scripts/images.sh (POINTSMAN_IMAGE_TAG says which; default "local") and what
# "scripts/setup.sh prometheus" fetches. What it deploys is the app "gauge".

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
# shellcheck source=scripts/ports.sh
. "$root/scripts/ports.sh"
# shellcheck source=scripts/system.sh
. "$root/scripts/system.sh"

export POINTSMAN_IMAGE_TAG=${POINTSMAN_IMAGE_TAG:-local}
# shellcheck disable=SC2034 # read by clean_stacks
APPS=(gauge)
folder="" prometheus=""

say() { printf -- '-- %s\n' "$1"; }

die() {
    printf 'monitoring: %s\n' "$1" >&2
    [ ! -f "$folder/pointsman.log" ] || tail -n 5 "$folder/pointsman.log" >&2
    [ ! -f "$folder/prometheus.log" ] || tail -n 5 "$folder/prometheus.log" >&2
    exit 1
}

clean() {
    [ -z "$prometheus" ] || { kill "$prometheus" && wait "$prometheus"; } 2>/dev/null || true
    stop_daemons
    clean_stacks || true
    [ -z "$folder" ] || rm -rf "$folder"
}

check_rules() {
    say "promtool: the alerts"
    "$PROMETHEUS_DIR/promtool" check rules "$root/monitoring/alerts.yaml"
    "$PROMETHEUS_DIR/promtool" test rules "$root/monitoring/alerts.test.yaml"
}

# Something in every state that a series tells of.
some_history() {
    local version
    say "An app with two versions, one of them with a quarter of the traffic"
    start_daemons
    cd "$folder"
    write_compose
    pointsman env init gauge dev gauge.example.com >/dev/null 2>&1
    pointsman env apply gauge-dev.toml >/dev/null
    for version in v1 v2; do
        pointsman deploy gauge dev "$version" compose.yaml >"$folder/said" 2>&1 || die "$(cat "$folder/said")"
    done
    pointsman promote gauge dev v1 >/dev/null
    pointsman switch gauge dev >/dev/null
    pointsman promote gauge dev v2 25% >/dev/null
    ! pointsman promote gauge dev v3 >/dev/null 2>&1 || die "v3 should not be there"
}

# What the document shows, with this Pointsman's address and quicker.
start_prometheus() {
    local port=$1
    {
        printf 'global: {scrape_interval: 1s, evaluation_interval: 1s}\n'
        sed -n '/^```yaml$/,/^```$/{/^```/d;p}' "$root/docs/monitoring.md" |
            sed -e "s/10\.203\.0\.2:9001/127.0.0.1:$ADMIN_PORT/" -e "s|/srv/pointsman/token|$folder/token|"
    } >"$folder/prometheus.yaml"
    cp "$root/monitoring/alerts.yaml" "$folder/alerts.yaml"
    printf 'nobody asks for it here' >"$folder/token"
    "$PROMETHEUS_DIR/promtool" check config "$folder/prometheus.yaml" >"$folder/said" 2>&1 || die "$(cat "$folder/said")"
    "$PROMETHEUS_DIR/prometheus" --config.file "$folder/prometheus.yaml" --storage.tsdb.path "$folder/data" \
        --web.listen-address "127.0.0.1:$port" >"$folder/prometheus.log" 2>&1 &
    prometheus=$!
    until_done "Prometheus does not start" curl -sf "http://127.0.0.1:$port/-/ready"
}

main() {
    local port
    [ -x "$PROMETHEUS_DIR/promtool" ] || die "there is no Prometheus: scripts/setup.sh prometheus"
    take_names "what is measured here has these names"
    check_rules
    some_history
    say "Prometheus: scrapes it, loads the alerts, answers the dashboard"
    port=$(free_port)
    start_prometheus "$port"
    PYTHONPATH=$PROMETHEUS_DIR/client python3 "$root/scripts/monitoring/check.py" "$root" "http://127.0.0.1:$port" "$POINTSMAN_URL"
    cd "$root"
    printf 'monitoring is what it says, in %d s\n' "$SECONDS"
}

main "$@"
