"""The clients and joins against the simulated systems: one import seen by each of them."""

from collections import Counter
from datetime import timedelta
from itertools import chain

import pytest

from episodarr.model.ids import EpisodeFileId, SonarrName, TvdbId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.reading import Fresh
from episodarr.model.request import MediaStatus, RequestStatus
from episodarr.simulator import Scenario, SeasonPlan
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.seerr import SeerrOptions
from episodarr.simulator.state.shoko import ShokoOptions
from episodarr.stages.requests import place_requests, view_requests
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.linking import index_series, link_series, match_jellyfin
from episodarr.systems.jellyfin.matches import JellyfinMatch, jellyfin_match
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.matches import ShokoMatch, shoko_match
from episodarr.systems.shoko.matching import match_shoko, paths_to_ask
from episodarr.systems.shoko.session import ShokoCredentials, ShokoKey, ShokoLogin
from episodarr.systems.sonarr.client import SonarrClient
from tests.simulator.drive import Stage, play

SHOW, OTHER = 70_001, 70_002
WAITING = (1, 12)


def library() -> Scenario:
    seasons = {1: SeasonPlan(episodes=12, files=11)}
    scenario = Scenario.empty()
    scenario.add_series(SHOW, "A Show", seasons, root="/anime", series_type="anime")
    return scenario.add_series(OTHER, "Other", {1: SeasonPlan(episodes=2, files=2)})


def import_the_waiting_one(stage: Stage) -> None:
    download = stage.world.grab("tv", SHOW, [WAITING], progress=0.9)
    stage.world.finish_download("tv", download)
    stage.world.import_download("tv", download)


async def read_sonarr(
    stage: Stage,
) -> tuple[Series, tuple[Episode, ...], dict[EpisodeFileId, EpisodeFile]]:
    client = SonarrClient(
        SonarrName("tv"),
        ConnectionOptions(base_url=stage.simulation.urls["sonarr.tv"]),
        api_key="demo-sonarr-key",
        observer=ignore_requests,
    )
    try:
        series = next(s for s in await client.fetch_series() if s.key.tvdb_id == SHOW)
        episodes = await client.fetch_episodes(series.sonarr_id)
        files = await client.fetch_episode_files(series.sonarr_id)
    finally:
        await client.aclose()
    return series, episodes, {file.file_id: file for file in files}


@pytest.mark.parametrize(
    "options",
    [
        JellyfinOptions(version="10.9.11"),
        JellyfinOptions(version="12.0.0", paths={"/anime": "/media/anime"}),
        JellyfinOptions(shokofin_roots=("/anime",)),
    ],
    ids=["10.9", "12 with other paths", "Shokofin"],
)
async def test_jellyfin_sees_an_import_after_its_scan(options: JellyfinOptions) -> None:
    scenario = library()
    scenario.jellyfin = options

    async def matches(stage: Stage, client: JellyfinClient) -> dict[JellyfinMatch, int]:
        series, episodes, files = await read_sonarr(stage)
        catalog = await CatalogCache(client, clock=lambda: stage.now).read()
        linked = link_series(series, index_series(catalog.series))
        listed = {item.item_id: catalog.episodes_of([item.item_id]) for item in linked}
        shown = match_jellyfin(
            series, episodes, files, Fresh(linked, stage.now), Fresh(listed, stage.now)
        )
        found = [
            jellyfin_match(shown, (e.season, e.episode)) for e in episodes if e.file_id is not None
        ]
        return dict(Counter(found))

    async with play(scenario) as stage:
        client = JellyfinClient(
            ConnectionOptions(base_url=stage.simulation.urls["jellyfin"]),
            api_key=options.api_key,
            observer=ignore_requests,
        )
        try:
            assert (await client.fetch_identity()).version == options.version
            assert await matches(stage, client) == {JellyfinMatch.PLAYABLE: 11}
            import_the_waiting_one(stage)
            assert await matches(stage, client) == {
                JellyfinMatch.PLAYABLE: 11,
                JellyfinMatch.ABSENT: 1,
            }
            stage.wait(30)
            assert await matches(stage, client) == {JellyfinMatch.PLAYABLE: 12}
            assert not (await client.fetch_library_scan()).is_running
            assert await client.fetch_libraries()
            ids = [series.item_id for series in await client.fetch_all_series()]
            assert set(await client.fetch_items(ids)) == set(ids)
        finally:
            await client.aclose()


