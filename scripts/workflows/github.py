"""GitHub's API as far as the actions use it: comments of a pull request, and the open ones."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class GitHub:
    """`open` are the open pull requests; with `is_down` nothing is answered but an error.

    `closes` is one that gets closed when somebody has read the first page.
    """

    token = "token-of-the-run"

    def __init__(self):
        self.comments, self.open, self.is_down, self.closes = [], [], False, None
        server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def page(self, path):
        """A page of the open ones, as large as was asked for."""
        asked = {key: int(values[0]) for key, values in parse_qs(urlsplit(path).query).items() if values[0].isdigit()}
        size = asked.get("per_page", 30)
        begin = (asked.get("page", 1) - 1) * size
        found = [{"number": number} for number in self.open[begin : begin + size]]
        self.open = [number for number in self.open if number != self.closes]
        return found

    def handler(github):
        class Handler(BaseHTTPRequestHandler):
            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def body(self):
                return json.loads(self.rfile.read(int(self.headers["content-length"])))

            def do_GET(self):
                if github.is_down:
                    self.answer(500, {"message": "down"})
                elif self.headers["authorization"] != f"Bearer {github.token}":
                    self.answer(401, {})
                elif "/pulls?" in self.path:
                    self.answer(200, github.page(self.path))
                else:
                    self.answer(200, github.comments)

            def do_POST(self):
                comment = {"id": len(github.comments) + 1, **self.body()}
                github.comments.append(comment)
                self.answer(201, comment)

            def do_PATCH(self):
                comment = github.comments[int(self.path.rsplit("/", 1)[1]) - 1]
                comment.update(self.body())
                self.answer(200, comment)

            def log_message(self, *_):
                pass

        return Handler
