#!/usr/bin/env bash
# Prints "open=17,18": the numbers of all open pull requests. What it cannot be sure of is an
# error: whoever is not in the list loses a preview.
#
# Takes TOKEN, and the runner's GITHUB_API_URL and GITHUB_REPOSITORY from the environment.
set -euo pipefail
shopt -s inherit_errexit # in $(...), too

url=${GITHUB_API_URL:?}/repos/${GITHUB_REPOSITORY:?}/pulls
most=100 # that GitHub puts on a page

# One number a line.
read_pages() {
    local page=1 numbers
    while :; do
        numbers=$(curl --silent --show-error --fail --retry 2 --header "Authorization: Bearer ${TOKEN:?}" \
            "$url?state=open&sort=created&direction=asc&per_page=$most&page=$page" |
            jq --slurp 'if length == 1 then .[0][].number else error("this is no list") end')
        [ -z "$numbers" ] || printf '%s\n' "$numbers"
        [ "$(wc -w <<<"$numbers")" -eq "$most" ] || return 0
        page=$((page + 1))
    done
}

# One that is closed meanwhile moves others to an earlier page, where nobody looks any more: so read
# until two readings are the same.
before=unread
for _ in 1 2 3 4 5; do
    now=$(read_pages)
    if [ "$now" = "$before" ]; then
        printf 'open=%s\n' "$(paste -sd , - <<<"$now")"
        exit 0
    fi
    before=$now
done
printf '::error::the list of open pull requests changes faster than it can be read\n' >&2
exit 1
