"""No web page of a stranger reads us through a name that it had rebound to our address."""

import pytest

from episodarr.server.access import is_known_host
from episodarr.server.contract import ServerOptions
from episodarr.settings import load_settings
from tests.server.published import an_app, ask

NAMES = frozenset({"episodarr.example.org", "*.home.example.net"})


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:10987", "[::1]:10987", "[fe80::1%eth0]:10987", "192.168.1.7", "localhost:10987",
        "episodarr:10987", "EPISODARR", "nas.local", "nas.lan:1", "box.home.arpa", "x.internal", "",
        "episodarr.example.org", "Episodarr.Example.Org.:443", "a.home.example.net:10987",
    ],
)  # fmt: skip
def test_addresses_local_names_and_configured_ones_pass(host: str) -> None:
    assert is_known_host(host, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "episodarr.example.org.evil.example:10987", "home.example.net",
        "127.0.0.1.evil.example", "192.168.1.7.nip.io", "local.evil.example", "xepisodarr.example.org",
        "[::1].evil.example",
    ],
)  # fmt: skip
def test_no_name_that_a_stranger_can_own_passes(host: str) -> None:
    assert not is_known_host(host, NAMES)


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/series", "/static/app.js"])
def test_a_rebound_name_reads_nothing_and_gets_the_remedy(path: str) -> None:
    app = an_app(options=ServerOptions(host_names=NAMES))
    answer = ask(app, path, headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert "EPISODARR_WEB__HOSTS" in answer.json()["error"]
    assert ask(app, path, headers={"Host": "episodarr.example.org"}).status_code == 200
    assert ask(app, "/-/healthy", headers={"Host": "evil.example"}).status_code == 200


def test_names_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", "0123456789abcdef")
    monkeypatch.setenv("EPISODARR_WEB__HOSTS", "Episodarr.example.org, *.home.example.net")
    assert load_settings().web.host_names == NAMES
