"""One run of the operator, with everything that must hold checked after each step."""

import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from episodarr.model.deletion import DeletionId, DeletionStatus, Verdict
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import sentence_of
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SeriesKey
from episodarr.model.stage import Stage
from episodarr.simulator import JellyfinOptions, Scenario, SeasonPlan
from tests.deletion_e2e.following import Following, following
from tests.operator.operator import ROOTS, SONARR, Operator
from tests.operator.truth import Truth, twice_opened
from tests.replacing import replace

CALM = timedelta(minutes=20)
INVENTORIED_AFTER = timedelta(minutes=5)
"""A file that was there for so long, while Sonarr could be asked, has been inventoried."""
SETTLED = timedelta(hours=14)
"""Past Jellyfin's deadline."""


def library(dice: random.Random) -> Scenario:
    """Six shows in two root folders; Jellyfin with its watcher, or with its scans alone."""
    scenario = Scenario.empty()
    scenario.sonarrs = [replace(s, root_folders=ROOTS) for s in scenario.sonarrs]
    realtime = dice.choice((None, 8.0))
    scenario.jellyfin = JellyfinOptions(realtime_seconds=realtime)
    for number in range(6):
        count = dice.randint(3, 6)
        scenario.add_series(
            101 + number,
            f"Old Show {number}",
            {1: SeasonPlan(episodes=count, files=count, last_aired_days=400)},
            root=ROOTS[number % 2],
            added_days=300,
        )
    return scenario


async def operate(seed: int, operations: int, folder: Path) -> list[str]:
    """Do that many things, then let all become quiet.

    Returns:
        What was done, a line each.

    Raises:
        AssertionError: a shown answer is wrong; the message has the seed and the log.
    """
    dice = random.Random(seed)  # noqa: S311 -- to be repeated, not to be secret
    webhooks = dice.random() < 0.5
    async with following(
        library(dice),
        folder,
        webhooks=webhooks,
        without=("EPISODARR_SHOKO", "EPISODARR_JELLYSEERR"),
    ) as running:
        watched = Watched(running, Operator(running, dice, webhooks))
        try:
            await running.ready()
            for _ in range(operations):
                await watched.operator.act()
                await watched.wait(dice.choice((5, 15, 15, 30, 60, 180, 900)))
            await watched.become_quiet()
        except AssertionError as error:
            done = "\n".join(watched.operator.log[-40:])
            raise AssertionError(f"seed {seed}: {error}\nwhat was done:\n{done}") from error
        finally:
            for killed in watched.operator.killed:
                await killed.poller.stop()
                await killed.aclose()
        return watched.operator.log


