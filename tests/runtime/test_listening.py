"""The port is there before anything answers on it, and sends as fast as it is read."""

import socket
from pathlib import Path
from typing import override

import pytest

from episodarr.runtime.listening import bound_socket, do_not_limit

BBR = b"bbr"


def congestion_control(sock: socket.socket) -> bytes:
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0")


def test_who_comes_early_waits_instead_of_being_refused() -> None:
    with bound_socket("127.0.0.1", 0) as bound:
        early = socket.create_connection(bound.getsockname(), timeout=5)
        early.close()


def test_no_connection_is_paced() -> None:
    with bound_socket("127.0.0.1", 0) as bound:
        client = socket.create_connection(bound.getsockname(), timeout=5)
        accepted, _ = bound.accept()
        with client, accepted:
            assert congestion_control(accepted) not in (b"", BBR)


def test_bbr_is_changed() -> None:
    available = Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text()
    if BBR.decode() not in available.split():
        pytest.skip("this kernel has no BBR")
    with socket.socket() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, BBR)
        do_not_limit(sock)
        assert congestion_control(sock) in (b"cubic", b"reno")


def test_what_else_a_machine_uses_stays() -> None:
    with socket.socket() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
        do_not_limit(sock)
        assert congestion_control(sock) == b"reno"


class Refusing(socket.socket):
    """A socket on a machine with BBR, of a process that may not have some of the others."""

    refused: tuple[bytes, ...]
    control = BBR

    @override
    def getsockopt(self, *_: int) -> bytes:  # type: ignore[override]  # only asked with a length
        return self.control

    @override
    def setsockopt(self, *option: object) -> None:
        *_, control = option
        assert isinstance(control, bytes)
        if control in self.refused:
            raise PermissionError(1, "Operation not permitted")
        self.control = control


def test_a_process_that_may_not_have_the_first_takes_the_second() -> None:
    with Refusing() as sock:
        sock.refused = (b"cubic",)
        do_not_limit(sock)
        assert sock.control == b"reno"


def test_a_process_that_may_have_none_goes_on_as_it_is() -> None:
    with Refusing() as sock:
        sock.refused = (b"cubic", b"reno")
        do_not_limit(sock)
        assert sock.control == BBR