@pytest.mark.parametrize(
    ("options", "credentials"),
    [
        (ShokoOptions(version="4.2.2.0"), ShokoKey(api_key="demo-shoko-key")),
        (
            ShokoOptions(version="5.3.3", paths={"/anime": "/data/shows"}),
            ShokoLogin(username="Default", password=""),
        ),
        (ShokoOptions(version="6.0.0"), ShokoKey(api_key="demo-shoko-key")),
    ],
    ids=["4", "5", "6"],
)
async def test_shoko_matches_an_import_in_its_own_time(
    options: ShokoOptions, credentials: ShokoCredentials
) -> None:
    scenario = library()
    scenario.shoko = options
    async with play(scenario) as stage:
        client = ShokoClient(
            ConnectionOptions(base_url=stage.simulation.urls["shoko"]),
            credentials=credentials,
            observer=ignore_requests,
        )

        async def match_after(seconds: float) -> ShokoMatch:
            stage.wait(seconds)
            series, episodes, files = await read_sonarr(stage)
            waiting = {e.file_id for e in episodes if (e.season, e.episode) == WAITING} - {None}
            asked = paths_to_ask(files, {f for f in waiting if f is not None})
            check = await client.fetch_files_at(asked)
            shown = match_shoko(series, episodes, files, Fresh(check, stage.now))
            return shoko_match(shown, WAITING)

        try:
            assert (await client.fetch_server()).is_ready
            import_the_waiting_one(stage)
            assert await match_after(1) is ShokoMatch.ABSENT
            assert await match_after(4) is ShokoMatch.UNMATCHED
            assert await match_after(7) is ShokoMatch.MATCHED
            _, _, files = await read_sonarr(stage)
            every = await client.fetch_files_at(file.path for file in files.values())
            (series_id,) = {link.series_id for file in every.files for link in file.links or ()}
            assert series_id is not None
            held = await client.fetch_series_files(series_id)
            assert len(held.files) == len(files) == 12
            assert every.files == held.files
            assert all(place.is_accessible for file in held.files for place in file.places)
            assert len(await client.fetch_files(file.file_id for file in held.files)) == 12
            (folder,) = await client.fetch_folders()
            assert await client.fetch_folder_sample(folder.folder_id, limit=3)
            assert tuple(chain(*await client.fetch_all_files(tuple))) == every.files
        finally:
            await client.aclose()


@pytest.mark.parametrize("version", ["2.5.2", "2.7.3", "3.1.0"])
async def test_seerr_lists_what_was_asked_for(version: str) -> None:
    scenario = library()
    scenario.jellyseerr = SeerrOptions(version=version)
    scenario.add_request(SHOW, [1], user="sam", age_days=3)
    scenario.add_request(424536, [1, 2], tmdb_id=209867, pending=True)
    async with play(scenario) as stage:
        client = JellyseerrClient(
            ConnectionOptions(base_url=stage.simulation.urls["jellyseerr"]),
            api_key="demo-jellyseerr-key",
            observer=ignore_requests,
            keeps_requester=True,
        )
        try:
            assert await client.fetch_version() == version
            requests = await client.fetch_requests()
            records = {media.tvdb_id: media for media in await client.fetch_media()}
        finally:
            await client.aclose()
        assert records[TvdbId(SHOW)].status not in {MediaStatus.OTHER, MediaStatus.DELETED}
        series, _, _ = await read_sonarr(stage)
        known, unknown = view_requests(place_requests(requests, [series]), {}, stage.now)
        assert (known.sonarr, known.series, known.requested_by) == ("tv", series.title, "sam")
        assert known.status is RequestStatus.APPROVED
        assert known.created_at is not None
        assert stage.now - known.created_at == timedelta(days=3)
        assert (unknown.sonarr, unknown.tvdb_id) == (None, 424536)
        assert unknown.status is RequestStatus.PENDING
        assert unknown.seasons == (1, 2)
