"""A webhook receiver: the messages that people would have got."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, override


@dataclass(slots=True)
class Inbox:
    """What a webhook receiver got, in order."""

    url: str
    notifications: list[dict[str, Any]] = field(default_factory=list)

    def about(self, name: str, **labels: str) -> list[dict[str, Any]]:
        """The notifications of an alert's groups with these labels."""
        wanted = {"alertname": name, **labels}
        return [n for n in list(self.notifications) if wanted.items() <= n["groupLabels"].items()]


@contextlib.contextmanager
def inbox(answer: bytes = b"") -> Iterator[Inbox]:
    """A webhook receiver that answers every call so."""
    received = Inbox("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.notifications.append(json.loads(body) | {"path": self.path})
            self.send_response(200)
            self.send_header(
                "Content-Type", "application/json" if answer[:1] == b"{" else "text/plain"
            )
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
