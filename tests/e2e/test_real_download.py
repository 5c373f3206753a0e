"""A real qBittorrent downloads a real season pack; a real Prometheus sees every episode of it."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import libtorrent as lt
import pytest

from episodarr.simulator import Scenario, SeasonPlan, Simulation, TorrentFile
from tests.e2e.servers import (
    PASSWORD,
    USERNAME,
    Prometheus,
    Qbittorrent,
    exporter,
    prometheus,
    qbittorrent,
    qbittorrent_of,
)

EPISODES = 9
FILE_BYTES = 1_500_000
PIECE_BYTES = 64 * 1024
LIMIT_KIB = 1_500
CYCLE_SECONDS = 0.5
TVDB_ID = 359274
NAME = "Vinland.Saga.S01.1080p.BluRay-GRP"
ONE_SCRAPE = (
    f'{{__name__=~"episodarr_episode_(progress_ratio|stage)",tvdb_id="{TVDB_ID}"}} or '
    'episodarr_upstream_last_success_timestamp_seconds{system="qbittorrent"}'
)
"""All from one scrape: what is known of the episodes, and when the client was read for it."""

VERSIONS = {"system": "", "trixie": "v5.1.", "trixie-backports": "v5.3."}
"""How the version begins, by the Debian release it is of; the system's own may be any."""

pytestmark = pytest.mark.e2e


def file_name(number: int) -> str:
    return f"Vinland.Saga.S01E{number:02d}.1080p.BluRay-GRP.mkv"


@contextmanager
def seeder(folder: Path) -> Iterator[tuple[bytes, str, str]]:
    """A libtorrent that seeds the pack: the torrent file, its hash, the seeder's address."""
    pack = folder / NAME
    pack.mkdir(parents=True)
    noise = random.Random(7)  # noqa: S311  content, not a secret
    for number in range(1, EPISODES + 1):
        (pack / file_name(number)).write_bytes(noise.randbytes(FILE_BYTES + 1000 * number))
    (pack / f"{NAME}.nfo").write_bytes(noise.randbytes(4_000))
    creator = lt.create_torrent(
        lt.list_files(str(pack)), piece_size=PIECE_BYTES, flags=lt.create_torrent.v1_only
    )
    lt.set_piece_hashes(creator, str(folder))
    torrent: bytes = lt.bencode(creator.generate())
    params = lt.load_torrent_buffer(torrent)
    params.save_path = str(folder)
    params.flags |= lt.torrent_flags.seed_mode
    session = lt.session(
        {
            "listen_interfaces": "127.0.0.1:0",
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "allow_multiple_connections_per_ip": True,
            "user_agent": "episodarr-test",
        }
    )
    handle = session.add_torrent(params)
    try:
        yield torrent, str(params.info_hashes.v1), f"127.0.0.1:{session.listen_port()}"
    finally:
        session.remove_torrent(handle)
        session.pause()


@dataclass
class Witness:
    """What qBittorrent's own API says, over and over, with the time of each answer."""

    client: Qbittorrent
    info_hash: str
    answers: list[tuple[float, float, dict[str, float]]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.stop.is_set():
            asked = time.time()
            files = self.client.files(self.info_hash)
            progress = {str(f["name"]).rpartition("/")[2]: float(str(f["progress"])) for f in files}
            self.answers.append((asked, time.time(), progress))
            time.sleep(0.05)

    def between(self, begin: float, end: float, name: str) -> tuple[float, float]:
        """The progress of a file just before `begin` and just after `end`."""
        before = [p[name] for _, answered, p in self.answers if answered <= begin]
        after = [p[name] for asked, _, p in self.answers if asked >= end]
        return (before[-1] if before else 0.0, after[0] if after else 1.0)


def a_world() -> Scenario:
    scenario = Scenario.empty(seed=3)
    scenario.add_series(
        TVDB_ID, "Vinland Saga", {1: SeasonPlan(episodes=EPISODES)}, series_type="anime"
    )
    return scenario


@dataclass
class Run:
    """What Prometheus saw, scrape by scrape."""

    progress: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)
    """When the client was read, when before that at the latest, progress by episode."""
    stages: list[dict[int, str]] = field(default_factory=list)


def scrape(server: Prometheus, run: Run) -> None:
    rows = server.query(ONE_SCRAPE)
    at = 0.0
    progress: dict[int, float] = {}
    stages: dict[int, str] = {}
    for row in rows:
        labels: dict[str, str] = row["metric"]  # type: ignore[assignment]  # Prometheus' own shape
        value = float(row["value"][1])  # type: ignore[index]  # [time, "value"]
        if "upstream" in labels:
            at = value
        elif labels["__name__"].endswith("ratio"):
            progress[int(labels["episode"])] = value
        else:
            stages[int(labels["episode"])] = labels["episode_stage"]
    last = run.progress[-1][0] if run.progress else 0.0
    if at == last:
        return
    run.progress.append((at, last, progress))
    run.stages.append(stages)


