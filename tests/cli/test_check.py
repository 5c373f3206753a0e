"""`episodarr check` against the simulated systems: what is well, what is not, and the remedy."""

import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from dotenv import dotenv_values

from episodarr.cli import main
from episodarr.cli.setup.check import drawn, examine
from episodarr.cli.setup.findings import Finding
from episodarr.cli.setup.folders import Proving, listed_by_jellyfin, roots_of
from episodarr.cli.setup.mounted import find_folder, mounted_folders
from episodarr.cli.setup.suggested import lines_to_add
from episodarr.model.ids import EpisodeFileId, SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.library import EpisodeFile
from episodarr.settings import load_settings
from episodarr.simulator import Scenario, Simulation
from episodarr.simulator.simulation import WEB_SECRET
from episodarr.systems.jellyfin.records import JellyfinId, JellyfinSeries, ProviderIds
from tests.library import a_season
from tests.replacing import replace
from tests.strategies import a_series
from tests.systems.qbittorrent.qbittorrent_stub import StubQbittorrent


async def findings(
    monkeypatch: pytest.MonkeyPatch, media: Path, *faults: tuple[str, str], **changes: str
) -> dict[str, Finding]:
    async with Simulation(Scenario.default(seed=1), media_root=media) as simulation:
        for name, value in {**simulation.environment(), **changes}.items():
            monkeypatch.setenv(name, value)
        for system, kind in faults:
            simulation.fault(system, kind, status=401)
        return {
            finding.subject: finding
            for finding in await examine(load_settings(), starts=[str(media)])
        }


async def test_everything_is_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = await findings(monkeypatch, tmp_path)
    assert all(f.is_good for f in found.values()), found
    assert {"sonarr tv", "qbittorrent main", "jellyfin", "shoko", "jellyseerr"} <= found.keys()
    assert str(tmp_path) in found["files of tv"].words


def test_a_version_steers_no_terminal_and_forges_no_line() -> None:
    words = "answers, version 4.0\n✓ forged \x1b]0;owned\x07\x1b[2J\u202e"
    line = click.unstyle(drawn(Finding(subject="sonarr tv", is_good=True, words=words)))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


async def test_the_published_secret_is_shown_where_it_is_not_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://sonarr.invalid:8989")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", "0123456789abcdef")
    for secret, is_said in ((WEB_SECRET, True), ("of-my-own", False)):
        monkeypatch.setenv("EPISODARR_WEB__SECRET", secret)
        found = {finding.subject for finding in await examine(load_settings())}
        assert ("secret" in found) is is_said


async def test_a_wrong_mapping_is_proven_on_a_real_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = json.dumps({"/tv": str(tmp_path / "elsewhere"), "/anime": "/nonexistent"})
    found = await findings(monkeypatch, tmp_path, EPISODARR_PATHS=wrong)
    assert not found["files of tv"].is_good
    assert "EPISODARR_PATHS" in found["files of tv"].words


async def test_each_root_folder_that_no_mapping_covers_is_named_and_suggested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With one of several mapped it reported no fault."""
    only = json.dumps({"/tv": str(tmp_path / "tv")})
    found = (await findings(monkeypatch, tmp_path, EPISODARR_PATHS=only))["files of tv"]
    assert not found.is_good
    assert "no mapping for /anime" in found.words
    assert found.words.endswith(f'{{"/anime": "{tmp_path}/anime"}}')
    assert found.paths == {"/anime": f"{tmp_path}/anime"}


async def test_without_mappings_the_folders_that_hold_the_files_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = (await findings(monkeypatch, tmp_path, EPISODARR_PATHS="{}"))["files of tv"]
    assert found.is_good
    assert "are not checked" in found.words
    assert found.paths == {"/anime": f"{tmp_path}/anime", "/tv": f"{tmp_path}/tv"}


async def test_without_mappings_and_files_the_root_folders_themselves_are_suggested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with Simulation(Scenario.default(seed=1)) as simulation:
        for name, value in {**simulation.environment(), "EPISODARR_PATHS": "{}"}.items():
            monkeypatch.setenv(name, value)
        findings = await examine(load_settings(), starts=[str(tmp_path)])
    found = next(f for f in findings if f.subject == "files of tv")
    assert found.is_good
    assert '{"/anime": "/anime", "/tv": "/tv"}' in found.words
    assert found.paths == {}


async def test_root_folders_under_their_own_names_need_no_mapping(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = await own_names(tmp_path, {})
    assert found.is_good
    assert f"({tmp_path}/tv under Sonarr's own name, without EPISODARR_PATHS)" in found.words
    assert found.paths == {}
    mapped = await own_names(tmp_path, {f"{tmp_path}/tv": f"{tmp_path}/elsewhere"})
    assert not mapped.is_good, "an entry wins"
    assert mapped.paths == {f"{tmp_path}/tv": f"{tmp_path}/tv"}


async def own_names(tmp_path: Path, paths: dict[str, str]) -> Finding:
    """The finding on one series that lies at Sonarr's own path."""
    folder = tmp_path / "tv/Shown"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "E01.mkv").write_bytes(b"x" * 100)
    counts = a_season(files=1)
    series = replace(a_series(), path=str(folder), seasons=(counts,))
    file = EpisodeFile(file_id=EpisodeFileId(1), path=str(folder / "E01.mkv"), size_bytes=100)

    async def files(_: SonarrSeriesId) -> list[EpisodeFile]:
        return [file]

    roots = roots_of([f"{tmp_path}/tv/"], [series])
    return await Proving(paths, [str(tmp_path)]).prove("files", roots, files)


