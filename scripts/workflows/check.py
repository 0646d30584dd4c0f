"""Goes through the workflows of examples/github against a real Engine, Traefik and Pointsman.

Started by scripts/workflows.sh, which says by environment where they are.
"""

import os
import subprocess
import sys
from pathlib import Path

from github import GitHub
from origin import Origin
from runner import Failed, Runner

APP = "flow"
PORT = os.environ["WORKFLOWS_PORT"]
CHANGES = {
    "APP": APP,
    "HOST": os.environ["WORKFLOWS_HOST"],
    "KNOWN_HOSTS": os.environ["WORKFLOWS_KNOWN_HOSTS"],
    "HEALTH": "/version",
}
KEY = {"POINTSMAN_SSH_KEY": Path(os.environ["WORKFLOWS_KEY"]).read_text()}
# Of each environment, as docs/ci.md has them; the repository has none.
SECRETS = {name: KEY for name in ["preview", "staging", "production-stage", "production", "production-rollback"]}
FILES = Path(os.environ["WORKFLOWS_APP"])
github = GitHub()
origin = Origin(FILES)
first = origin.commit("the app")


def runner(name, event, ref="refs/heads/main", sha=first):
    return Runner(name, event, ref, sha, github.url, SECRETS, origin)


def pull(action, number):
    same = {"repo": {"full_name": "example/whoami"}, "sha": first}
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


def refused(what, act, why):
    try:
        act()
    except Failed as error:
        if why not in str(error):
            sys.exit(f"workflows: {what} should have failed, with {why!r}, and says: {error}")
        print(f"   refused, as it should be: {str(error).splitlines()[0]}")
        return
    sys.exit(f"workflows: {what} should have failed")


def previews():
    preview = f"pr-17-{APP}.dev.localhost"
    say("pull request 17 is opened, pushed to, and closed")
    pull("opened", 17).run("preview.yml", "deploy", changes=CHANGES)
    answers(preview, "pr-17")
    pull("synchronize", 17).run("preview.yml", "deploy", changes=CHANGES)
    if len(github.comments) != 1 or preview not in github.comments[0]["body"]:
        sys.exit(f"workflows: one comment with the URL: {github.comments}")
    pull("closed", 17).run("preview.yml", "remove", changes=CHANGES)
    answers(preview, None)
    if "is removed" not in github.comments[0]["body"]:
        sys.exit(f"workflows: the comment says it: {github.comments}")
    say("that run once more, and one is closed that never had a preview")
    for number in [17, 20]:
        pull("closed", number).run("preview.yml", "remove", changes=CHANGES)


def sweeps():
    def sweep(**more):
        runner("schedule", {}).run("preview.yml", "sweep", changes={**CHANGES, **more})

    for number in [18, 19]:
        pull("opened", number).run("preview.yml", "deploy", changes=CHANGES)
    say("GitHub does not answer: nothing goes")
    github.is_down = True
    refused("a sweep that does not know what is open", sweep, "pulls.sh")
    github.is_down = False
    for number in [18, 19]:
        answers(f"pr-{number}-{APP}.dev.localhost", f"pr-{number}")
    say("the event of a closed pull request was missed, and more are open than GitHub lists at once")
    github.open = [*range(1000, 1150), 19]
    sweep()
    answers(f"pr-18-{APP}.dev.localhost", None)
    answers(f"pr-19-{APP}.dev.localhost", "pr-19")
    say("an env without the rule pull_requests")
    refused("it", lambda: sweep(ENV="staging"), "pull_requests")
    say("none is open any more")
    github.open = []
    sweep()
    answers(f"pr-19-{APP}.dev.localhost", None)


def main_branch():
    def push(commit):
        runner("push", {}, sha=commit).run("staging.yml", "staging", changes=CHANGES)

    say("a push to main")
    push(first)
    answers(f"{APP}.staging.localhost", first[:7])
    say("the same run once more: nothing is left to do, and it does not switch back")
    push(first)
    answers(f"{APP}.staging.localhost", first[:7])
    say("another push, and then the first run once more")
    second = origin.commit("a change")
    push(second)
    refused("an old run", lambda: push(first), f"is at {second} by now")
    answers(f"{APP}.staging.localhost", second[:7])
    return second


def release(version):
    commit = origin.commit(version)
    origin.tag(version)
    tagged = runner("push", {}, f"refs/tags/{version}", commit)
    # Once more, as after a run that was cancelled behind this job.
    for _ in range(2):
        outputs = tagged.run("release.yml", "stage", changes=CHANGES)
    answers(f"vnext-{APP}.prod.localhost", version)
    needs = {"stage": {"outputs": outputs}}
    return lambda: tagged.run("release.yml", "switch", needs=needs, changes=CHANGES)


def releases():
    say("v1.0.0 is released, and approved")
    approve = release("v1.0.0")
    answers(f"{APP}.prod.localhost", None)
    approve()
    answers(f"{APP}.prod.localhost", "v1.0.0")
    say("v1.1.0 is released, and waits for approval while v1.2.0 is")
    approve_old, approve = release("v1.1.0"), release("v1.2.0")
    refused("what is not staged any more", approve_old, "exit code 3")
    answers(f"{APP}.prod.localhost", "v1.0.0")
    approve()
    answers(f"{APP}.prod.localhost", "v1.2.0")
    say("that run once more: nothing is left to do")
    approve()
    refused("what was never live", approve_old, "exit code 3")
    answers(f"{APP}.prod.localhost", "v1.2.0")


def by_hand(staged):
    def press():
        inputs = {"environment": "prod", "version": "v1.2.0"}
        runner("workflow_dispatch", {}).run("rollback.yml", "rollback", inputs=inputs, changes=CHANGES)

    def promote(version):
        inputs = {"environment": "prod", "version": version, "from": "staging"}
        runner("workflow_dispatch", {}, sha=newest).run("promote.yml", "promote", inputs=inputs, changes=CHANGES)

    say("the button, twice: back, once")
    press()
    answers(f"{APP}.prod.localhost", "v1.0.0")
    refused("the second time", press, "exit code 3")
    answers(f"{APP}.prod.localhost", "v1.0.0")
    say("what is in staging goes to prod by hand, with its own compose file and not the newest")
    (FILES / "compose.yaml").write_text("services: {}\n")
    newest = origin.commit("nothing is left of it")
    promote(staged[:7])
    answers(f"{APP}.prod.localhost", staged[:7])
    refused("no commit", lambda: promote("pr-19"), "neither a tag nor a commit")


previews()
sweeps()
staged = main_branch()
releases()
by_hand(staged)
print("\nall workflows went through")
