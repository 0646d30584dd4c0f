"""The command blocks of the documents, as scripts to be run.

    blocks.py list PAGE...         one line for each block: PAGE:LINE, and what is done with it
    blocks.py write FOLDER PAGE    writes FOLDER/NN.sh for each block that is to be run
    blocks.py write FOLDER PAGE SCRIPT     for each that is not run because that script does it

A block is what stands between ```sh and ```; what is fenced without a language or indented; and ```text with
a line that begins as a command does. A comment before it says what is special:

    <!-- not run: why -->          it is not run
    <!-- exits 6 -->               its last command ends with that code; also: exits 0 or 6
    <!-- exits 5, after damage --> the same, and a function of worlds.sh is run before it
"""

import re
import sys
from pathlib import Path
from textwrap import dedent

FENCE = re.compile(r"^ {0,3}```(?P<language>[\w-]*)")
NOTE = re.compile(r"<!-- (.*) -->")
INDENTED = re.compile(r"^ {4,}\S")
ITEM = re.compile(r"^\s*([*+-]|\d+\.) ")
SHELL = ("", "sh", "bash", "console", "shell")
COMMAND = re.compile(r"^(\$ )?(sudo )?(pointsman|docker|curl|make|mise|traefik|jq|cargo) \S", re.MULTILINE)
# What goes on until it is interrupted.
FOLLOWS = re.compile(r"^(pointsman events\b|pointsman status\b.*--watch|curl -\w*N)")


class Block:
    def __init__(self, page, line, note, text):
        self.where = f"{page}:{line}"
        self.text = text
        self.why_not = note.removeprefix("not run:").strip() if note.startswith("not run:") else None
        codes = re.search(r"\bexits (\d+(?: or \d+)*)", note)
        self.codes = codes[1] if codes else "0"
        first = re.search(r"\bafter (\w+)", note)
        self.first = first[1] if first and self.why_not is None else "-"

    def is_for(self, script=None):
        if script is None or self.why_not is None:
            return script is None and self.why_not is None
        return self.why_not.startswith(f"{script} ")

    def script(self):
        lines = [f"follow {line}" if FOLLOWS.match(line) else line for line in self.text.splitlines()]
        return f"# {self.where} after {self.first} exits {self.codes}\n" + "\n".join(lines) + "\n"


def is_commands(language, text):
    return language in SHELL or (language == "text" and bool(COMMAND.search(text)))


def end_of(lines, at, is_inside):
    while at < len(lines) and is_inside(lines[at]):
        at += 1
    return at


def blocks(page):
    lines = Path(page).read_text(encoding="utf-8").splitlines()
    at, note, in_list = 0, "", False
    while at < len(lines):
        line, begin = lines[at], at + 1
        fence = FENCE.match(line)
        if fence or (INDENTED.match(line) and not in_list and not lines[at - 1].strip()):
            if fence:
                end = end_of(lines, begin, lambda inner: inner.strip() != "```")
                text, at = lines[begin:end], end + 1
            else:
                at = end_of(lines, at, INDENTED.match)
                text = lines[begin - 1 : at]
            text = dedent("\n".join(text) + "\n")
            if is_commands(fence["language"] if fence else "", text):
                yield Block(page, begin, note, text)
            note = ""
            continue
        if line.strip():
            said = NOTE.fullmatch(line.strip())
            note = said[1] if said else ""
            in_list = bool(ITEM.match(line)) or (in_list and line.startswith(" "))
        at += 1


def main():
    verb, *rest = sys.argv[1:]
    if verb == "list":
        for page in rest:
            for block in blocks(page):
                print(f"{block.where}\t{'run' if block.why_not is None else 'not run: ' + block.why_not}")
        return
    folder, page, *script = rest
    run = [block for block in blocks(page) if block.is_for(*script)]
    for number, block in enumerate(run):
        (Path(folder) / f"{number:02}.sh").write_text(block.script(), encoding="utf-8")


main()
