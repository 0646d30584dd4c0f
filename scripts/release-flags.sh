# What rustc is told for a Linux binary that gets shipped, beside cargo's profile. Sourced by images.sh, release.sh and bench.sh.

# shellcheck shell=bash

# linux_flags PROFILE: RUSTFLAGS, with what is in them already.
linux_flags() {
    local flags=${RUSTFLAGS:-}
    # None of them twice: cargo would build everything anew for other flags.
    # Static, C library included: the image holds nothing else.
    case $flags in
    *+crt-static*) ;;
    *) flags="$flags -C target-feature=+crt-static" ;;
    esac
    # Relocations packed: 0.4 MB less. What runs on the machine that links it has to know them: glibc from 2.36 on does.
    case $1:$flags in
    release:*pack-relative-relocs*) ;;
    release:*) flags="$flags -C link-arg=-Wl,-z,pack-relative-relocs" ;;
    esac
    printf '%s' "$flags"
}
