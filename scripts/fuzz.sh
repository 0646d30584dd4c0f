#!/usr/bin/env bash
# Runs the fuzz targets one after the other, on the nightly compiler.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]      (default: 60 seconds each of labels, rules, encoder)
#
# Begins with what is under version control in fuzz/corpus, small inputs written by hand and an archive of those that
# reached new code in earlier runs, and adds to fuzz/found. An input that ends a target is written to fuzz/artifacts, and its
# exit code is the script's.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(labels rules encoder)

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    printf 'fuzz: cargo-fuzz is missing. Install it with: cargo install cargo-fuzz --locked\n' >&2
    printf 'fuzz: it needs a nightly compiler:            rustup toolchain install nightly\n' >&2
    exit 1
fi

for target in "${targets[@]}"; do
    printf '\n== fuzz %s, %s s\n' "$target" "$seconds"
    if [ ! -d "fuzz/found/$target" ]; then
        mkdir -p "fuzz/found/$target"
        [ ! -f "fuzz/corpus/$target.tar.gz" ] ||
            tar -C "fuzz/found/$target" -xzf "fuzz/corpus/$target.tar.gz"
    fi
    cargo +nightly fuzz run --sanitizer none "$target" "fuzz/found/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
