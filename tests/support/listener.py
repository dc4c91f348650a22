"""A web endpoint that subscribes to topics: it confirms, and records what it gets."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """Runs until `close`. `messages` are the texts that topics sent, oldest first."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.requests: list[str] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if content["Type"] == "Notification":
                    listener.messages.append(content["Message"])
                else:
                    listener.requests.append(content["SubscribeURL"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def confirm(self) -> int:
        """Confirm every subscription that was requested; return how many there were."""
        asked, self.requests = self.requests, []
        for link in asked:
            with urllib.request.urlopen(link):
                pass
        return len(asked)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
