#!/usr/bin/env bash
# An ssh agent with one key, the host's own keys, a Docker context, and the command line
# out of the Pointsman container on that host: the same release, and nothing to download.
#
# Takes HOST (USER@NAME[:PORT]), SSH_KEY, KNOWN_HOSTS and CONTEXT from the environment, and
# tells later steps through GITHUB_ENV and GITHUB_PATH.
set -euo pipefail

die() {
    printf '::error::%s\n' "$1"
    exit 1
}

for name in HOST SSH_KEY KNOWN_HOSTS CONTEXT GITHUB_ENV GITHUB_PATH; do
    [ -n "${!name:-}" ] || die "$name is empty: is the secret or the variable set for this environment?"
done
if ! [[ $HOST =~ ^[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9.:-]+$ ]]; then
    die "host is USER@NAME or USER@NAME:PORT, not $HOST"
fi

# The agent goes away with the runner; on a runner that stays, the key does after an hour.
start_agent() {
    eval "$(ssh-agent -s)" >/dev/null
    # A secret that was pasted on Windows has carriage returns.
    printf '%s\n' "$SSH_KEY" | tr -d '\r' | ssh-add -q -t 1h - ||
        die "ssh-key is not a private key without a passphrase"
    printf 'SSH_AUTH_SOCK=%s\n' "$SSH_AUTH_SOCK" >>"$GITHUB_ENV"
}

know_host() {
    local file=$HOME/.ssh/known_hosts line
    (umask 077 && mkdir -p "$HOME/.ssh")
    touch "$file"
    while IFS= read -r line; do
        [ -z "$line" ] || grep -qxF -- "$line" "$file" || printf '%s\n' "$line" >>"$file"
    done < <(printf '%s\n' "$KNOWN_HOSTS" | tr -d '\r')
}

make_context() {
    local verb=create
    docker context inspect "$CONTEXT" >/dev/null 2>&1 && verb=update
    docker context "$verb" "$CONTEXT" --docker "host=ssh://$HOST" >/dev/null
    docker --context "$CONTEXT" version --format '{{.Server.Version}}' >/dev/null ||
        die "no Docker Engine answers at $HOST: see above for ssh's words"
}

install_command() {
    local container bin=${RUNNER_TEMP:-/tmp}/pointsman-bin
    container=$(docker --context "$CONTEXT" ps --quiet --filter label=pointsman.role=server)
    [ -n "$container" ] || die "no container with the label pointsman.role=server runs on $HOST"
    [ "$(wc -w <<<"$container")" -eq 1 ] || die "several containers on $HOST have the label pointsman.role=server"
    mkdir -p "$bin"
    docker --context "$CONTEXT" cp "$container:/bin/pointsman" "$bin/pointsman" >/dev/null
    "$bin/pointsman" --version || die "the host's pointsman does not run here: the host is \
$(docker --context "$CONTEXT" version --format '{{.Server.Arch}}') and this runner $(uname -m); for arm64 take runs-on: ubuntu-24.04-arm"
    printf '%s\n' "$bin" >>"$GITHUB_PATH"
}

start_agent
know_host
make_context
install_command
