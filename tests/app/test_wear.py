"""What hangs, refuses, fails or steps for ever uses nothing up, however long it lasts."""

import asyncio
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from episodarr.errors import TimedOut, Unauthorized
from episodarr.model.check import DiskQuestion
from episodarr.runtime.lookups import OwnLookups
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.qbittorrent.client import QbittorrentClient
from tests.app.test_attacks import hold_flat
from tests.deletions.service.driver import Driver
from tests.deletions.service.test_troubles import _limit
from tests.deletions.service.world import CHARLOTTE
from tests.runtime.test_clock import Machine
from tests.systems.disk.test_disk import NOW
from tests.systems.qbittorrent.qbittorrent_stub import USERNAME, StubQbittorrent
from tests.systems.qbittorrent.test_qbittorrent_client import Clock

MINUTE = timedelta(minutes=1)


def test_names_that_hang_for_ever_use_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight names that hang, asked for in every cycle and given up in each."""
    free = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: free.wait())

    async def story() -> None:
        loop: Any = asyncio.get_running_loop()

        async def attack() -> None:
            for n in range(8):
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.001):
                        await loop.getaddrinfo(f"slow{n}", 80)

        await hold_flat(attack, peak_mib=1)
        free.set()

    # The loop that is tested is not the one of pytest.
    asyncio.run(story(), loop_factory=OwnLookups)


def test_names_that_are_slow_and_do_not_exist_use_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail_slowly(*_: object) -> None:
        threading.Event().wait(0.005)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", fail_slowly)

    async def story() -> None:
        loop: Any = asyncio.get_running_loop()

        async def attack() -> None:
            names = (loop.getaddrinfo(f"none{n}", 80) for n in range(20))
            await asyncio.gather(*names, return_exceptions=True)

        await hold_flat(attack, peak_mib=4)

    # The loop that is tested is not the one of pytest.
    asyncio.run(story(), loop_factory=OwnLookups)


async def test_a_file_system_that_hangs_for_ever_uses_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    hung = tmp_path / "hung"
    question = DiskQuestion(paths=(), folder=None, roots=(str(hung),), controls=())
    monkeypatch.setattr("episodarr.systems.disk.client.check_again", lambda *_: free.wait())
    monkeypatch.setattr("episodarr.systems.disk.client.take_holding", lambda *_: free.wait())
    client = DiskClient({"/tv": str(hung)}, timeout_seconds=0.01)

    async def attack() -> None:
        for n in range(20):
            with pytest.raises(TimedOut):
                await client.check(question, NOW)
            with pytest.raises(TimedOut):
                await client.take(f"/tv/Show {n}", {f"/tv/Show {n}/E01.mkv": 1})

    try:
        await hold_flat(attack, peak_mib=1)
    finally:
        free.set()


async def test_refused_logins_use_nothing_up_over_a_day_of_cycles() -> None:
    clock = Clock()
    with StubQbittorrent().running() as stub:
        client = QbittorrentClient(
            "main",
            ConnectionOptions(base_url=stub.url),
            observer=ignore_requests,
            username=USERNAME,
            password="wrong",
            monotonic=clock,
        )

        async def attack() -> None:
            for _ in range(20):
                with pytest.raises(Unauthorized):
                    await client.fetch_torrents()
                clock.now += 600

        await hold_flat(attack, peak_mib=1)
        await client.aclose()
        assert stub.logins == 2


async def test_a_store_that_refuses_every_write_uses_nothing_up(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "store")
    await driver.take_inventories()
    _limit(driver, pages=0)
    driver.world.delete_files(driver.world.drop_row(CHARLOTTE))
    await driver.hook_series()
    await driver.run(40 * MINUTE)
    failures = driver.verification.log.write_failures

    async def attack() -> None:
        for _ in range(3):
            await driver.hook_series()
            driver.now += MINUTE
            await driver.verification.commands.recheck(driver.view().deletion_id, driver.now)
            await driver.verification.passes.run(driver.now)

    await hold_flat(attack, peak_mib=2)
    assert driver.verification.log.write_failures > failures
    driver.store.close()


async def test_a_clock_that_steps_back_and_forth_uses_nothing_up() -> None:
    machine = Machine()
    day = timedelta(days=1)

    async def attack() -> None:
        for step in (day, -day, -day, day) * 50:
            machine.wall_at += step
            machine.passes(5)
            assert machine.clock.trouble is None or "was set" in machine.clock.trouble

    await hold_flat(attack, peak_mib=1)
