"""The socket that the server listens on."""

import errno
import socket
from contextlib import suppress

from episodarr.errors import SettingsError

LISTEN_VARIABLE = "EPISODARR_WEB__LISTEN"
_BACKLOG = 128
_NOT_PACING = (b"cubic", b"reno")
"""Linux's own default, which not every process may have where another is set; `reno` any may."""


def bound_socket(host: str, port: int, named: str = LISTEN_VARIABLE) -> socket.socket:
    """The listening socket, bound early: first clients wait instead of being refused.

    An empty `host` is every address of this machine. `named` is where the address is from, for the
    message.

    Raises:
        SettingsError: the address cannot be bound; the message has the remedy.
    """
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    try:
        return _listening(family, host, port)
    except OSError as error:
        if host or family == socket.AF_INET:
            raise _cannot_listen(host, port, error, named) from None
    try:
        return _listening(socket.AF_INET, host, port)  # This machine has no IPv6.
    except OSError as error:
        raise _cannot_listen(host, port, error, named) from None


def _listening(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    # Naming the protocol lets asyncio switch Nagle off: without it an answer takes 40 ms more.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        do_not_limit(sock)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def do_not_limit(sock: socket.socket) -> None:
    """Take the connections of this socket from BBR, which sends at the rate that it saw before.

    It is made for long lossy ways. Within a machine or a house an answer of many megabytes takes
    longer with it, and its timers cost CPU.
    """
    option = getattr(socket, "TCP_CONGESTION", None)
    if option is None or not sock.getsockopt(socket.IPPROTO_TCP, option, 16).startswith(b"bbr"):
        return
    for control in _NOT_PACING:
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, control)
            return


def _cannot_listen(host: str, port: int, error: OSError, named: str) -> SettingsError:
    match error.errno:
        case errno.EADDRINUSE:
            remedy = "stop the program that has it, or choose another (for example: :10988)"
        case errno.EACCES:
            remedy = "ports below 1024 are not for every user; choose another (for example: :10987)"
        case _:
            remedy = "give an address of this machine, or none for all (for example: :10987)"
    why = error.strerror or str(error)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return SettingsError([f"{named}: cannot listen on {address}: {why}; {remedy}"])
