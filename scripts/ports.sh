# A port of this machine's loopback that nobody has, below those that the kernel gives to whoever names none: nobody gets
# it by chance before the server that is told to listen there. Sourced by the scripts that start servers.

# shellcheck shell=bash

free_port() {
    local port
    while port=$((10000 + RANDOM % 22000)); do
        # a server would answer
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf '%s\n' "$port"
}
