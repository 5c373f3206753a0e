"""What the first inventories of a library ask of Shoko and Seerr: lists, not one thing after another."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from episodarr.deletions.policy import Policy
from episodarr.deletions.service.inventories.keeping import Inventories
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.errors import BadPayload
from episodarr.model.inventory import SeriesInventory, Taken
from episodarr.model.library import Series
from episodarr.simulator import Scenario, ShokoOptions
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.health import Health
from episodarr.systems.jellyseerr.evidence import JellyseerrEvidence
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.shoko.evidence import ShokoEvidence
from episodarr.systems.shoko.listing import MANY, Pack, ShokoListing
from episodarr.systems.shoko.packed import PackedPage
from tests.deletions.service.test_against_simulation import TV, Following
from tests.simulator.drive import Stage, play

SERIES = 240
EPISODES = SERIES * 3
BATCH = 20
NOW = datetime(2026, 3, 14, tzinfo=UTC)


class Scene:
    """Inventories whose Shoko and Seerr are asked as in production."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.following = Following(stage, folder, Policy())
        self.library: tuple[Series, ...] = ()
        state = JellyseerrState(
            self.following.jellyseerr,
            clock=lambda: stage.now,
            every=timedelta(minutes=5),
            keep=timedelta(minutes=15),
            url_by_sonarr={},
        )
        self.state = state
        witnesses = Witnesses(
            sonarr={TV: self.following.sonarr_evidence},
            shoko=ShokoEvidence(
                self.following.shoko,
                clock=lambda: stage.now,
                same_series_of=lambda _series: (),
                health=Health(),
            ),
            jellyseerr=JellyseerrEvidence(
                state,
                library=lambda: self.library,
                freshness=AnswerFreshness(),
                clock=lambda: stage.now,
            ),
        )
        self.log = DeletionLog(self.following.store)
        self.inventories = Inventories(self.log, witnesses, Policy())

    async def take(self, series: Iterable[Series]) -> None:
        waiting = list(series)
        for start in range(0, len(waiting), BATCH):
            await self.inventories.keep(waiting[start : start + BATCH], self.stage.now)
            self.stage.wait(1)

    async def inventory(self, series: Series) -> SeriesInventory:
        found = await self.log.inventory(series.key)
        assert found is not None
        return found


async def test_at_some_hundreds_of_series_shoko_and_seerr_are_asked_for_lists(
    tmp_path: Path,
) -> None:
    """At 1,700 series it was 22,799 requests to Shoko, and the settings of Seerr 99 times."""
    scenario = Scenario.sized(series=SERIES, episodes=EPISODES, requests=40)
    scenario.shoko = ShokoOptions(paths={"/anime": "/data/shows"})
    async with play(scenario, media_root=tmp_path / "media") as stage:
        scene = Scene(stage, tmp_path)
        try:
            scene.library = await scene.following.sonarr.fetch_series()
            await scene.state.read()
            requests = stage.simulation.requests
            requests.reset()
            await scene.take(scene.library)
            assert requests.count("shoko") <= 10, requests.by_path("shoko")
            assert requests.count("jellyseerr", "/api/v1/settings/sonarr") == 1
            assert requests.count("jellyseerr", "/api/v1/media") == 1
            assert requests.count("jellyseerr") <= 3
            for one in scene.library:
                part = (await scene.inventory(one)).shoko
                assert isinstance(part, Taken)
                assert part.is_complete
                expected = 3 if one.series_type == "anime" else 0
                assert len(part.value.files) == expected, one.title
            requests.reset()
            stage.wait(3_600)
            await scene.take(scene.library[:1])
            assert requests.count("shoko", "/api/v3/ImportFolder/{id}/File") <= 2
            assert requests.count("shoko") <= 15, requests.by_path("shoko")
        finally:
            await scene.following.close()


async def test_what_a_list_does_not_have_is_as_old_as_the_list(tmp_path: Path) -> None:
    """A file that came after it was read is not called unknown to Shoko."""
    scenario = Scenario.sized(series=30, episodes=60)
    scenario.shoko = ShokoOptions()
    async with play(scenario, media_root=tmp_path / "media") as stage:
        scene = Scene(stage, tmp_path)
        try:
            scene.library = await scene.following.sonarr.fetch_series()
            await scene.take(scene.library[:2])
            listed_by = stage.now
            stage.wait(300)
            last = scene.library[-1]
            await scene.take([last])
            part = (await scene.inventory(last)).shoko
            assert isinstance(part, Taken)
            assert part.at <= listed_by
        finally:
            await scene.following.close()


async def test_a_list_that_changes_faster_than_it_is_read_leaves_the_paths() -> None:
    async def fetch(_pack: Pack) -> list[PackedPage]:
        raise BadPayload("folder_page", "it changed")

    listing = ShokoListing(fetch, clock=lambda: NOW)
    assert [await listing.fetch_if_many(()) for _ in range(MANY + 3)] == [None] * (MANY + 3)


async def test_a_few_inventories_now_and_then_never_list_everything() -> None:
    now = NOW

    lists = 0

    async def fetch(_pack: Pack) -> list[PackedPage]:
        nonlocal lists
        lists += 1
        return []

    listing = ShokoListing(fetch, clock=lambda: now)
    for _ in range(200):
        await listing.fetch_if_many(())
        now += timedelta(seconds=17)
    assert lists == 1, "once at the start"
    for _ in range(MANY + 1):
        await listing.fetch_if_many(())
    assert lists == 2, "many at once again"
