"""What GitHub serves of a release, from a folder: its files, and the API that mise asks for them.

    release_server.py FOLDER ADDRESS TAG     prints the port, and serves until it is killed
"""

import json
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Release(SimpleHTTPRequestHandler):
    """`/NAME` is a file; `/api/v3/repos/OWNER/REPOSITORY/releases/...` tells of all."""

    def __init__(self, tag, *args, **more):
        self.tag = tag
        super().__init__(*args, **more)

    def do_GET(self):
        if self.path.startswith("/api/v3/repos/") and "/releases" in self.path:
            release = self.release()
            one = "/tags/" in self.path or self.path.endswith("/latest")
            self.answer(release if one else [release])
        else:
            super().do_GET()

    def release(self):
        address, port = self.server.server_address
        files = sorted(Path(self.directory).iterdir())
        assets = [self.asset(number, file, f"http://{address}:{port}/{file.name}") for number, file in enumerate(files)]
        when = "2026-01-01T00:00:00Z"
        return {"tag_name": self.tag, "name": self.tag, "draft": False, "prerelease": False,
                "created_at": when, "published_at": when, "assets": assets}

    @staticmethod
    def asset(number, file, url):
        return {"id": number, "name": file.name, "url": url, "browser_download_url": url,
                "size": file.stat().st_size, "content_type": "application/octet-stream",
                "state": "uploaded", "download_count": 0}

    def answer(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    folder, address, tag = sys.argv[1:]
    server = ThreadingHTTPServer((address, 0), partial(Release, tag, directory=folder))
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
