# A port of this machine's loopback that nobody has. Sourced by the scripts that start servers.

# shellcheck shell=bash

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