async def test_a_file_of_any_root_folder_that_is_not_in_place_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for wrong in ("/tv", "/anime"):
        paths = {root: str(tmp_path / root.lstrip("/")) for root in ("/tv", "/anime")}
        paths[wrong] = str(tmp_path / "elsewhere")
        found = (await findings(monkeypatch, tmp_path, EPISODARR_PATHS=json.dumps(paths)))[
            "files of tv"
        ]
        assert not found.is_good
        assert found.words.startswith(f"{wrong}/")


async def test_how_many_series_of_each_root_jellyfin_lists_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = (await findings(monkeypatch, tmp_path))["jellyfin for tv"]
    assert found.is_good
    assert re.fullmatch(
        r"lists (\d+) of \1 series of /anime, (\d+) of \2 series of /tv", found.words
    )


def test_a_root_folder_of_which_jellyfin_lists_nothing_is_named() -> None:
    counts = a_season(files=2)
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
    found = listed_by_jellyfin("jellyfin for tv", roots, [item])
    assert not found.is_good
    assert found.words.startswith("lists 0 of 1 series of /anime, 1 of 1 series of /tv: add /anime")
    assert listed_by_jellyfin("j", roots_of(["/tv"], [shown]), [item]).is_good


def test_a_series_in_no_root_folder_has_its_own_folder_for_one() -> None:
    series = replace(a_series(), path="D:\\Shows\\One")
    assert [root.path for root in roots_of([], [series])] == ["D:/Shows"]
    assert [root.path for root in roots_of(["D:\\Shows\\"], [series])] == ["D:/Shows"]


async def test_no_mapping_for_a_folder_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = await findings(monkeypatch, tmp_path, EPISODARR_PATHS='{"/films": "/media"}')
    assert not found["files of tv"].is_good
    assert "no mapping" in found["files of tv"].words


@pytest.mark.parametrize(
    "system", ["sonarr.tv", "qbittorrent.main", "jellyfin", "shoko", "jellyseerr"]
)
@pytest.mark.parametrize("kind", ["status", "html", "refused", "login_redirect"])
async def test_each_trouble_of_each_system_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, kind: str
) -> None:
    found = await findings(monkeypatch, tmp_path, (system, kind))
    subject = system.replace(".", " ")
    bad = [name for name, finding in found.items() if not finding.is_good]
    assert bad == [subject]
    assert found[subject].words
    secrets = [v for k, v in os.environ.items() if k.startswith("EPISODARR_") and "KEY" in k]
    assert not any(secret in found[subject].words for secret in secrets)


