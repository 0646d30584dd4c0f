"""Goes through the workflows of examples/github against a real Engine, Traefik and Pointsman.

Started by scripts/workflows.sh, which says by environment where they are.
"""

import os
import subprocess
import sys
from pathlib import Path

from github import GitHub
from runner import Failed, Runner

APP = "flow"
PORT = os.environ["WORKFLOWS_PORT"]
CHANGES = {"APP": APP, "HOST": os.environ["WORKFLOWS_HOST"], "KNOWN_HOSTS": os.environ["WORKFLOWS_KNOWN_HOSTS"]}
SECRETS = {"POINTSMAN_SSH_KEY": Path(os.environ["WORKFLOWS_KEY"]).read_text()}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
github = GitHub()


def runner(name, event, ref="refs/heads/main", sha=COMMIT):
    return Runner(name, event, ref, sha, github.url, SECRETS, Path(os.environ["WORKFLOWS_APP"]))


def pull(action, number):
    same = {"repo": {"full_name": "example/whoami"}, "sha": COMMIT}
    event = {"action": action, "pull_request": {"number": number, "head": same}, "repository": {}}
    return runner("pull_request", event, f"refs/pull/{number}/merge")


def say(what):
    print(f"\n-- {what}", flush=True)


def answers(host, version):
    """One request, now; `None` for a host that nobody answers for."""
    ran = subprocess.run(
        ["curl", "--silent", "--max-time", "5", "--write-out", " %{http_code}", "--header",
         f"Host: {host}", f"http://127.0.0.1:{PORT}/version"],
        stdout=subprocess.PIPE, text=True, check=True,
    )
    body, status = ran.stdout.rsplit(" ", 1)
    expected = "404" if version is None else "200"
    if status != expected or (version is not None and body.strip() != version):
        sys.exit(f"workflows: {host} should answer {version} and says {ran.stdout!r}")
    print(f"   {host} -> {version}", flush=True)


def refused(what, act):
    try:
        act()
    except Failed as error:
        print(f"   refused, as it should be: {str(error).splitlines()[0]}")
        return
    sys.exit(f"workflows: {what} should have failed")


def previews():
    say("pull request 17 is opened, pushed to, and closed")
    pull("opened", 17).run("preview.yml", "deploy", changes=CHANGES)
    answers(f"pr-17-{APP}.dev.localhost", "pr-17")
    pull("synchronize", 17).run("preview.yml", "deploy", changes=CHANGES)
    if len(github.comments) != 1 or f"pr-17-{APP}.dev.localhost" not in github.comments[0]["body"]:
        sys.exit(f"workflows: one comment with the URL: {github.comments}")
    pull("closed", 17).run("preview.yml", "remove", changes=CHANGES)
    answers(f"pr-17-{APP}.dev.localhost", None)
    if "is removed" not in github.comments[0]["body"]:
        sys.exit(f"workflows: the comment says it: {github.comments}")

    say("the event of a closed pull request was missed")
    for number in [18, 19]:
        pull("opened", number).run("preview.yml", "deploy", changes=CHANGES)
    github.open = [19]
    runner("schedule", {}).run("preview.yml", "sweep", changes=CHANGES)
    answers(f"pr-18-{APP}.dev.localhost", None)
    answers(f"pr-19-{APP}.dev.localhost", "pr-19")


def main_branch():
    say("a push to main")
    runner("push", {}).run("staging.yml", "staging", changes=CHANGES)
    answers(f"{APP}.staging.localhost", COMMIT[:7])
    say("the same run once more: it does not switch back")
    refused("a repeated run", lambda: runner("push", {}).run("staging.yml", "staging", changes=CHANGES))
    answers(f"{APP}.staging.localhost", COMMIT[:7])


def release(version):
    tagged = runner("push", {}, f"refs/tags/{version}")
    outputs = tagged.run("release.yml", "stage", changes=CHANGES)
    answers(f"vnext-{APP}.prod.localhost", version)
    return tagged, {"stage": {"outputs": outputs}}


def releases():
    say("v1.0.0 is released, and approved")
    tagged, needs = release("v1.0.0")
    answers(f"{APP}.prod.localhost", None)
    tagged.run("release.yml", "switch", needs=needs, changes=CHANGES)
    answers(f"{APP}.prod.localhost", "v1.0.0")
    say("v1.1.0 is released, and waits for approval")
    tagged, needs = release("v1.1.0")
    answers(f"{APP}.prod.localhost", "v1.0.0")
    tagged.run("release.yml", "switch", needs=needs, changes=CHANGES)
    answers(f"{APP}.prod.localhost", "v1.1.0")


def by_hand():
    say("the button: back")
    inputs = {"environment": "prod"}
    runner("workflow_dispatch", {}).run("rollback.yml", "rollback", inputs=inputs, changes=CHANGES)
    answers(f"{APP}.prod.localhost", "v1.0.0")
    say("what is in staging goes to prod by hand")
    inputs = {"environment": "prod", "version": COMMIT[:7], "from": "staging"}
    runner("workflow_dispatch", {}).run("promote.yml", "promote", inputs=inputs, changes=CHANGES)
    answers(f"{APP}.prod.localhost", COMMIT[:7])


previews()
main_branch()
releases()
by_hand()
print("\nall workflows went through")
