#!/usr/bin/env bash
# Prints "version=NAME" for the commit that the workflow runs for: the tag, else pr-NUMBER
# of a pull request, else the first seven digits of the commit.
set -euo pipefail

name() {
    case ${GITHUB_EVENT_NAME:?}:${GITHUB_REF:?} in
    pull_request*)
        jq --raw-output '"pr-\(.pull_request.number)"' "${GITHUB_EVENT_PATH:?}"
        ;;
    *:refs/tags/*)
        printf '%s\n' "${GITHUB_REF#refs/tags/}"
        ;;
    *)
        printf '%.7s\n' "${GITHUB_SHA:?}"
        ;;
    esac
}

refuse() {
    printf '::error::the tag %s is no name of a version: %s\n' "$version" "$1" >&2
    exit 1
}

version=$(name)
case $version in
vnext) refuse 'vnext-APP.DOMAIN is the host of what is staged; take another tag' ;;
[A-Za-z0-9]*) ;;
*) refuse 'it begins with a letter or a digit' ;;
esac
if [ "${#version}" -gt 63 ] || [ -n "${version//[A-Za-z0-9._+-]/}" ]; then
    refuse '1 to 63 letters, digits or any of . _ + -'
fi
printf 'version=%s\n' "$version"