async def test_one_run_is_one_refused_login_at_a_server_however_many_are_configured_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Five of them, however far apart, ban the address for an hour."""
    with StubQbittorrent().running() as stub:
        changes = {
            f"EPISODARR_QBITTORRENT__{name}__{key}": value
            for name in ("MAIN", "OTHER")
            for key, value in (("URL", stub.url), ("USERNAME", "admin"), ("PASSWORD", "wrong"))
        }
        found = await findings(monkeypatch, tmp_path, **changes)
        assert stub.logins == 1
    for name in ("qbittorrent main", "qbittorrent other"):
        assert not found[name].is_good
        assert "check the user name and password" in found[name].words
        assert "five refused logins ban this address" in found[name].words


def test_the_lines_to_add_hold_what_is_configured_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pasted into a shell, into .env or into TOML they give the configuration that was meant."""
    odd = "/media/Bob's “tv” \\ \t$HOME"
    found = Finding(subject="files of tv", is_good=False, words="", paths={"/tv": odd})
    configured = {"/anime": "/media/anime"}
    (line,) = lines_to_add([found], configured, has_published_secret=False, is_toml=False)
    shell = subprocess.run(
        ["sh", "-c", f'{line}\nprintf %s "$EPISODARR_PATHS"'], capture_output=True, check=True
    )
    assert json.loads(shell.stdout) == {"/anime": "/media/anime", "/tv": odd}
    assert dotenv_values(stream=io.StringIO(line))["EPISODARR_PATHS"] == shell.stdout.decode()
    toml = lines_to_add([found], configured, has_published_secret=True, is_toml=True)
    read = tomllib.loads("\n".join(toml))
    assert read["paths"] == {"/anime": "/media/anime", "/tv": odd}
    assert len(read["web"]["secret"]) == 40


def test_nothing_is_added_where_nothing_is_missing() -> None:
    found = Finding(subject="files of tv", is_good=True, words="")
    assert lines_to_add([found], {"/tv": "/tv"}, has_published_secret=False, is_toml=False) == ()


def test_the_command_ends_with_the_lines(tmp_path: Path) -> None:
    """As a person runs it: the printed line makes the next run good."""
    media = tmp_path / "volumes/media"
    with simulated(media) as environment:
        wrong = {**environment, "EPISODARR_PATHS": json.dumps({"/tv": f"{tmp_path}/nothing"})}
        first = CliRunner().invoke(main, ["check", "--media", str(tmp_path)], env=wrong)
        assert first.exit_code == 1
        assert "Add to the configuration" in first.output
        line = first.output.splitlines()[-1]
        name, _, value = line.partition("=")
        assert name == "EPISODARR_PATHS"
        second = CliRunner().invoke(
            main, ["check", "--json", "--media", str(tmp_path)], env={**wrong, name: value[1:-1]}
        )
        assert second.exit_code == 0, second.output
        assert json.loads(second.output)["add"] == []


@contextmanager
def simulated(media: Path) -> Iterator[dict[str, str]]:
    """The environment for simulated systems in a process of their own."""
    with subprocess.Popen(
        [sys.executable, "-m", "episodarr", "simulate", "--json", "--speed=0",
         f"--media-root={media}"],
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["environment"]
        finally:
            process.terminate()


def test_a_folder_is_found_by_all_of_its_files(tmp_path: Path) -> None:
    for place, size in (("near/tv", 7), ("a/b/tv", 8), ("other/tv", 8)):
        folder = tmp_path / place / "Show"
        folder.mkdir(parents=True)
        (folder / "1.mkv").write_bytes(b"x" * size)
    (tmp_path / "a/b/tv/Show/2.mkv").write_bytes(b"x" * 9)
    names = {"Show/1.mkv": 8, "Show/2.mkv": 9}
    starts = (str(tmp_path),)
    assert find_folder(names, starts, lambda: True) == f"{tmp_path}/a/b/tv"
    assert find_folder(names, starts, lambda: False) is None
    assert find_folder({}, starts, lambda: True) is None
    assert find_folder({"Show/3.mkv": 1, "Show/\0": 1}, starts, lambda: True) is None


def test_what_is_mounted_is_searched_first(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:20 / / rw,relatime - overlay overlay rw\n"
        "23 22 0:21 / /proc rw - proc proc rw\n"
        "24 22 0:22 / /srv/my\\040media ro - ext4 /dev/sda1 rw\n"
        "25 22 0:23 / /etc/hosts rw - ext4 /dev/sda1 rw\n"
        "26 22 0:24 / /media rw shared:7 - fuse.mergerfs pool rw\n"
        "nonsense\n"
    )
    assert mounted_folders(mounts) == ("/media", "/srv/my media", "/")
    assert mounted_folders(tmp_path / "none") == ("/",)
