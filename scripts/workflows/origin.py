"""The app's repository, and what actions/checkout does with it."""

import os
import subprocess

NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "nobody",
    "GIT_AUTHOR_EMAIL": "nobody@example.com",
    "GIT_COMMITTER_NAME": "nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.com",
}


def git(folder, *args):
    ran = subprocess.run(
        ["git", "-C", str(folder), *args], env={**os.environ, **NOBODY}, check=True,
        stdout=subprocess.PIPE, text=True,
    )
    return ran.stdout.strip()


class Origin:
    """A repository in `folder`, whose files are the user's."""

    def __init__(self, folder):
        self.folder = folder
        git(folder, "init", "--quiet", "--initial-branch", "main")
        # As GitHub does.
        git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")

    def commit(self, what):
        """Everything as it is now; gives the commit."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", what)
        return git(self.folder, "rev-parse", "HEAD")

    def tag(self, name):
        git(self.folder, "tag", name)

    def checkout(self, commit, workspace, **options):
        """One commit alone, or with `fetch-depth: 0` all branches and tags."""
        depth = options.pop("fetch-depth", 1)
        if options:
            raise ValueError(f"this checkout does not know {options}")
        git(workspace, "init", "--quiet")
        git(workspace, "remote", "add", "origin", f"file://{self.folder}")
        if depth:
            git(workspace, "fetch", "--quiet", "--no-tags", f"--depth={depth}", "origin", commit)
        else:
            git(workspace, "fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
        git(workspace, "checkout", "--quiet", "--detach", commit)
