"""Every parser of what others send, with good bodies to spoil and the errors that it may raise."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

from episodarr.cli.matching.match import read_torrents
from episodarr.errors import SettingsError, UpstreamError
from episodarr.model.ids import SonarrName
from episodarr.model.steps import Steps, in_one_go
from episodarr.settings import load_settings
from episodarr.systems.jellyfin import wire as jellyfin
from episodarr.systems.jellyseerr import wire as seerr
from episodarr.systems.payload import decode
from episodarr.systems.qbittorrent import wire as qbittorrent
from episodarr.systems.refusals import server_words
from episodarr.systems.shoko import wire as shoko
from episodarr.systems.sonarr import wire as sonarr
from episodarr.systems.sonarr.webhook import parse_webhook
from episodarr.systems.unpacking import Unpacker, refuse_a_swarm
from tests.systems.shoko import test_shoko_client as shoko_answers
from tests.systems.sonarr import sonarr_payloads

RECORDED = Path(__file__).parent.parent / "recorded"
_SEERR_PAGE = partial(seerr.parse_request_page, keeps_requester=True)


@dataclass(frozen=True)
class Target:
    """What reads a body, bodies that it reads well, and how it may refuse others."""

    name: str
    read: Callable[[bytes], object]
    good: tuple[bytes, ...]
    errors: tuple[type[Exception], ...] = (UpstreamError,)


def recorded(*patterns: str) -> tuple[bytes, ...]:
    return tuple(
        path.read_bytes() for pattern in patterns for path in sorted(RECORDED.glob(pattern))
    )


def made(*documents: object) -> tuple[bytes, ...]:
    return tuple(json.dumps(document).encode() for document in documents)


def _items(endpoint: str, read: Callable[..., object]) -> Callable[[bytes], object]:
    return lambda body: [read(item, at="$[0]") for item in sonarr.split_list(endpoint, body)]


def _decoded(read: Callable[[object], object]) -> Callable[[bytes], object]:
    """As pyarr gives it: decoded by the standard library."""
    return lambda body: read(decode("any", body, object))


def _maindata(body: bytes) -> object:
    steps = qbittorrent.apply_maindata(qbittorrent.Torrents(), body, "main")
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def _unpacked(body: bytes) -> bytes:
    unpacker = Unpacker("any", "gzip")
    found = b"".join(unpacker.feed(body))
    unpacker.end()
    refuse_a_swarm("any", found)
    return found


def _matched(line: bytes) -> object:
    return [t if isinstance(t, str) else t.match() for _, t in read_torrents([line])]


def _settings(body: bytes) -> object:
    """The body as an environment: one variable a line."""
    pairs = (line.partition("=") for line in body.decode("utf-8", "replace").splitlines())
    environment = {
        name.replace("\0", ""): value.replace("\0", "")
        for name, _, value in pairs
        if name.strip("\0")
    }
    with patch.dict(os.environ, environment, clear=True):
        return load_settings()


_TORRENT = {
    "id": 1,
    "series": {"titles": ["Show", "別名"], "type": "anime"},
    "torrent_name": "[Group] Show S01 1080p",
    "files": [{"path": f"Show S01/Show - S01E0{n}.mkv", "size": 10**9} for n in range(1, 4)],
    "candidates": [
        {"season": 1, "episode": n, "absolute": n, "air_date": "2026-01-01", "title": f"Part {n}"}
        for n in range(1, 4)
    ],
}
_ENVIRONMENT = b"""EPISODARR_SONARR__TV__URL=http://sonarr:8989/base
EPISODARR_SONARR__TV__API_KEY=0123456789abcdef
EPISODARR_QBITTORRENT__MAIN__URL=https://user:pass@qbittorrent:8080
EPISODARR_PATHS={"/tv": "/media/tv"}
EPISODARR_WEB__LISTEN=127.0.0.1:10987
EPISODARR_WEB__HOSTS=a.example.org,*.b.example.org
EPISODARR_CYCLE_SECONDS=15
EPISODARR_DELETION__RESCAN_SHOKO=false
"""


def targets() -> Iterator[Target]:
    """All of them."""
    yield from _sonarr()
    yield from _jellyfin()
    yield from _seerr_and_shoko()
    files = recorded("qbittorrent/*/files-*.json")
    yield Target("qbittorrent maindata", _maindata, recorded("qbittorrent/*/maindata-full.json"))
    yield Target("qbittorrent files", qbittorrent.parse_files, files)
    yield Target("qbittorrent version", _as_text(qbittorrent.parse_version), (b"v5.1.0", b"4.5.2"))
    yield Target("match", _matched, made(_TORRENT), ())
    yield Target("settings", _settings, (_ENVIRONMENT,), (SettingsError,))
    yield Target(
        "gzip",
        _unpacked,
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x8b\x8e\x05\x00)\xbbL\r\x02\x00\x00\x00",),
    )
    yield Target(
        "error texts", lambda body: server_words(body, ["secret"]), made({"message": "x?a=b"}), ()
    )


def _as_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda body: read(body.decode("utf-8", "replace"))


def _sonarr() -> Iterable[Target]:
    given = sonarr_payloads
    lists: Iterable[tuple[str, Callable[..., object], dict[str, object], str]] = (
        (
            "series",
            partial(sonarr.parse_series, sonarr=SonarrName("tv")),
            given.a_series(),
            "series",
        ),
        ("episode", sonarr.parse_episode, given.an_episode(), "episode-*"),
        ("episodefile", sonarr.parse_episode_file, given.an_episode_file(), "episodefile-*"),
        ("queue", sonarr.parse_queue_row, given.a_queue_row(), "queue-details*"),
        ("history", sonarr.parse_history_record, given.a_history_record(), "history-*"),
    )
    for name, read, item, files in lists:
        good = (*made([item]), *recorded(f"sonarr/*/{files}.json"))
        yield Target(f"sonarr {name}", _items(name, read), good)
    small: Iterable[tuple[str, Callable[[object], object], str]] = (
        ("status", sonarr.parse_status, "system-status"),
        ("command", sonarr.parse_commands, "command*"),
        ("health", sonarr.parse_unreachable_clients, "health*"),
        ("rootfolder", sonarr.parse_root_folders, "rootfolder"),
    )
    for name, read_small, files in small:
        yield Target(f"sonarr {name}", _decoded(read_small), recorded(f"sonarr/*/{files}.json"))
    paged = recorded("sonarr/*/queue-paged.json")
    yield Target("sonarr paged queue", sonarr.parse_queue_page, paged)
    yield Target("webhook", parse_webhook, recorded("sonarr/*/webhooks/*.json"))


def _in_one_go(read_steps: Callable[[str, bytes], Steps[object]]) -> Callable[[bytes], object]:
    return lambda raw: in_one_go(read_steps("x", raw))


def _jellyfin() -> Iterable[Target]:
    parsers: Iterable[tuple[Callable[[str, bytes], object], str]] = (
        (jellyfin.parse_server, "system-info"),
        (jellyfin.parse_libraries, "virtual-folders"),
        (jellyfin.parse_library_scan, "scheduled-tasks*"),
    )
    for read, files in parsers:
        good = recorded(f"jellyfin/*/{files}.json")
        yield Target(f"jellyfin {read.__name__}", partial(read, "x"), good)
    pages: Iterable[tuple[Callable[[str, bytes], Steps[object]], str]] = (
        (jellyfin.series_page_steps, "series"),
        (jellyfin.episode_page_steps, "*episodes*"),
        (jellyfin.item_page_steps, "items-by-ids*"),
    )
    for read_steps, files in pages:
        good = recorded(f"jellyfin/*/{files}.json")
        yield Target(f"jellyfin {read_steps.__name__}", _in_one_go(read_steps), good)


def _seerr_and_shoko() -> Iterable[Target]:
    seerrs: Iterable[tuple[str, Callable[[str, bytes], object], str]] = (
        ("requests", _SEERR_PAGE, "requests-*"),
        ("media", seerr.parse_media_page, "media-page"),
        ("servers", seerr.parse_sonarr_servers, "settings-sonarr"),
        ("version", seerr.parse_version, "status"),
        ("title", seerr.parse_title, "tv-title"),
    )
    for name, read, files in seerrs:
        yield Target(f"seerr {name}", partial(read, "x"), recorded(f"seerr/{files}.json"))
    series = made(shoko_answers.a_series(1))
    shoko_files = made(shoko_answers.a_list([shoko_answers.a_file(n) for n in (1, 2)]))
    folders = made([{"ID": 1, "Path": "/anime/", "Name": "Anime"}])
    status = made({"State": "Started", "Uptime": "1", "DatabaseBlocked": {"Blocked": False}})
    shokos: Iterable[tuple[Callable[[str, bytes], object], tuple[bytes, ...]]] = (
        (shoko.parse_series, series),
        (shoko.parse_files, shoko_files),
        (shoko.parse_folders, folders),
        (shoko.parse_status, status),
        (shoko.parse_key, made({"apikey": "k"})),
        (shoko.parse_is_unrestricted, made({"RestrictedTags": []})),
    )
    for read_shoko, good in shokos:
        yield Target(f"shoko {read_shoko.__name__}", partial(read_shoko, "x"), good)
