"""`episodarr check` against the simulated systems: what is well, what is not, and the remedy."""

import asyncio
import json
import os
from pathlib import Path

import click
import pytest

from exporter.cli.check import Finding, drawn, examine, mapped
from exporter.demo import Scenario, Simulation
from exporter.settings import load_settings
from tests.upstream.qbittorrent.qbittorrent_stub import StubQbittorrent


def findings(
    monkeypatch: pytest.MonkeyPatch, media: Path, *faults: tuple[str, str], **changes: str
) -> dict[str, Finding]:
    async def run() -> list[Finding]:
        async with Simulation(Scenario.default(seed=1), media_root=media) as simulation:
            for name, value in {**simulation.environment(), **changes}.items():
                monkeypatch.setenv(name, value)
            for system, kind in faults:
                simulation.fault(system, kind, status=401)
            return await examine(load_settings())

    return {finding.subject: finding for finding in asyncio.run(run())}


def test_everything_is_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = findings(monkeypatch, tmp_path)
    assert all(f.is_good for f in found.values()), found
    assert {"sonarr tv", "qbittorrent main", "jellyfin", "shoko", "jellyseerr"} <= found.keys()
    assert str(tmp_path) in found["files of tv"].words


def test_a_version_steers_no_terminal_and_forges_no_line() -> None:
    words = "answers, version 4.0\n✓ forged \x1b]0;owned\x07\x1b[2J\u202e"
    line = click.unstyle(drawn(Finding(subject="sonarr tv", is_good=True, words=words)))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_a_wrong_mapping_is_proven_on_a_real_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = json.dumps({"/tv": str(tmp_path / "elsewhere"), "/anime": "/nonexistent"})
    found = findings(monkeypatch, tmp_path, EPISODARR_PATHS=wrong)
    assert not found["files of tv"].is_good
    assert "EPISODARR_PATHS" in found["files of tv"].words


def test_no_mapping_for_a_folder_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = findings(monkeypatch, tmp_path, EPISODARR_PATHS='{"/films": "/media"}')
    assert not found["files of tv"].is_good
    assert "no mapping" in found["files of tv"].words


@pytest.mark.parametrize(
    "system", ["sonarr.tv", "qbittorrent.main", "jellyfin", "shoko", "jellyseerr"]
)
@pytest.mark.parametrize("kind", ["status", "html", "refused", "login_redirect"])
def test_each_trouble_of_each_system_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, kind: str
) -> None:
    found = findings(monkeypatch, tmp_path, (system, kind))
    subject = system.replace(".", " ")
    bad = [name for name, finding in found.items() if not finding.is_good]
    assert bad == [subject]
    assert found[subject].words
    secrets = [v for k, v in os.environ.items() if k.startswith("EPISODARR_") and "KEY" in k]
    assert not any(secret in found[subject].words for secret in secrets)


def test_the_longest_mapping_wins_and_half_a_name_is_none() -> None:
    paths = {"/tv": "/media/tv", "/tv/anime": "/anime"}
    assert mapped(paths, "/tv/anime/x.mkv") == Path("/anime/x.mkv")
    assert mapped(paths, "/tv/x.mkv") == Path("/media/tv/x.mkv")
    assert mapped(paths, "/tvx/x.mkv") is None
    assert mapped({"/": "/media"}, "/tv/x.mkv") == Path("/media/tv/x.mkv")


def test_one_run_is_one_refused_login_at_a_server_however_many_are_configured_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Five of them, however far apart, ban the address for an hour."""
    with StubQbittorrent().running() as stub:
        changes = {
            f"EPISODARR_QBITTORRENT__{name}__{key}": value
            for name in ("MAIN", "OTHER")
            for key, value in (("URL", stub.url), ("USERNAME", "admin"), ("PASSWORD", "wrong"))
        }
        found = findings(monkeypatch, tmp_path, **changes)
        assert stub.logins == 1
    for name in ("qbittorrent main", "qbittorrent other"):
        assert not found[name].is_good
        assert "check the user name and password" in found[name].words
        assert "five refused logins ban this address" in found[name].words
