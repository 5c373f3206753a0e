"""What real qBittorrents of three versions answered, read by the parsers and by the session."""

import json
from pathlib import Path
from typing import Any

import pytest

from episodarr.errors import NotFound, Unauthorized
from episodarr.model.download import Torrent, TorrentState
from episodarr.model.ids import InfoHash
from episodarr.model.steps import in_one_go
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.qbittorrent import wire
from episodarr.systems.qbittorrent.client import QbittorrentClient
from tests.systems.qbittorrent.qbittorrent_stub import (
    API_KEY,
    PASSWORD,
    USERNAME,
    StubQbittorrent,
    answers,
)

RECORDED = Path(__file__).parents[2] / "recorded" / "qbittorrent"
VERSIONS = sorted(folder.name for folder in RECORDED.iterdir() if folder.is_dir())

STATES = {
    "Example.Show.S01.1080p.WEB-GRP": TorrentState.DOWNLOADING,
    "Stopped.Example.S01E01.mkv": TorrentState.PAUSED,
    "Done.Example.S01E01.mkv": TorrentState.SEEDING,
    "Skipped.Example.S01E01.mkv": TorrentState.SEEDING,
    "Seedless.Example.S01E01.mkv": TorrentState.STALLED,
    "Missing.Example.S01E01.mkv": TorrentState.ERROR,
    "サンプル 第1話 [1080p].mkv": TorrentState.DOWNLOADING,
    "Magnet.Example.S01E01": TorrentState.METADATA,
    "Hybrid.Example.S01.WEB-GRP": TorrentState.DOWNLOADING,
    "Flat.Example.S01.WEB-GRP": TorrentState.DOWNLOADING,
    "Vtwo.Example.S01E01.mkv": TorrentState.DOWNLOADING,
}
DELTAS = ("maindata-delta", "maindata-delta-queueing", "maindata-delta-removed")

versions = pytest.mark.parametrize("version", VERSIONS)


def recorded(version: str, name: str) -> bytes:
    return (RECORDED / version / name).read_bytes()


def document(version: str, name: str) -> Any:
    return json.loads(recorded(version, name))


def after(version: str, *names: str) -> wire.Torrents:
    known = wire.Torrents()
    for name in names:
        known = in_one_go(wire.apply_maindata(known, recorded(version, f"{name}.json"), "main"))
    return known


def by_name(known: wire.Torrents) -> dict[str, Torrent]:
    return {torrent.name: torrent for torrent in known.torrent_by_hash.values()}


def test_three_versions_were_recorded() -> None:
    assert VERSIONS == ["4.5.2", "5.1.0", "5.3.0"]


@versions
def test_every_torrent_is_read_with_its_state(version: str) -> None:
    found = by_name(after(version, "maindata-full"))
    assert {name: torrent.state for name, torrent in found.items()} == STATES
    for torrent in found.values():
        assert torrent.completed_bytes + torrent.remaining_bytes == torrent.size_bytes
        assert torrent.added_at is not None


@versions
def test_what_is_not_known_is_not_zero_and_not_done(version: str) -> None:
    found = by_name(after(version, "maindata-full"))
    magnet, done = found["Magnet.Example.S01E01"], found["Done.Example.S01E01.mkv"]
    assert not magnet.has_metadata
    assert not magnet.is_complete
    assert not magnet.has_deselected_files
    assert done.is_complete
    assert done.completed_at is not None
    assert not found["Skipped.Example.S01E01.mkv"].is_complete
    assert found["Skipped.Example.S01E01.mkv"].has_deselected_files
    assert found["Example.Show.S01.1080p.WEB-GRP"].has_deselected_files
    assert found["Stopped.Example.S01E01.mkv"].eta_seconds is None
    assert found["Example.Show.S01.1080p.WEB-GRP"].eta_seconds is not None


@versions
def test_a_hybrid_is_known_by_both_of_its_hashes(version: str) -> None:
    known = after(version, "maindata-full")
    hybrid = by_name(known)["Hybrid.Example.S01.WEB-GRP"]
    raw = document(version, "maindata-full.json")["torrents"][hybrid.info_hash]
    assert raw["infohash_v2"].startswith(hybrid.info_hash)
    assert hybrid.other_hashes == (raw["infohash_v1"],)


