"""The port is there before anything answers on it."""

import socket

import pytest

from exporter.app.serving import bound_socket
from exporter.settings import load_settings


def test_who_comes_early_waits_instead_of_being_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", "0123456789abcdef")
    monkeypatch.setenv("EPISODARR_WEB__LISTEN", "127.0.0.1:0")
    with bound_socket(load_settings()) as bound:
        early = socket.create_connection(bound.getsockname(), timeout=5)
        early.close()