class Watched:
    """The exporter under the operator's hands, compared with the truth after each step."""

    def __init__(self, running: Following, operator: Operator) -> None:
        self.running = running
        self.operator = operator
        self.truth = Truth(world=running.world)
        self._before: Mapping[DeletionId, DeletionStatus] = {}
        self._seen_seconds: dict[tuple[int, EpisodeNumber, int], float] = {}
        """How long each file was there while Sonarr could be asked, by series, episode and file."""

    @property
    def records(self) -> dict[DeletionId, DeletionRecord]:
        following = self.running.deletions.verification
        return {} if following is None else dict(following.log.records)

    async def wait(self, seconds: float) -> None:
        """Let that time pass in cycles, and compare after each."""
        left = seconds
        while left > 0:
            step = min(left, 15.0 if seconds <= 180 else 90.0)
            await self.running.step(seconds=step)
            self._see_files(step)
            self.compare()
            left -= step

    def _see_files(self, seconds: float) -> None:
        if f"sonarr.{SONARR}" in self.running.simulation.faults():
            return
        for series in self.operator.library():
            for number, episode in series.numbered.items():
                if episode.file_id:
                    key = (series.tvdb_id, number, episode.file_id)
                    self._seen_seconds[key] = self._seen_seconds.get(key, 0.0) + seconds

    def compare(self) -> None:
        """Every status that changed, against the disk and Jellyfin as they are now."""
        records = self.records
        for deletion_id, record in records.items():
            if record.status is not self._before.get(deletion_id):
                self.operator.log.append(f"   {deletion_id}: {record.status}")
                self._compare(record)
        self._before = {i: r.status for i, r in records.items()}
        assert not twice_opened(records.values()), twice_opened(records.values())

    def _compare(self, record: DeletionRecord) -> None:
        for episode in record.expected:
            what = f"{record.deletion_id} {record.status} {episode.number} {episode.path}"
            if self.truth.has_newer_file(record, episode):
                continue
            if record.status is DeletionStatus.COMPLETE:
                assert not self._is_there(record.key, episode), (
                    f"{what}: it is there; {describe(record)}"
                )
            if episode.verdict is Verdict.FAILED:
                assert self._is_held(record, episode), f"{what}: nothing holds it"

    def _is_there(self, key: SeriesKey, episode: ExpectedEpisode) -> bool:
        if self.truth.is_kept_by_another(episode.path):
            return False
        return self.truth.is_on_disk(episode.path) or self.truth.is_in_jellyfin(key, episode.number)

    def _is_held(self, record: DeletionRecord, episode: ExpectedEpisode) -> bool:
        series = self.truth.series(record.key)
        in_sonarr = series is not None and bool(series.numbered[episode.number].file_id)
        return in_sonarr or self._is_there(record.key, episode) or not episode.path

    async def become_quiet(self) -> None:
        """Mend everything, wait, and check that whatever can be known is shown, and correct."""
        self.operator.calm()
        self.operator.log.append("calm")
        await self.wait(CALM.total_seconds())
        for _ in range(2):
            self.running.world.jellyfin_scan()
            await self.wait(CALM.total_seconds())
        self._compare_stages()
        for _ in range(int(SETTLED.total_seconds() / 1800)):
            await self.running.step(seconds=1800)
            self.compare()
        for deletion_id, record in self.records.items():
            assert record.status not in {
                DeletionStatus.VERIFYING,
                DeletionStatus.UNVERIFIED,
                DeletionStatus.FAILED,
                DeletionStatus.PARTIAL,
            } or self._may_stay(record), f"{deletion_id} stays {record.status}: {describe(record)}"

    def _may_stay(self, record: DeletionRecord) -> bool:
        """Whether something is really left of it; or no inventory could have it."""
        if not record.expected:
            return True  # The folder of a series without files: there may be no control left.
        return any(
            self._is_there(record.key, episode)
            or (episode.verdict is not Verdict.DELETED and self._is_beyond_proof(record, episode))
            for episode in record.expected
        )

    def _is_beyond_proof(self, record: DeletionRecord, episode: ExpectedEpisode) -> bool:
        """Whether it was never inventoried, or nothing is left that could be a control."""
        if episode.file_id is None or not self._was_seen(record, episode):
            return True
        return bool(episode.path) and not (
            self.truth.has_others_in_jellyfin(episode.path)
            and self.truth.has_others_on_disk(episode.path)
        )

    def _was_seen(self, record: DeletionRecord, episode: ExpectedEpisode) -> bool:
        """Whether the episode's latest file was there long enough to be inventoried."""
        of_episode = [
            (file_id, seconds)
            for (tvdb_id, number, file_id), seconds in self._seen_seconds.items()
            if (tvdb_id, number) == (record.key.tvdb_id, episode.number)
            and episode.file_id in (None, file_id)
        ]
        return bool(of_episode) and max(of_episode)[1] >= INVENTORIED_AFTER.total_seconds()

    def _compare_stages(self) -> None:
        snapshot = self.running.rig.snapshot
        for key, view in snapshot.series_by_key.items():
            series = self.truth.series(key)
            assert series is not None, f"{key} is shown and was deleted"
            queued = {
                i
                for tracked in self.running.world.sonarrs[SONARR].tracked.values()
                for i in tracked.episode_ids
            }
            for season in view.seasons:
                for shown in season.episodes or ():
                    episode = series.numbered[shown.key.season, shown.key.episode]
                    if episode.id in queued:
                        assert shown.stage >= Stage.FOUND, f"{shown.key} {shown.stage}"
                    else:
                        expected = self.truth.stage(series, episode)
                        assert shown.stage is expected, f"{shown.key} {shown.stage} {shown.hold}"


def describe(record: DeletionRecord) -> str:
    """Its episodes with every system's finding, for the message of a failure."""
    return "; ".join(
        f"{e.number} {e.verdict} "
        + ", ".join(
            f"{system.value}: {sentence_of(evidence.finding)}"
            for system, evidence in e.evidence_by_system.items()
            if system in {System.SONARR, System.DISK, System.JELLYFIN}
        )
        for e in record.expected
    )
