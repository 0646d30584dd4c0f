"""Finishes target/book after `mdbook build`: what the pages link to outside docs/ comes along, and
every link leads somewhere, headings included.

    book.py REPOSITORY
"""

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ALONG = "repository"
LINK = re.compile(r'href="\.\./([^"#]+)(#[^"]*)?"')


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])


def bring(root, book, name):
    """A file of the repository, beside the pages; mdBook thinks that every .md is one of them."""
    name = re.sub(r"\.html$", ".md", name)
    source, target = root / name, book / ALONG / name
    if not source.is_file():
        sys.exit(f"book: a page links to {name}, which is no file")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return f'href="{ALONG}/{name}"'


def broken(book):
    pages = {path.name: Page(path.read_text(encoding="utf-8")) for path in book.glob("*.html")}
    for name, page in pages.items():
        for link in page.links:
            if "://" in link or name in ("toc.html", "404.html"):
                continue
            file, _, anchor = link.partition("#")
            file, anchor = unquote(file) or name, unquote(anchor)
            if not (book / file).exists() or (anchor and file in pages and anchor not in pages[file].ids):
                yield f"{name}: {link}"


def main():
    root = Path(sys.argv[1])
    book = root / "target/book"
    for path in book.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        path.write_text(LINK.sub(lambda found: bring(root, book, found[1]), text), encoding="utf-8")
    lost = sorted(set(broken(book)))
    if lost:
        sys.exit("book: links that lead nowhere:\n" + "\n".join(lost))
    print(f"book: {len(list(book.glob('*.html')))} pages in target/book, every link leads somewhere")


main()
