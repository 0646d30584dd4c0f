"""Runs the jobs of a workflow as GitHub's runner would: its steps, its environment, its outputs.

As much of the language as examples/github uses, and an error for the rest. Our own actions are run
from this checkout; checking out is copying a folder.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
OURS = "pointsman/pointsman/actions/"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Failed(Exception):
    """A step ended with an error."""


class Runner:
    def __init__(self, event_name, event, ref, sha, api, secrets, work):
        self.github = {"event_name": event_name, "event": event, "token": "token-of-the-run"}
        self.ref, self.sha, self.api, self.secrets, self.work = ref, sha, api, secrets, work

    def run(self, workflow, job, inputs=None, needs=None, changes=None):
        """Runs one job of a file; gives its outputs. `changes` are the lines that are the user's."""
        text = (ROOT / "examples" / "github" / workflow).read_text()
        document = yaml.safe_load(text)
        spec = document["jobs"][job]
        context = {
            "env": {**document.get("env", {}), **(changes or {})},
            "github": self.github,
            "secrets": self.secrets,
            "inputs": inputs or {},
            "needs": needs or {},
            "steps": {},
        }
        context["env"].update(fill(spec.get("env", {}), context))
        with tempfile.TemporaryDirectory() as folder:
            files = self.files(Path(folder))
            for step in spec["steps"]:
                self.step(step, context, files)
        return fill(spec.get("outputs", {}), context)

    def files(self, folder):
        event = folder / "event.json"
        event.write_text(json.dumps(self.github["event"]))
        names = {name: folder / name for name in ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"]}
        for name in names.values():
            name.touch()
        return {**names, "GITHUB_EVENT_PATH": event, "RUNNER_TEMP": folder, "workspace": folder / "workspace"}

    def step(self, step, context, files):
        uses = step.get("uses", "")
        if uses.startswith("actions/checkout@"):
            shutil.copytree(self.work, files["workspace"])
            return
        if uses.startswith(OURS):
            outputs = self.action(uses[len(OURS) :].split("@")[0], fill(step.get("with", {}), context), context, files)
        else:
            outputs = self.shell(step["run"], fill(step.get("env", {}), context), context, files)
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
            outputs = self.shell(step["run"], env, inner, files)
            if "id" in step:
                inner["steps"][step["id"]] = {"outputs": outputs}
        return {key: fill(about["value"], inner) for key, about in spec.get("outputs", {}).items()}

    def shell(self, script, env, context, files):
        files["workspace"].mkdir(exist_ok=True)
        output = files["RUNNER_TEMP"] / "GITHUB_OUTPUT"
        output.write_text("")
        all_env = {
            **os.environ,
            **{key: str(value) for key, value in context["env"].items()},
            **{name: str(path) for name, path in files.items() if name != "workspace"},
            "GITHUB_OUTPUT": str(output),
            "GITHUB_EVENT_NAME": self.github["event_name"],
            "GITHUB_REF": self.ref,
            "GITHUB_SHA": self.sha,
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": "example/whoami",
            **dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines()),
            **{key: str(value) for key, value in env.items()},
        }
        path = files["GITHUB_PATH"].read_text().split()
        all_env["PATH"] = ":".join([*reversed(path), os.environ["PATH"]])
        # what GitHub runs for `shell: bash`, and for no shell but the -o pipefail
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", fill(script, context)],
            cwd=files["workspace"], env=all_env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )
        print(ran.stdout, end="")
        if ran.returncode != 0:
            raise Failed(f"exit code {ran.returncode} of: {script}\n{ran.stdout}")
        return outputs(output.read_text())


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


def fill(value, context):
    """Puts in what the expressions of a value stand for."""
    if isinstance(value, dict):
        return {key: fill(inner, context) for key, inner in value.items()}
    if not isinstance(value, str):
        return value
    return EXPRESSION.sub(lambda found: str(look_up(found.group(1), context)), value)


def look_up(path, context):
    """`a.b.c`; whoever writes more than that must teach it here."""
    if not re.fullmatch(r"[a-zA-Z_][\w.-]*", path):
        raise Failed(f"this runner does not know the expression {path!r}")
    value = context
    for part in path.split("."):
        if part not in value:
            raise Failed(f"{path}: there is no {part}")
        value = value[part]
    return value
