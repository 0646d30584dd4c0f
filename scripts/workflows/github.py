"""GitHub's API as far as the actions use it: comments of a pull request, and the open ones."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class GitHub:
    def __init__(self):
        self.comments, self.open = [], []
        server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

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
                if self.headers["authorization"] != "Bearer token-of-the-run":
                    self.answer(401, {})
                elif "/pulls?" in self.path:
                    self.answer(200, [{"number": number} for number in github.open])
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