async def until(condition: object, seconds: float, server: Prometheus, run: Run) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]  # a callable of the test
        assert time.monotonic() < deadline, (run.stages[-1:], run.progress[-1:])
        await asyncio.to_thread(scrape, server, run)
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("suite", VERSIONS)
async def test_a_season_pack_from_a_real_client_to_a_real_prometheus(
    suite: str, tmp_path: Path
) -> None:
    command = qbittorrent_of(suite)
    with (
        seeder(tmp_path / "seed") as (torrent, info_hash, peer),
        qbittorrent(tmp_path, command, limit_kib=LIMIT_KIB) as client,
    ):
        assert client.version.startswith(VERSIONS[suite])
        simulation = Simulation(a_world())
        async with simulation:
            environment = {
                k: v
                for k, v in simulation.environment().items()
                if "QBITTORRENT" not in k and k.startswith("EPISODARR_SONARR__TV")
            }
            environment |= {
                "EPISODARR_QBITTORRENT__MAIN__URL": client.url,
                "EPISODARR_QBITTORRENT__MAIN__USERNAME": USERNAME,
                "EPISODARR_QBITTORRENT__MAIN__PASSWORD": PASSWORD,
                "EPISODARR_CYCLE_SECONDS": str(CYCLE_SECONDS),
            }
            download = simulation.world.grab(
                "tv",
                TVDB_ID,
                [(1, n) for n in range(1, EPISODES + 1)],
                title=NAME,
                files=[
                    TorrentFile(f"{NAME}/{file_name(n)}", FILE_BYTES, episodes=((1, n),))
                    for n in range(1, EPISODES + 1)
                ],
                rate=0.0,
                info_hash=info_hash,
            )
            simulation.world.refresh_queue("tv")
            with (
                exporter(tmp_path, environment) as target,
                prometheus(tmp_path, target) as server,
            ):
                await follow(simulation, client, server, (torrent, info_hash, peer), download)


async def follow(
    simulation: Simulation,
    client: Qbittorrent,
    server: Prometheus,
    seeded: tuple[bytes, str, str],
    download: str,
) -> None:
    torrent, info_hash, peer = seeded
    run, witness = Run(), Witness(client, info_hash)
    await until(lambda: run.stages and "found" in run.stages[-1].values(), 20, server, run)
    await asyncio.to_thread(client.add, torrent, peer, info_hash)
    watching = threading.Thread(target=witness.watch)
    watching.start()
    try:
        await until(
            lambda: (
                set(run.stages[-1].values()) == {"importing"} and len(run.stages[-1]) == EPISODES
            ),
            60,
            server,
            run,
        )
    finally:
        witness.stop.set()
        watching.join()
    await start_again(client, info_hash, server, run)
    simulation.world.finish_download("tv", download)
    simulation.world.import_download("tv", download)
    await until(
        lambda: set(run.stages[-1].values()) == {"available"} and len(run.stages[-1]) == EPISODES,
        30,
        server,
        run,
    )
    judge(run, witness)
    assert durations(server) == {"found": EPISODES, "downloading": EPISODES, "importing": EPISODES}


async def start_again(client: Qbittorrent, info_hash: str, server: Prometheus, run: Run) -> None:
    """While it reads and checks what it has it lists 0 bytes; the pack stays complete."""
    before = len(run.stages)
    await asyncio.to_thread(client.start)
    client.post("torrents/recheck", hashes=info_hash)
    await until(lambda: len(run.stages) >= before + 3, 20, server, run)
    assert {stage for stages in run.stages[before:] for stage in stages.values()} == {"importing"}
    assert all(set(p.values()) == {1.0} for _, _, p in run.progress[before:])


def durations(server: Prometheus) -> dict[str, int]:
    """How many episodes were seen to leave each stage."""
    rows = server.query("episodarr_episode_stage_duration_seconds_count > 0")
    return {r["metric"]["episode_stage"]: int(r["value"][1]) for r in rows}  # type: ignore[index]


def judge(run: Run, witness: Witness) -> None:
    assert max(len(set(p.values())) for _, _, p in run.progress) >= 6
    for (_, _, before), (_, _, after) in zip(run.progress, run.progress[1:], strict=False):
        for number, ratio in before.items():
            assert after[number] >= ratio, (number, ratio, after[number])
    compared = 0
    for (at, before_at, progress), stages in zip(run.progress, run.stages, strict=True):
        for number, ratio in progress.items():
            if stages[number] != "downloading":
                continue
            low, high = witness.between(before_at, at, file_name(number))
            piece = PIECE_BYTES / FILE_BYTES
            assert low - piece <= ratio <= high + piece, (number, low, ratio, high)
            compared += 1
    assert compared >= 3 * EPISODES
