"""Serve so many bytes and nothing else: how fast an answer of this size can be on this machine now.

`python -m tests.bench.bare BYTES` prints its port as a line of JSON and serves until it is stopped.
"""

import asyncio
import json
import socket
import sys

from episodarr.runtime.listening import do_not_limit

_PART = b"x" * 262_144


async def serve(size_bytes: int) -> None:
    """Answer every request on a free port with so many bytes, over kept connections."""
    whole, rest = divmod(size_bytes, len(_PART))
    parts = [_PART] * whole + [_PART[:rest]]
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size_bytes}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(head)
                for part in parts:
                    writer.write(part)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    do_not_limit(sock)
    sock.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(answer, sock=sock)
    sys.stdout.write(json.dumps({"port": sock.getsockname()[1]}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
