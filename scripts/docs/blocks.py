"""The command blocks of the documents, as scripts to be run.

    blocks.py list PAGE...         one line for each block: PAGE:LINE, and what is done with it
    blocks.py write FOLDER PAGE    writes FOLDER/NN.sh for each block that is to be run
    blocks.py write FOLDER PAGE SCRIPT     for each that is not run because that script does it

A block is what stands between ```sh and ```. A comment before it says what is special:

    <!-- not run: why -->          it is not run
    <!-- exits 6 -->               its last command ends with that code; also: exits 0 or 6
"""

import re
import sys
from pathlib import Path

BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n+)?^```(?:sh|bash|console|shell)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# What goes on until it is interrupted.
FOLLOWS = re.compile(r"^(pointsman events\b|pointsman status\b.*--watch|curl -\w*N)")


class Block:
    def __init__(self, page, found, text):
        self.where = f"{page}:{text[: found.start('text')].count(chr(10))}"
        self.text = found["text"]
        note = found["note"] or ""
        self.why_not = note.removeprefix("not run:").strip() if note.startswith("not run:") else None
        codes = re.fullmatch(r"exits (\d+(?: or \d+)*)", note)
        self.codes = codes[1] if codes else "0"

    def is_for(self, script=None):
        if script is None or self.why_not is None:
            return script is None and self.why_not is None
        return self.why_not.startswith(f"{script} ")

    def script(self):
        lines = [f"follow {line}" if FOLLOWS.match(line) else line for line in self.text.splitlines()]
        return f"# {self.where} exits {self.codes}\n" + "\n".join(lines) + "\n"


def blocks(page):
    text = Path(page).read_text(encoding="utf-8")
    return [Block(page, found, text) for found in BLOCK.finditer(text)]


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
