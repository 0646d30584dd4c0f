# A Docker host that is reached over ssh, on this machine: a second Engine in a network
# namespace of its own, and a real sshd on loopback. Sourced by newcomer.sh, never run.
#
#   remote_start FOLDER    starts both and makes the docker context "newcomer"
#   remote_stop FOLDER     ends both, and removes what they have made
#   remote_curl ARG...     curl on that host: its published ports are on its own loopback

# shellcheck shell=bash

REMOTE_NETNS=pointsman-newcomer
REMOTE_WAIT=30 # seconds

# What the test of it needs beside the rest: root, for namespaces and a second dockerd.
remote_missing() {
    [ "$(id -u)" = 0 ] || { printf 'root'; return; }
    command -v sshd >/dev/null || { printf 'sshd (Debian: openssh-server)'; return; }
    command -v ssh >/dev/null || { printf 'ssh (Debian: openssh-client)'; return; }
}

remote_within() { nsenter --net="/run/netns/$REMOTE_NETNS" "$@"; }

remote_curl() { remote_within curl "$@"; }

# wait_for WHAT COMMAND...: until it succeeds.
remote_wait_for() {
    local what=$1 deadline=$((SECONDS + REMOTE_WAIT))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || { printf 'remote: %s\n' "$what" >&2; return 1; }
        sleep 0.1
    done
}

remote_dockerd() {
    local folder=$1
    mkdir -p "$folder/engine"
    # nsenter, not "ip netns exec": that would hide the cgroups below /sys.
    remote_within dockerd --data-root "$folder/engine/data" --exec-root "$folder/engine/exec" \
        --pidfile "$folder/engine/pid" --host "unix://$folder/engine/docker.sock" \
        --containerd-namespace "$REMOTE_NETNS" --containerd-plugins-namespace "$REMOTE_NETNS-plugins" \
        >"$folder/engine/log" 2>&1 &
    remote_wait_for "the second dockerd does not answer: $folder/engine/log" \
        docker --host "unix://$folder/engine/docker.sock" version
}

remote_sshd() {
    local folder=$1 port=$2 ssh=$1/ssh
    mkdir -p "$ssh" /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f "$ssh/host"
    ssh-keygen -q -t ed25519 -N '' -f "$ssh/user"
    cp "$ssh/user.pub" "$ssh/authorized"
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 "$ssh/host.pub")" >"$ssh/known"
    printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $ssh/host" "PidFile $ssh/pid" \
        "AuthorizedKeysFile $ssh/authorized" 'StrictModes no' 'PasswordAuthentication no' 'UsePAM no' \
        'PermitRootLogin prohibit-password' 'MaxStartups 100' "SetEnv PATH=$PATH" >"$ssh/sshd_config"
    printf '%s\n' "IdentityFile $ssh/user" 'IdentitiesOnly yes' "UserKnownHostsFile $ssh/known" >"$ssh/config"
    # docker calls the ssh that it finds first
    printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$ssh/config" >"$folder/bin/ssh"
    chmod +x "$folder/bin/ssh"
    "$(command -v sshd)" -D -e -f "$ssh/sshd_config" >"$ssh/log" 2>&1 &
    remote_wait_for "sshd does not answer: $ssh/log" "$folder/bin/ssh" -p "$port" 127.0.0.1 true
}

remote_start() {
    local folder=$1 port=$2
    remote_stop "$folder"
    ip netns add "$REMOTE_NETNS"
    remote_within ip link set lo up
    remote_dockerd "$folder"
    remote_sshd "$folder" "$port"
    docker context create newcomer \
        --docker "host=ssh://root@127.0.0.1:$port$folder/engine/docker.sock" >/dev/null
}

remote_stop() {
    local folder=$1 pid file
    for file in "$folder/ssh/pid" "$folder/engine/pid"; do
        pid=$(cat "$file" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || true
        remote_wait_for "process $pid does not end" test ! -d "/proc/$pid" || true
    done
    ip netns delete "$REMOTE_NETNS" 2>/dev/null || true
    awk -v folder="$folder/engine/" 'index($2, folder) == 1 { print $2 }' /proc/mounts |
        xargs --no-run-if-empty umount --lazy
}
