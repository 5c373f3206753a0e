"""`episodarr check` against the simulated systems: what is well, what is not, and the remedy."""

import asyncio
import json
import os
import re
from pathlib import Path

import click
import pytest

from episodarr.cli.check import drawn, examine
from episodarr.cli.findings import Finding
from episodarr.cli.folders import listed_by_jellyfin, roots_of
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.settings import load_settings
from episodarr.simulator import Scenario, Simulation
from episodarr.simulator.simulation import WEB_SECRET
from episodarr.systems.jellyfin.records import JellyfinId, JellyfinSeries, ProviderIds
from tests.replacing import replace
from tests.strategies import a_series
from tests.systems.qbittorrent.qbittorrent_stub import StubQbittorrent
from tests.systems.sonarr.test_half_lists import a_season


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


def test_the_published_secret_is_said_where_it_is_not_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://sonarr.invalid:8989")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", "0123456789abcdef")
    for secret, is_said in ((WEB_SECRET, True), ("of-my-own", False)):
        monkeypatch.setenv("EPISODARR_WEB__SECRET", secret)
        found = {finding.subject for finding in asyncio.run(examine(load_settings()))}
        assert ("secret" in found) is is_said


def test_a_wrong_mapping_is_proven_on_a_real_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = json.dumps({"/tv": str(tmp_path / "elsewhere"), "/anime": "/nonexistent"})
    found = findings(monkeypatch, tmp_path, EPISODARR_PATHS=wrong)
    assert not found["files of tv"].is_good
    assert "EPISODARR_PATHS" in found["files of tv"].words


def test_each_root_folder_that_no_mapping_covers_is_named_and_suggested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With one of several mapped it said that all was well."""
    only = json.dumps({"/tv": str(tmp_path / "tv")})
    found = findings(monkeypatch, tmp_path, EPISODARR_PATHS=only)["files of tv"]
    assert not found.is_good
    assert "no mapping for /anime" in found.words
    assert found.words.endswith('{"/anime": "/anime"}')


def test_without_mappings_the_root_folders_themselves_are_suggested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = findings(monkeypatch, tmp_path, EPISODARR_PATHS="{}")["files of tv"]
    assert found.is_good
    assert '{"/anime": "/anime", "/tv": "/tv"}' in found.words


def test_a_file_of_any_root_folder_that_is_not_in_place_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for wrong in ("/tv", "/anime"):
        paths = {root: str(tmp_path / root.lstrip("/")) for root in ("/tv", "/anime")}
        paths[wrong] = str(tmp_path / "elsewhere")
        found = findings(monkeypatch, tmp_path, EPISODARR_PATHS=json.dumps(paths))["files of tv"]
        assert not found.is_good
        assert found.words.startswith(f"{wrong}/")


def test_how_many_series_of_each_root_jellyfin_lists_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = findings(monkeypatch, tmp_path)["jellyfin for tv"]
    assert found.is_good
    assert re.fullmatch(
        r"lists (\d+) of \1 series of /anime, (\d+) of \2 series of /tv", found.words
    )


def test_a_root_folder_of_which_jellyfin_lists_nothing_is_named() -> None:
    counts = replace(a_season(2), episode_file_count=2)
    shown = replace(a_series(), path="/tv/Shown", seasons=(counts,))
    hidden = replace(
        shown,
        path="/anime/Hidden",
        sonarr_id=SonarrSeriesId(99),
        key=SeriesKey(SonarrName("tv"), TvdbId(99)),
        tmdb_id=None,
        imdb_id=None,
    )
    roots = roots_of(["/tv/", "/anime", "/empty"], [shown, hidden])
    item = JellyfinSeries(
        item_id=JellyfinId("a"),
        name="Shown",
        path="/media/Shown",
        provider_ids=ProviderIds(tvdb=shown.key.tvdb_id),
    )
    found = listed_by_jellyfin("jellyfin for tv", {}, roots, [item])
    assert not found.is_good
    assert found.words.startswith("lists 0 of 1 series of /anime, 1 of 1 series of /tv: add /anime")
    assert listed_by_jellyfin("j", {}, roots_of(["/tv"], [shown]), [item]).is_good


def test_a_series_in_no_root_folder_has_its_own_folder_for_one() -> None:
    series = replace(a_series(), path="D:\\Shows\\One")
    assert [root.path for root in roots_of([], [series])] == ["D:/Shows"]
    assert [root.path for root in roots_of(["D:\\Shows\\"], [series])] == ["D:/Shows"]


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
