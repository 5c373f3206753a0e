"""The library of the demo, in which every stage can be seen at once."""

from __future__ import annotations

from datetime import timedelta

from episodarr.simulator.events.intake import SeasonPlan, SeriesPlan
from episodarr.simulator.names import GIB, MIB
from episodarr.simulator.state.library import AlternateTitle
from episodarr.simulator.state.seerr import SeerrOptions
from episodarr.simulator.state.sonarr import SonarrOptions, sonarr_options
from episodarr.simulator.state.torrents import TorrentFile
from episodarr.simulator.world import Step, World

SPY_X_FAMILY = 405920
LYCORIS_RECOIL = 414057
SEVERANCE = 371980
ANDOR = 393189
SHOGUN = 392573
CHARLOTTE = 293088
TORADORA = 84751
ATTACK_ON_TITAN = 267440
VINLAND_SAGA = 359274
FRIEREN = 424536
FRIEREN_TITLE = "Frieren: Beyond Journey's End"
"""Requested and not approved yet, so in no Sonarr."""

SECOND_SONARR = "anime4k"
DELETE_AFTER_SECONDS = 25.0
DELETE_PARTLY_AFTER_SECONDS = 40.0
STUCK_EPISODES = ((1, 11), (1, 12))
"""The episodes whose files refuse to be deleted."""

_SEARCH_SECONDS = 120.0
_SEARCH_AGAIN_SECONDS = 600.0


def demo_sonarrs() -> list[SonarrOptions]:
    """The two instances, which share nothing but their way to count ids."""
    second = sonarr_options(
        SECOND_SONARR,
        api_key="demo-sonarr-4k-key",
        root_folders=("/anime-4k",),
        category="anime-4k",
        is_4k=True,
    )
    return [sonarr_options("tv"), second]


def demo_seerr() -> SeerrOptions:
    """A Seerr that syncs often enough to be watched."""
    return SeerrOptions(availability_seconds=30.0, recent_seconds=20.0)


def _anime(world: World) -> None:
    world.add_series(
        "tv",
        SeriesPlan(
            tvdb_id=SPY_X_FAMILY,
            tmdb_id=120089,
            title="SPY x FAMILY",
            year=2022,
            series_type="anime",
            root="/anime",
            added_days=3,
            alternate_titles=(AlternateTitle("Spy Family"),),
            seasons={
                0: SeasonPlan(episodes=2, monitored=False),
                1: SeasonPlan(episodes=12, files=12),
                2: SeasonPlan(episodes=12, last_aired_days=20),
            },
        ),
    )
    world.add_series(
        "tv",
        SeriesPlan(
            tvdb_id=LYCORIS_RECOIL,
            tmdb_id=154494,
            title="Lycoris Recoil",
            year=2022,
            series_type="anime",
            root="/anime",
            status="ended",
            seasons={1: SeasonPlan(episodes=13, last_aired_days=400)},
        ),
    )
    for tvdb_id, title, year, count in (
        (CHARLOTTE, "Charlotte (2015)", 2015, 13),
        (TORADORA, "Toradora!", 2008, 25),
    ):
        world.add_series(
            "tv",
            SeriesPlan(
                tvdb_id=tvdb_id,
                title=title,
                year=year,
                series_type="anime",
                root="/anime",
                status="ended",
                added_days=200,
                seasons={1: SeasonPlan(episodes=count, files=count, last_aired_days=900)},
            ),
        )


def _standard(world: World) -> None:
    world.add_series(
        "tv",
        SeriesPlan(
            tvdb_id=SEVERANCE,
            tmdb_id=95396,
            title="Severance",
            year=2022,
            root="/tv",
            seasons={
                1: SeasonPlan(episodes=9, files=9, last_aired_days=300),
                2: SeasonPlan(episodes=10, aired=5, files=4, last_aired_days=0.2),
            },
        ),
    )
    world.add_series(
        "tv",
        SeriesPlan(
            tvdb_id=ANDOR,
            tmdb_id=83867,
            title="Andor",
            year=2022,
            root="/tv",
            seasons={
                1: SeasonPlan(episodes=12, files=12, last_aired_days=500),
                2: SeasonPlan(episodes=12, files=4, last_aired_days=40),
            },
        ),
    )
    world.add_series(
        "tv",
        SeriesPlan(
            tvdb_id=SHOGUN,
            tmdb_id=126308,
            title="Shōgun (2024)",
            year=2024,
            root="/tv",
            seasons={1: SeasonPlan(episodes=10, files=9, last_aired_days=90)},
        ),
    )


def _second(world: World) -> None:
    for tvdb_id, title, count in (
        (ATTACK_ON_TITAN, "Attack on Titan", 25),
        (VINLAND_SAGA, "Vinland Saga", 24),
    ):
        world.add_series(
            SECOND_SONARR,
            SeriesPlan(
                tvdb_id=tvdb_id,
                title=title,
                year=2013,
                series_type="anime",
                root="/anime-4k",
                status="ended",
                quality="Bluray-2160p",
                file_bytes=7 * GIB,
                seasons={1: SeasonPlan(episodes=count, files=count - 2, last_aired_days=700)},
            ),
        )
    world.grab(
        SECOND_SONARR,
        VINLAND_SAGA,
        [(1, 23)],
        title="[Group] Vinland Saga S01E23 2160p",
        size_bytes=7 * GIB,
        progress=0.62,
        rate=2_000_000,
        quality="Bluray-2160p",
        age_seconds=2400,
    )


