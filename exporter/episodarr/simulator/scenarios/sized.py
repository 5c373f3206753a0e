"""Libraries of any size, for measuring."""

from __future__ import annotations

from episodarr.simulator.events.intake import SeasonPlan, SeriesPlan
from episodarr.simulator.names import GIB, seeded, show_title
from episodarr.simulator.state.library import Episode
from episodarr.simulator.state.torrents import TorrentFile
from episodarr.simulator.world import Step, World

_SEASON_EPISODES = 12
_FIRST_TVDB_ID = 100_001
_TORRENTS_OF_A_SERIES = 2
"""A series that is under way seldom has just one download."""
_OLDEST_GRAB_SECONDS = 6 * 3600
_TODAY = 0.2
"""Days ago; what aired within a day makes its season active."""


def sized_steps(
    *,
    series: int,
    episodes: int,
    active: int,
    torrents: int,
    moving: float,
    requests: int,
    all_active: bool,
) -> list[Step]:
    """What makes a library with so many series, episodes, and downloads in so many torrents.

    Raises:
        ValueError: The numbers contradict each other.
    """
    if requests > series:
        msg = f"cannot request {requests} of {series} series"
        raise ValueError(msg)
    if series < 1 or episodes < series or active > episodes:
        msg = f"cannot spread {episodes} episodes over {series} series with {active} active"
        raise ValueError(msg)
    if torrents > active or (active > 0 and torrents < 1):
        msg = f"{active} active episodes cannot be in {torrents} torrents"
        raise ValueError(msg)
    sizes = _spread(episodes, series)
    wanted = _spread_active(active, torrents, sizes)
    steps: list[Step] = [lambda world: _fill(world, sizes, wanted, moving, all_active=all_active)]
    if requests:
        steps.append(lambda world: _request(world, requests))
    return steps


def _request(world: World, count: int) -> None:
    for index in range(count):
        world.request_series("tv", _FIRST_TVDB_ID + index, [1], age_days=1 + index % 300)


def _spread(total: int, parts: int) -> list[int]:
    return [total // parts + (index < total % parts) for index in range(parts)]


def _spread_active(active: int, torrents: int, sizes: list[int]) -> dict[int, list[int]]:
    """For each series the sizes of its torrents; a series never has more than it has episodes."""
    plan: dict[int, list[int]] = {}
    room = list(sizes)
    for number, count in enumerate(_spread(active, torrents) if torrents else []):
        index = number // _TORRENTS_OF_A_SERIES
        left = count
        while left:
            if room[index % len(room)]:
                part = min(left, room[index % len(room)])
                plan.setdefault(index % len(room), []).append(part)
                room[index % len(room)] -= part
                left -= part
            index += 1
    return plan


def _fill(
    world: World,
    sizes: list[int],
    wanted: dict[int, list[int]],
    moving: float,
    *,
    all_active: bool,
) -> None:
    draw = seeded(world.seed, "sized")
    for index, size in enumerate(sizes):
        missing = sum(wanted.get(index, []))
        anime = index % 4 == 0
        plan = SeriesPlan(
            tvdb_id=_FIRST_TVDB_ID + index,
            title=show_title(index),
            year=1990 + index % 35,
            series_type="anime" if anime else "standard",
            root="/anime" if anime else "/tv",
            status="ended" if index % 3 else "continuing",
            seasons=_seasons(size, size - missing, all_active=all_active),
            file_bytes=GIB // 2 + draw.randrange(2 * GIB),
            added_days=400,
        )
        world.add_series("tv", plan)
        _download(world, plan.tvdb_id, wanted.get(index, []), draw.random())
    world.move_torrents("main", ratio=moving)


def _seasons(size: int, held: int, *, all_active: bool) -> dict[int, SeasonPlan]:
    plans = {}
    for number, start in enumerate(range(0, size, _SEASON_EPISODES), 1):
        count = min(_SEASON_EPISODES, size - start)
        plans[number] = SeasonPlan(
            episodes=count,
            files=max(0, min(count, held - start)),
            last_aired_days=_TODAY if all_active else 20,
            in_turn=not all_active,
        )
    return plans


def _download(world: World, tvdb_id: int, parts: list[int], luck: float) -> None:
    _, series = world.find_series("tv", tvdb_id)
    missing = [episode for episode in series.episodes if not episode.file_id]
    for part in parts:
        held, missing = missing[:part], missing[part:]
        codes = [(episode.season, episode.number) for episode in held]
        files = _files(series.slug, held, luck)
        # Not all in one minute: a read that goes back a little would have all of them every time.
        age = _OLDEST_GRAB_SECONDS * luck
        world.grab(
            "tv",
            tvdb_id,
            codes,
            files=files,
            rate=0.0,
            age_seconds=age,
            several_seasons=True,
        )


def _files(slug: str, episodes: list[Episode], luck: float) -> list[TorrentFile]:
    folder = f"{slug}.pack.1080p/" if len(episodes) > 1 else ""
    files = []
    for place, episode in enumerate(episodes):
        size = GIB + place * 1_048_576
        name = f"{folder}{slug}.S{episode.season:02d}E{episode.number:02d}.1080p.mkv"
        share = (luck + place * 0.37) % 0.9
        code = ((episode.season, episode.number),)
        files.append(TorrentFile(name, size, size * share, episodes=code))
    return files
