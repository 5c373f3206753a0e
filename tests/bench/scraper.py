"""Scrape `/metrics` over one kept connection, from a process of its own.

`python -m tests.bench.scraper PORT ENCODING` asks again and again until its input ends, then prints
one line of JSON: milliseconds and bytes of every answer.
"""

import json
import selectors
import socket
import sys
import time

PAUSE_SECONDS = 0.03
"""Between an answer and the next question."""
_ROOM = bytearray(64 * 1024 * 1024)


class Connection:
    """One HTTP/1.1 connection that reads into the same memory each time: the client costs little."""

    def __init__(self, port: int, encoding: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._request = (
            f"GET /metrics HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: {encoding}\r\n\r\n"
        ).encode()

    def scrape(self) -> tuple[float, int]:
        """Milliseconds until the last byte, and the size of the body."""
        began = time.perf_counter()
        self._socket.sendall(self._request)
        view = memoryview(_ROOM)
        filled, head = 0, -1
        while head < 0:
            filled += self._received(view[filled:])
            head = _ROOM.find(b"\r\n\r\n", 0, filled)
        size = _content_length(bytes(_ROOM[:head]))
        while filled < head + 4 + size:
            filled += self._received(view[filled:])
        return (time.perf_counter() - began) * 1000, size

    def _received(self, into: memoryview) -> int:
        count = self._socket.recv_into(into)
        if not count:
            msg = "the exporter closed the connection"
            raise ConnectionError(msg)
        return count


def _content_length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    if not lines[0].startswith(b"http/1.1 200"):
        msg = f"no good answer: {lines[0]!r}"
        raise ConnectionError(msg)
    return int(next(line for line in lines if line.startswith(b"content-length:")).split(b":")[1])


def main() -> None:
    """Scrape until the input ends."""
    connection = Connection(int(sys.argv[1]), sys.argv[2])
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        answers = [connection.scrape()]
        while not selector.select(PAUSE_SECONDS):
            answers.append(connection.scrape())
    sys.stdout.write(json.dumps({"answers": answers}) + "\n")


if __name__ == "__main__":
    main()
