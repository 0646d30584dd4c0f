"""What the workflows of examples/github promise and can be read from them: who runs when, in which
environment, and who waits for whom.
"""

import sys

from expressions import Unknown, evaluate
from runner import ROOT, Runner, read

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WORKFLOWS = sorted(path.name for path in (ROOT / "examples" / "github").glob("*.yml"))
DOCUMENT = (ROOT / "docs" / "ci.md").read_text()
OURS, FORK = "example/whoami", "stranger/whoami"
# Who has to approve, by docs/ci.md.
APPROVED = "production"


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"workflows: {what}: {found!r}, and it should be {wanted!r}")


def runner(event_name, event=None, ref="refs/heads/main", **more):
    return Runner(event_name, event or {}, ref, COMMIT, "", {}, None, **more)


def pull(action, repository=OURS, **more):
    head = {"repo": {"full_name": repository}, "sha": COMMIT}
    return runner("pull_request", {"action": action, "pull_request": {"number": 17, "head": head}}, "refs/pull/17/merge", **more)


def the_reader():
    context = {"github": {"event": {}, "actor": "me"}}
    for text, wanted in [
        ("github.actor == 'me' && 'a' || 'b'", "a"),
        ("github.actor != 'me' && 'a' || 'b'", "b"),
        ("!(github.actor == 'me') || github.event.pull_request.number == '1'", False),
        ("github.event.action == 'closed'", False),
        ("'it''s'", "it's"),
    ]:
        expect(text, evaluate(text, context), wanted)
    for wrong in ["github.aktor", "1 < 2", "github.actor ==", "('a'", "'a' 'b'"]:
        try:
            found = evaluate(wrong, context)
        except Unknown:
            continue
        sys.exit(f"workflows: {wrong} should not be understood, and is {found!r}")


def who_runs():
    for what, event, wanted in [
        ("a pull request", pull("opened"), ["deploy"]),
        ("a push to it", pull("synchronize"), ["deploy"]),
        ("its end", pull("closed"), ["remove"]),
        ("one of a fork", pull("opened", FORK), []),
        ("the end of one of a fork", pull("closed", FORK), []),
        ("one of Dependabot", pull("opened", actor="dependabot[bot]"), []),
        ("the end of one of Dependabot", pull("closed", actor="dependabot[bot]"), []),
        ("the night", runner("schedule"), ["sweep"]),
        ("the button", runner("workflow_dispatch"), ["sweep"]),
    ]:
        expect(f"what runs for {what}", event.jobs("preview.yml"), wanted)


def names(workflow, job, version="v1.0.0", environment="prod"):
    inputs = {"version": version, "environment": environment}
    event = pull("opened") if workflow == "preview.yml" else runner("push", ref=f"refs/tags/{version}")
    return event.names(workflow, job, inputs)


def where():
    """One secret for each of these; docs/ci.md has them as a table."""
    for workflow, job, environment, wanted in [
        ("preview.yml", "deploy", None, "preview"),
        ("preview.yml", "remove", None, "preview"),
        ("preview.yml", "sweep", None, "preview"),
        ("staging.yml", "staging", None, "staging"),
        ("release.yml", "stage", None, "production-stage"),
        ("release.yml", "switch", None, APPROVED),
        ("promote.yml", "promote", "prod", APPROVED),
        ("promote.yml", "promote", "staging", "staging"),
        ("rollback.yml", "rollback", "prod", "production-rollback"),
        ("rollback.yml", "rollback", "staging", "staging"),
    ]:
        found, _ = names(workflow, job, environment=environment)
        expect(f"the environment of {workflow} {job} ({environment})", found, wanted)
        expect(f"docs/ci.md has a row for {found}", f"\n| `{found}` |" in DOCUMENT, True)


def who_waits():
    for workflow in WORKFLOWS:
        document = read(workflow)
        app = document["env"]["APP"]
        expect(f"a group of all of {workflow}, held while a job waits", document.get("concurrency"), None)
        for job in document["jobs"]:
            environment, group = names(workflow, job)
            if group is not None:
                expect(f"{workflow} {job}: its group {group} begins with the app", group.split("-")[0], app)
            if environment == APPROVED and group is not None:
                _, other = names(workflow, job, version="v1.1.0")
                expect(f"{workflow} {job} holds up other versions while it waits for approval", group != other, True)


def how():
    """No failure in a pipe is overheard, and who has the key names an environment."""
    for workflow in WORKFLOWS:
        document = read(workflow)
        expect(f"the shell of {workflow}", document.get("defaults"), {"run": {"shell": "bash"}})
        for job, spec in document["jobs"].items():
            if "secrets." in str(spec["steps"]):
                expect(f"{workflow} {job} names an environment", "environment" in spec, True)


def main():
    the_reader()
    who_runs()
    where()
    who_waits()
    how()
    print("workflows: who runs, where, and who waits for whom is as docs/ci.md says")


if __name__ == "__main__":
    main()
