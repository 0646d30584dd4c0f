"""Runs the jobs of a workflow as GitHub's runner would: its steps, its environment, its outputs.

As much of the language as examples/github uses, and an error for the rest. Our own actions are run
from this checkout; those of others have a stand-in here.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import yaml

from expressions import fill, holds
from github import GitHub

ROOT = Path(__file__).resolve().parents[2]
OURS = "pointsman/pointsman/actions/"
REPOSITORY = "example/whoami"
# What GitHub makes of `shell: bash`, and of no shell at all.
SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], None: ["bash", "-e"]}


class Failed(Exception):
    """A step ended with an error."""


def read(workflow):
    return yaml.safe_load((ROOT / "examples" / "github" / workflow).read_text())


class Runner:
    """Of one event. `secrets` are those of each environment; `origin` is the app's repository."""

    def __init__(self, event_name, event, ref, sha, api, secrets, origin, actor="somebody"):
        self.github = {
            "event_name": event_name,
            "event": event,
            "token": GitHub.token,
            "repository": REPOSITORY,
            "actor": actor,
            "ref_name": ref.split("/", 2)[2],
        }
        self.ref, self.sha, self.api, self.secrets, self.origin = ref, sha, api, secrets, origin

    def jobs(self, workflow):
        """Those whose `if` holds."""
        jobs = read(workflow)["jobs"]
        return [name for name, spec in jobs.items() if holds(spec.get("if"), {"github": self.github})]

    def names(self, workflow, job, inputs=None):
        """The environment and the group of a job. The contexts are those that GitHub has there: no env."""
        spec = read(workflow)["jobs"][job]
        context = {"github": self.github, "inputs": inputs or {}}
        group = spec.get("concurrency", {}).get("group")
        return fill(spec.get("environment"), context), fill(group, context)

    def run(self, workflow, job, inputs=None, needs=None, changes=None):
        """Runs one job of a file; gives its outputs. `changes` are the lines that are the user's."""
        if job not in self.jobs(workflow):
            raise Failed(f"{workflow}: {job} does not run for this event")
        document = read(workflow)
        spec = document["jobs"][job]
        environment, _ = self.names(workflow, job, inputs)
        context = {
            "env": {**document.get("env", {}), **(changes or {})},
            "github": self.github,
            "secrets": self.secrets.get(environment, {}),
            "inputs": inputs or {},
            "needs": needs or {},
            "steps": {},
        }
        context["env"].update(fill(spec.get("env", {}), context))
        shell = document.get("defaults", {}).get("run", {}).get("shell")
        with tempfile.TemporaryDirectory() as folder:
            files = self.files(Path(folder))
            for step in spec["steps"]:
                self.step({"shell": shell, **step}, context, files)
        return fill(spec.get("outputs", {}), context)

    def files(self, folder):
        event = folder / "event.json"
        event.write_text(json.dumps(self.github["event"]))
        names = {name: folder / name for name in ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"]}
        for name in names.values():
            name.touch()
        (folder / "workspace").mkdir()
        return {**names, "GITHUB_EVENT_PATH": event, "RUNNER_TEMP": folder, "workspace": folder / "workspace"}

    def step(self, step, context, files):
        uses = step.get("uses", "")
        if uses.startswith("actions/checkout@"):
            self.origin.checkout(self.sha, files["workspace"], **step.get("with", {}))
            return
        if uses.startswith(OURS):
            outputs = self.action(uses[len(OURS) :].split("@")[0], fill(step.get("with", {}), context), context, files)
        else:
            outputs = self.shell(step, fill(step.get("env", {}), context), context, files)
        if "id" in step:
            context["steps"][step["id"]] = {"outputs": outputs}

    def action(self, name, given, context, files):
        folder = ROOT / "actions" / name
        spec = yaml.safe_load((folder / "action.yml").read_text())
        inputs = {}
        for key, about in spec.get("inputs", {}).items():
            if key not in given and about.get("required"):
                raise Failed(f"{name}: input {key} is missing")
            inputs[key] = given.get(key, fill(about.get("default", ""), context))
        unknown = set(given) - set(inputs)
        if unknown:
            raise Failed(f"{name}: no such input: {unknown}")
        inner = {"inputs": inputs, "steps": {}, "env": context["env"], "github": context["github"]}
        for step in spec["runs"]["steps"]:
            env = {**fill(step.get("env", {}), inner), "GITHUB_ACTION_PATH": str(folder)}
            outputs = self.shell(step, env, inner, files)
            if "id" in step:
                inner["steps"][step["id"]] = {"outputs": outputs}
        return {key: fill(about["value"], inner) for key, about in spec.get("outputs", {}).items()}

    def shell(self, step, env, context, files):
        output = files["RUNNER_TEMP"] / "GITHUB_OUTPUT"
        output.write_text("")
        script = files["RUNNER_TEMP"] / "script.sh"
        script.write_text(fill(step["run"], context))
        ran = subprocess.run(
            [*SHELLS[step.get("shell")], str(script)],
            cwd=files["workspace"], env=self.environment(env, context, files, output), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )
        print(ran.stdout, end="")
        if ran.returncode != 0:
            raise Failed(f"exit code {ran.returncode} of: {step['run']}\n{ran.stdout}")
        return outputs(output.read_text())

    def environment(self, env, context, files, output):
        path = files["GITHUB_PATH"].read_text().split()
        return {
            **os.environ,
            **{key: str(value) for key, value in context["env"].items()},
            **{name: str(path) for name, path in files.items() if name != "workspace"},
            "GITHUB_OUTPUT": str(output),
            "GITHUB_EVENT_NAME": self.github["event_name"],
            "GITHUB_REF": self.ref,
            "GITHUB_SHA": self.sha,
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": REPOSITORY,
            **dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines()),
            **{key: str(value) for key, value in env.items()},
            "PATH": ":".join([*reversed(path), os.environ["PATH"]]),
        }


def outputs(text):
    """`name=value` lines, and `name<<END` blocks."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        if "<<" in line:
            name, end = line.split("<<", 1)
            block = []
            for inner in lines:
                if inner == end:
                    break
                block.append(inner)
            found[name] = "\n".join(block)
        else:
            name, found[name] = line.split("=", 1)
    return found
