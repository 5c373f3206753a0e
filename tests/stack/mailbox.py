"""A mail server that keeps what it is sent, with as much of SMTP as Alertmanager needs."""

import contextlib
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import override


@dataclass(slots=True)
class Mailbox:
    """The mails, in order."""

    address: str
    mails: list[EmailMessage] = field(default_factory=list)


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server on a free port."""
    kept = Mailbox("")

    class Session(socketserver.StreamRequestHandler):
        @override
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                command = line[:4].upper()
                if command == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    kept.mails.append(self._message())
                self.wfile.write(b"250 ok\r\n")

        def _message(self) -> EmailMessage:
            lines = []
            for line in self.rfile:
                if line == b".\r\n":
                    break
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            made = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            assert isinstance(made, EmailMessage)
            return made

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        kept.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
