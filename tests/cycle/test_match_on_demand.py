"""A wrong match is reported of any torrent that a Sonarr wanted, whether its files are held or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from episodarr.simulator import Scenario, SeasonPlan, TorrentFile
from tests.rig import Rig, rig

TVDB_ID = 359274
PACK = "Vinland.Saga.S01.1080p.BluRay-GRP"
LOST = "0" * 40


def pack_of(name: str, *episodes: int, done: bool = False) -> list[TorrentFile]:
    size = 1_000_000
    return [
        TorrentFile(
            f"{name}/Vinland.Saga.S01E{n:02d}.mkv", size, size if done else 0, episodes=((1, n),)
        )
        for n in episodes
    ]


class Downloads:
    """A pack under way, and one that is complete: of that one no file list is held."""

    def __init__(self, running: Rig) -> None:
        self.running = running
        self.world = running.simulation.world
        self.under_way = self.grab(f"{PACK}-1", pack_of(f"{PACK}-1", 1, 2))
        done = pack_of(f"{PACK}-2", 3, 4, done=True)
        self.done = self.grab(f"{PACK}-2", done, phase="seeding", automatic=False)
        self.world.refresh_queue("tv")

    def grab(self, name: str, files: list[TorrentFile], **more: Any) -> str:
        wanted = [number for file in files for number in file.episodes]
        return self.world.grab("tv", TVDB_ID, wanted, title=name, files=files, rate=0.0, **more)

    async def asked(self, wanted: str) -> httpx.Response:
        async with self.running.browser() as browser:
            return await browser.get(f"/api/v1/downloads/{wanted}/match")

    def file_requests(self) -> int:
        counts = self.running.simulation.requests.report()["qbittorrent.main"]
        assert isinstance(counts, dict)
        return sum(n for path, n in counts["paths"].items() if "torrents/files" in path)


@asynccontextmanager
async def downloading() -> AsyncIterator[Downloads]:
    """An exporter that has seen the downloads."""
    world = Scenario.empty(seed=3)
    world.add_series(TVDB_ID, "Vinland Saga", {1: SeasonPlan(episodes=4)})
    async with rig(world, environment={"EPISODARR_EPISODES": "all"}) as running:
        downloads = Downloads(running)
        await running.settle()
        yield downloads


def numbers(answer: httpx.Response) -> list[tuple[int, int]]:
    assert answer.status_code == 200, answer.text
    return [(one["season"], one["episode"]) for one in answer.json()["candidates"]]


async def test_a_complete_pack_is_requested_of_its_client() -> None:
    async with downloading() as downloads:
        for wanted in (downloads.done, downloads.done.upper(), f"{PACK}-2"):
            answer = await downloads.asked(wanted)
            assert numbers(answer) == [(1, 3), (1, 4)]
            assert len(answer.json()["files"]) == 2


async def test_what_is_held_is_not_requested_again() -> None:
    async with downloading() as downloads:
        before = downloads.file_requests()
        assert numbers(await downloads.asked(downloads.under_way)) == [(1, 1), (1, 2)]
        assert downloads.file_requests() == before
        await downloads.asked(downloads.done)
        assert downloads.file_requests() == before + 1


async def test_an_imported_pack_is_known_by_its_grab() -> None:
    async with downloading() as downloads:
        downloads.world.import_download("tv", downloads.done)
        await downloads.running.cycle(3)
        assert numbers(await downloads.asked(downloads.done)) == [(1, 3), (1, 4)]


async def test_an_unknown_download_differs_from_one_that_cannot_be_known() -> None:
    async with downloading() as downloads:
        unknown = await downloads.asked(LOST)
        assert unknown.status_code == 404
        assert "No torrent of the download clients" in unknown.json()["error"]
        assert any(f"{PACK}-1" in line for line in unknown.json()["suggestions"])
        downloads.running.simulation.fault("qbittorrent.main", "refused")
        await downloads.running.cycle()
        silent = await downloads.asked(LOST)
        assert silent.status_code == 503
        assert "qBittorrent “main” does not answer" in silent.json()["error"]


async def test_a_client_that_is_down_is_named() -> None:
    async with downloading() as downloads:
        downloads.running.simulation.fault("qbittorrent.main", "refused")
        answer = await downloads.asked(downloads.done)
        assert answer.status_code == 503
        assert "qBittorrent “main” does not answer" in answer.json()["error"]
        assert numbers(await downloads.asked(downloads.under_way)) == [(1, 1), (1, 2)]


async def test_a_client_that_refuses_the_login_is_named_with_the_setting() -> None:
    async with downloading() as downloads:
        downloads.running.simulation.fault("qbittorrent.main", "status", status=403)
        downloads.running.clock.push(hours=2)
        answer = await downloads.asked(downloads.done)
        assert answer.status_code == 503
        assert "EPISODARR_QBITTORRENT__MAIN__USERNAME" in answer.json()["error"]


async def test_what_no_sonarr_of_ours_wants_is_another_ones() -> None:
    async with downloading() as downloads:
        theirs = downloads.world.add_torrent("tv", "Another.Show", pack_of("Another.Show", 1, 2))
        downloads.world.remove_download("tv", theirs, from_client=False)
        await downloads.running.cycle(2)
        answer = await downloads.asked(theirs)
        assert answer.status_code == 404
        assert "another exporter" in answer.json()["error"]


@pytest.mark.parametrize("wanted", [PACK, "vinland"])
async def test_a_name_that_several_have_is_no_answer(wanted: str) -> None:
    async with downloading() as downloads:
        downloads.grab(f"{PACK}-3", pack_of(f"{PACK}-3", 3, 4))
        downloads.world.refresh_queue("tv")
        await downloads.running.cycle(2)
        answer = await downloads.asked(wanted)
        assert answer.status_code == 409
        assert "give the id of one" in answer.json()["error"]
