#!/usr/bin/env bash
# Writes one comment of a pull request, or rewrites the one that was written before. It is
# found again by a mark that readers do not see.
#
# Takes KEY, BODY and TOKEN, and the runner's GITHUB_API_URL, GITHUB_REPOSITORY and
# GITHUB_EVENT_PATH from the environment.
set -euo pipefail
shopt -s inherit_errexit # in $(...), too

number=$(jq --exit-status .pull_request.number "${GITHUB_EVENT_PATH:?}") || {
    printf '::error::this is no event of a pull request\n'
    exit 1
}
base=${GITHUB_API_URL:?}/repos/${GITHUB_REPOSITORY:?}/issues
mark="<!-- pointsman ${KEY:?} -->"

api() {
    local method=$1 url=$2
    shift 2
    curl --silent --show-error --fail-with-body --retry 2 --request "$method" \
        --header "Authorization: Bearer ${TOKEN:?}" \
        --header "Accept: application/vnd.github+json" "$@" "$url"
}

# The id of the comment with the mark, if there is one on the first ten pages.
written() {
    local page found comments
    for page in 1 2 3 4 5 6 7 8 9 10; do
        comments=$(api GET "$base/$number/comments?per_page=100&page=$page")
        found=$(jq --arg mark "$mark" 'map(select(.body | startswith($mark)))[0].id // empty' <<<"$comments")
        if [ -n "$found" ] || [ "$(jq length <<<"$comments")" -lt 100 ]; then
            printf '%s' "$found"
            return
        fi
    done
}

text=$(jq --null-input --arg mark "$mark" --arg body "${BODY:?}" '{body: "\($mark)\n\($body)"}')
id=$(written)
if [ -n "$id" ]; then
    api PATCH "$base/comments/$id" --data "$text" >/dev/null
    printf 'comment %s of #%s rewritten\n' "$id" "$number"
else
    api POST "$base/$number/comments" --data "$text" >/dev/null
    printf 'commented on #%s\n' "$number"
fi
