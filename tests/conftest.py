"""Settings for all tests: hypothesis profiles, and no way out of this machine."""

import os
import socket

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "lives",
    max_examples=int(os.environ.get("LIVES", "3000")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 a listener's own address


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that talks to anything but this machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            msg = f"a test tried to reach {address[0]}"
            raise AssertionError(msg)
        connect(self, address)  # type: ignore[arg-type]  # whatever the caller meant

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in list(os.environ):
        if name.startswith("EPISODARR_"):
            monkeypatch.delenv(name)
