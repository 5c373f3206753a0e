"""Webhooks make the next read come now, and once more after Sonarr's lag; they change nothing else."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from episodarr.cycle.wakeups import AGAIN_AFTER_SECONDS, APART_SECONDS
from episodarr.model.stage import Stage
from episodarr.simulator import Scenario
from episodarr.simulator.servers.request_counts import JournalLine
from episodarr.simulator.simulation import WEB_SECRET
from tests.rig import Rig, rig, value

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "sonarr" / "5-develop" / "webhooks"
SPY = 405920
URL = "/webhooks/sonarr/tv"
SECRET = {"X-Episodarr-Secret": WEB_SECRET, "Content-Type": "application/json"}
SELDOM = {"EPISODARR_CYCLE_SECONDS": "600"}
"""So that whatever is asked was asked because of a webhook."""


def message(event: str, sonarr_id: int, **more: object) -> bytes:
    series = {"id": sonarr_id, "title": "A Show", "path": "/tv/A Show", "tvdbId": 1000 + sonarr_id}
    return json.dumps({"eventType": event, "series": series, **more}).encode()


@asynccontextmanager
async def at_work(running: Rig) -> AsyncIterator[httpx.AsyncClient]:
    """The exporter cycles by itself, as `serve` would have it."""
    task = asyncio.create_task(running.application.poller.run())
    try:
        async with running.browser() as browser:
            yield browser
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def quiet(running: Rig) -> None:
    """Wait until the first cycle and what it set going are over."""
    for _ in range(600):
        if running.application.published.is_ready and not any(
            running.simulation.requests.in_flight(system) for system in running.simulation.urls
        ):
            return
        await asyncio.sleep(0.02)


def asked(running: Rig, path: str) -> list[JournalLine]:
    return [line for line in running.simulation.requests.journal or () if line.path == path]


@pytest.mark.parametrize("name", ["GrabPack.json", "DownloadComplete.json"])
@pytest.mark.parametrize("auth", [("sonarr", WEB_SECRET), None], ids=["basic", "header"])
async def test_recorded_webhooks_are_accepted_as_they_are(
    name: str, auth: tuple[str, str] | None
) -> None:
    async with rig() as running, running.browser() as browser:
        body = (RECORDED / name).read_bytes()
        headers = SECRET if auth is None else {"Content-Type": "application/json"}
        basic = httpx.BasicAuth(*auth) if auth is not None else httpx.USE_CLIENT_DEFAULT
        answer = await browser.post(URL, content=body, headers=headers, auth=basic)
        assert answer.status_code == 202, answer.text
        await running.cycle()
        event = json.loads(body)["eventType"]
        counted = value(
            running.samples(), "episodarr_webhook_events_total", upstream="tv", event=event
        )
        assert counted == 1


EVENTS: Mapping[str, Mapping[str, object]] = {
    "Grab": {"downloadId": "ABC", "episodes": [{"id": 1, "seasonNumber": 1, "episodeNumber": 1}]},
    "Download": {"isUpgrade": True, "episodeFile": {"relativePath": "a.mkv"}, "deletedFiles": []},
    "SeriesAdd": {},
    "SeriesDelete": {"deletedFiles": True},
    "EpisodeFileDelete": {"deleteReason": "upgrade", "episodeFile": {"relativePath": "a.mkv"}},
    "Rename": {"renamedEpisodeFiles": [{"relativePath": "b.mkv", "previousPath": "/tv/a.mkv"}]},
    "ManualInteractionRequired": {"downloadId": "ABC"},
    "Health": {"message": "Indexers are down"},
    "Test": {},
}


async def test_every_kind_of_event_is_accepted_and_counted_unknown_ones_too() -> None:
    async with rig() as running, running.browser() as browser:
        for event, more in {**EVENTS, "ImportedOnMars": {}}.items():
            body = message(event, 1, **more)
            answer = await browser.post(URL, content=body, headers=SECRET)
            assert answer.status_code == 202, event
        await running.cycle()
        samples = running.samples()
        for event in (*EVENTS, "other"):
            counted = value(samples, "episodarr_webhook_events_total", upstream="tv", event=event)
            assert counted == 1, event


async def test_without_the_secret_nothing_is_taken() -> None:
    async with rig() as running, running.browser() as browser:
        kind = {"Content-Type": "application/json"}
        body = message("Grab", 1)
        refused = await browser.post(URL, content=body, headers=kind)
        wrong = await browser.post(URL, content=body, headers=kind, auth=("sonarr", "guess"))
        large = await browser.post(URL, content=b" " * 30_000_000, headers=SECRET)
        broken = await browser.post(URL, content=b'{"eventType"', headers=SECRET)
        unknown = await browser.post("/webhooks/sonarr/x", content=body, headers=SECRET)
        answers = (refused, wrong, large, broken, unknown)
        assert [a.status_code for a in answers] == [401, 401, 413, 400, 404]
        await running.cycle()
        counted = running.samples().get("episodarr_webhook_events_total", {})
        assert set(counted.values()) <= {0}


@pytest.mark.alone
async def test_a_grab_is_one_read_at_once_and_one_after_sonarrs_lag() -> None:
    async with rig(environment=SELDOM) as running:
        await running.settle()
        async with at_work(running) as browser:
            await asyncio.sleep(0.5)
            await quiet(running)
            _, series = running.simulation.world.find_series("tv", SPY)
            running.simulation.requests.journal = []
            running.simulation.world.grab("tv", SPY, [(2, 7)])
            grabbed_at = time.monotonic()
            body = message("Grab", series.id)
            for _ in range(5):  # Sonarr may say it more than once.
                answer = await browser.post(URL, content=body, headers=SECRET)
                assert answer.status_code == 202
            await asyncio.sleep(1)
            assert running.episode("tv", SPY, 2, 7).stage is Stage.FOUND
            await asyncio.sleep(AGAIN_AFTER_SECONDS + 1.5)
            path = "/api/v3/episode"
            reads = [line.at_seconds - grabbed_at for line in asked(running, path)]
            assert len(reads) == 2, reads
            assert reads[0] < 1
            assert 6 <= reads[1] <= 10
            queues = (
                *asked(running, "/api/v3/queue"),
                *asked(running, "/api/v3/queue/details"),
            )
            assert len([line for line in queues if line.system == "sonarr.tv"]) == 2


@pytest.mark.alone
async def test_a_storm_is_at_most_one_read_per_series_in_five_seconds() -> None:
    library = Scenario.sized(series=100, episodes=1_000, seed=3)
    async with rig(library, environment=SELDOM) as running:
        await running.settle()
        async with at_work(running) as browser:
            await asyncio.sleep(0.5)
            await quiet(running)
            running.simulation.requests.journal = []
            started = time.monotonic()
            for number in range(1_000):
                body = message("Grab", 1 + number % 40)
                answer = await browser.post(URL, content=body, headers=SECRET)
                assert answer.status_code == 202
                await asyncio.sleep(max(0.0, started + number / 1_000 - time.monotonic()))
            await asyncio.sleep(2 * APART_SECONDS + 2)
            reads: dict[str, list[float]] = {}
            for line in asked(running, "/api/v3/episode"):
                reads.setdefault(line.query, []).append(line.at_seconds)
            assert len(reads) == 40
            gaps = [b - a for at in reads.values() for a, b in itertools.pairwise(at)]
            assert min(gaps) >= APART_SECONDS - 0.5
            assert max(len(at) for at in reads.values()) <= 3
            cycles = len(asked(running, "/api/v3/command"))
            assert cycles <= 25