def _downloads(world: World) -> None:
    # 1.4 GiB of which 55 % are missing, in 12 minutes.
    size = int(1.4 * GIB)
    world.grab(
        "tv",
        SPY_X_FAMILY,
        [(2, 1)],
        title="[Group] SPY x FAMILY S02E01 1080p",
        size_bytes=size,
        progress=0.45,
        rate=size * 0.55 / 720,
        age_seconds=600,
        release_group="Group",
    )
    stalled = world.grab(
        "tv",
        SPY_X_FAMILY,
        [(2, 2)],
        title="[Group] SPY x FAMILY S02E02 1080p",
        size_bytes=size,
        progress=0.12,
        rate=0,
        phase="stalled",
        age_seconds=5400,
        release_group="Group",
    )
    torrent = world.sonarr("tv").tracked[stalled].torrent
    torrent.last_activity_at = world.now - timedelta(minutes=48)
    world.grab(
        "tv",
        LYCORIS_RECOIL,
        [(1, number) for number in range(1, 14)],
        title="[FLE] Lycoris Recoil - S01 REPACK (BD 1080p HEVC x265 Opus) [Dual Audio]",
        files=_pack_files(),
        rate=4_500_000,
        age_seconds=1800,
        quality="Bluray-1080p",
        release_group="FLE",
    )


def _pack_files() -> list[TorrentFile]:
    """Thirteen episodes that are each at another point, and what else comes in packs."""
    folder = "Lycoris.Recoil.S01.REPACK.1080p.BluRay.Dual-Audio.Opus2.0.x265-FLE"
    stem = f"{folder}/Lycoris.Recoil.S01"
    tail = "1080p.BluRay.Dual-Audio.Opus2.0.x265-FLE"
    files = []
    for number in range(1, 14):
        size = int(2.1 * GIB) + number * 37 * MIB
        share = (number * 5 % 13) / 13 * 0.9 + 0.02
        files.append(
            TorrentFile(
                f"{stem}E{number:02d}.{tail}.mkv",
                size,
                done_bytes=size * share,
                weight=0.3 + (number * 7 % 13) / 13,
                episodes=((1, number),),
            )
        )
    files.append(TorrentFile(f"{folder}/{folder}.nfo", 4_820, done_bytes=4_820.0))
    files.append(TorrentFile(f"{folder}/Sample/lycoris.sample.mkv", 48 * MIB, done_bytes=9e6))
    return files


def _trouble(world: World) -> None:
    failed = world.grab("tv", ANDOR, [(2, 5)], age_seconds=3 * 3600)
    world.fail_download("tv", failed, age_seconds=2 * 3600)
    blocked = world.grab("tv", SHOGUN, [(1, 10)], progress=0.99, rate=0, age_seconds=7200)
    world.finish_download("tv", blocked)
    world.sonarr("tv").tracked[blocked].blocked_by = (
        "One or more episodes expected in this release were not imported or missing",
        "Episode file on disk contains more episodes than this file contains",
    )
    world.delay_release("tv", SEVERANCE, [(2, 5)], minutes=95)


def _requests(world: World) -> None:
    world.request_series("tv", SPY_X_FAMILY, [1, 2], age_days=3)
    world.request_series("tv", LYCORIS_RECOIL, [1], user="sam", age_days=0.1)
    world.request_series("tv", CHARLOTTE, [1], user="sam", age_days=190)
    world.request_series("tv", TORADORA, [1], user="kim", age_days=195)
    world.request_series("tv", SEVERANCE, [2], user="kim", age_days=9)
    world.request_series(SECOND_SONARR, VINLAND_SAGA, [1], age_days=2)
    world.request_series(
        "tv", FRIEREN, [1], tmdb_id=209867, title=FRIEREN_TITLE, user="kim", pending=True
    )


def _script(world: World) -> None:
    def search() -> None:
        world.search("tv", SPY_X_FAMILY, [(2, 3)], seconds=_SEARCH_SECONDS)

    search()
    world.every(_SEARCH_AGAIN_SECONDS, search)
    world.pin_files("tv", TORADORA, STUCK_EPISODES)
    world.after(DELETE_AFTER_SECONDS, lambda: _delete(world, CHARLOTTE))
    world.after(DELETE_PARTLY_AFTER_SECONDS, lambda: _delete(world, TORADORA))


def _delete(world: World, tvdb_id: int) -> None:
    """Deletes a series of the script, unless it is gone already."""
    if tvdb_id in world.sonarr("tv").by_tvdb:
        world.delete_series("tv", tvdb_id)


DEMO_STEPS: tuple[Step, ...] = (
    _anime,
    _standard,
    _second,
    _downloads,
    _trouble,
    _requests,
    _script,
)
"""The steps that fill the demo's library; the package's docstring lists the content."""
