"""What needs no Engine: actions that name versions and list pull requests, and the tag of a major release."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from github import GitHub
from origin import NOBODY, Origin, git
from rules import COMMIT, expect
from runner import ROOT


def bash(script, **env):
    """Its exit code and what it says."""
    ran = subprocess.run(
        ["bash", str(script)] if isinstance(script, Path) else ["bash", *script],
        env={**os.environ, **NOBODY, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    return ran.returncode, ran.stdout.strip()


def versions():
    for ref, wanted in [
        ("refs/tags/v1.2.0", "v1.2.0"),
        ("refs/heads/main", COMMIT[:7]),
        ("refs/tags/vnext", None),
        ("refs/tags/team/v1", None),
        ("refs/tags/-v1", None),
        (f"refs/tags/v{'1' * 63}", None),
    ]:
        script = ROOT / "actions" / "version" / "version.sh"
        code, said = bash(script, GITHUB_EVENT_NAME="push", GITHUB_REF=ref, GITHUB_SHA=COMMIT)
        if wanted is None:
            expect(f"{ref} is refused", (code, said.startswith("::error::the tag")), (1, True))
        else:
            expect(f"the version of {ref}", (code, said), (0, f"version={wanted}"))


def pulls():
    github = GitHub()
    script = ROOT / "actions" / "pulls" / "pulls.sh"
    env = {"TOKEN": github.token, "GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": "example/whoami"}
    for count in [0, 1, 99, 100, 101, 250]:
        github.open = list(range(1, count + 1))
        expect(f"{count} open pull requests", bash(script, **env), (0, "open=" + ",".join(map(str, github.open))))
    # One of the first page is closed meanwhile, so that 101 moves there.
    github.closes = 7
    left = ",".join(str(number) for number in github.open if number != 7)
    expect("one is closed meanwhile", bash(script, **env), (0, f"open={left}"))
    github.is_down = True
    code, said = bash(script, **env)
    expect("GitHub is down", (code != 0, "open=" in said), (True, False))
    github.is_down = False
    code, said = bash(script, **{**env, "TOKEN": "another"})
    expect("the token is not taken", (code != 0, "open=" in said), (True, False))


def major():
    with tempfile.TemporaryDirectory() as folder:
        work, scripts = Path(folder) / "work", Path(folder) / "work" / "scripts"
        scripts.mkdir(parents=True)
        for name in ["release.sh", "release-flags.sh"]:
            shutil.copy(ROOT / "scripts" / name, scripts / name)
        repository = Origin(work)
        git(folder, "init", "--quiet", "--bare", "origin.git")
        git(work, "remote", "add", "origin", f"file://{folder}/origin.git")
        for tag, moves in [("v0.9.0", True), ("v0.10.0", True), ("v0.9.1", False), ("v0.11.0-rc.1", False), ("v1.0.0", True)]:
            commit = repository.commit(tag)
            repository.tag(tag)
            git(work, "push", "--quiet", "origin", "main", tag)
            code, said = bash([str(scripts / "release.sh"), "major", tag])
            expect(f"{tag}: {said}", code, 0)
            now = git(work, "ls-remote", "origin", f"refs/tags/{tag.split('.')[0]}").split()
            expect(f"{tag.split('.')[0]} moves to {tag}", now[:1] == [commit], moves)


versions()
pulls()
major()
print("workflows: versions, pull requests and the major tag are as they should be")