@versions
def test_changes_are_merged_and_what_no_delta_names_stays_the_same_object(version: str) -> None:
    whole, known = after(version, "maindata-full"), after(version, "maindata-full", *DELTAS)
    removed = {InfoHash(h) for h in document(version, f"{DELTAS[-1]}.json")["torrents_removed"]}
    assert removed
    assert known.torrent_by_hash.keys() == whole.torrent_by_hash.keys() - removed
    raw = document(version, "maindata-full.json")["torrents"]
    for name in DELTAS:
        for info_hash, changes in document(version, f"{name}.json").get("torrents", {}).items():
            raw[info_hash].update(changes)
    for info_hash, torrent in known.torrent_by_hash.items():
        assert torrent.completed_bytes == raw[info_hash]["completed"]
        assert torrent.state is wire.STATE_BY_WORD[raw[info_hash]["state"]]


@versions
def test_an_answer_to_a_number_it_never_gave_is_the_whole(version: str) -> None:
    known = after(version, "maindata-full", *DELTAS, "maindata-unknown-rid")
    listed = document(version, "maindata-unknown-rid.json")["torrents"]
    assert known.torrent_by_hash.keys() == listed.keys()


@versions
def test_the_files_of_a_pack_say_what_is_wanted_and_how_far_each_is(version: str) -> None:
    files = wire.parse_files(recorded(version, "files-pack.json"))
    assert [file.index for file in files] == [0, 1, 2, 3, 4]
    assert [file.is_wanted for file in files] == [True, True, True, False, True]
    assert files[3].path.endswith("/Example.Show.S01E02.1080p.WEB-GRP.mkv")
    assert files[4].path.endswith("/Example Show - 03.mkv"), "renamed in the client"
    assert all(
        0 < file.progress_ratio < 1 for file in files if "mkv" in file.path and file.is_wanted
    )


@versions
def test_the_odd_lists_of_files_are_read(version: str) -> None:
    def paths(name: str) -> list[str]:
        return [file.path for file in wire.parse_files(recorded(version, f"files-{name}.json"))]

    assert paths("magnet") == []
    assert not any("/" in path for path in paths("nosub"))
    assert paths("unicode") == ["サンプル 第1話 [1080p].mkv"]
    assert not any(f.is_wanted for f in wire.parse_files(recorded(version, "files-skip.json")))
    done = wire.parse_files(recorded(version, "files-done.json"))
    assert [file.progress_ratio for file in done] == [1.0]
    assert [f.progress_ratio for f in wire.parse_files(recorded(version, "files-gone.json"))] == [0]
    for name in ("hybrid", "v2"):
        assert all(
            path.endswith((".mkv", ".nfo", ".pad")) or "/.pad/" in path for path in paths(name)
        )


@versions
def test_the_version_is_read(version: str) -> None:
    assert wire.parse_version(recorded(version, "version.txt").decode()) == version


@versions
async def test_the_session_takes_every_answer_to_a_login(version: str) -> None:
    """The stand-in answers as the real ones did, and the session takes it."""
    auth = document(version, "auth.json")
    stub = StubQbittorrent(is_52=auth["login right"][0] == 204)
    status, body = auth["no session"]

    with stub.running():

        def a_client(**more: str) -> QbittorrentClient:
            given: dict[str, Any] = {"username": USERNAME, "password": PASSWORD, **more}
            options = ConnectionOptions(base_url=stub.url)
            return QbittorrentClient("main", options, observer=ignore_requests, **given)

        right, wrong = a_client(), a_client(password="wrong")
        await right.fetch_torrents()
        with pytest.raises(Unauthorized, match="refused the login"):
            await wrong.fetch_torrents()
        stub.trouble = answers(*_raw(auth["host refused"]))
        with pytest.raises(Unauthorized, match="refuses this host name or port"):
            await right.fetch_torrents()
        for name in ("files-unknown.txt", "files-hybrid-by-v1.txt"):
            code, _, text = recorded(version, name).partition(b"\n")
            stub.trouble = answers(int(code), text)
            with pytest.raises(NotFound, match="no such torrent"):
                await right.fetch_files(InfoHash("a" * 40))
        if version == "5.3.0":
            code, _, text = recorded(version, "key-refused.txt").partition(b"\n")
            stub.trouble = answers(int(code), text)
            with_key = a_client(username="", password="", api_key=API_KEY)
            with pytest.raises(Unauthorized, match="API key is refused"):
                await with_key.fetch_torrents()
            await with_key.aclose()
        stub.trouble = None
        await wrong.aclose()
        await right.aclose()
    assert (status, body) == (403, "Forbidden")
    assert not stub.sessions


def _raw(answer: list[Any]) -> tuple[int, bytes]:
    return answer[0], answer[1].encode()
