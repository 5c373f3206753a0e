"""Jellyfin as a witness: cached lists for inventories, new answers for everything else."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from episodarr.app.witnesses.same_series import SameSeriesElsewhere
from episodarr.errors import BadPayload
from episodarr.model.check import JellyfinQuestion, JellyfinSeen
from episodarr.model.ids import SonarrSeriesId
from episodarr.model.inventory import JellyfinHolding, LibraryFile, ShokoHolding, Taken
from episodarr.model.library import Series
from episodarr.stages.paths import parts_of
from episodarr.systems.cache import seconds_of
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.records import JellyfinSeries
from episodarr.systems.sharing import Sharing
from episodarr.verifier.systems import JellyfinTestifier

NEW_LIFETIME = timedelta(seconds=30)
"""Of a list for files that are newer than one of ten minutes."""


class JellyfinEvidence:
    """Jellyfin as a witness, by the list from which the stages follow too.

    An inventory for which nothing is linked counts as complete only if nothing resembles the series
    either: Jellyfin may have it without an id of any database.
    """

    def __init__(
        self,
        client: JellyfinClient,
        catalogs: CatalogCache,
        *,
        same_series_of: SameSeriesElsewhere,
        sharing: Sharing,
        health: Health,
        clock: Callable[[], datetime],
    ) -> None:
        self._same_series_of = same_series_of
        self._catalogs = catalogs
        self._sharing = sharing
        self._health = health
        self._testifier = JellyfinTestifier(client, catalogs, seconds_of(clock))

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
        *,
        at_leisure: bool = False,
    ) -> Taken[JellyfinHolding]:
        """The playable entries that these files back; incomplete if some are not certain.

        Raises:
            UpstreamError: no good answer, or one that lists no series at all.
        """
        same_series_elsewhere = self._same_series_of(series)
        max_age = self._sharing.age_limit(now)
        known = self._catalogs.last
        if known is not None and _is_newer(files, known.at):
            max_age = min(max_age, NEW_LIFETIME)
        with self._health.noting("inventory"):
            taken = await self._testifier.holding(
                series, files, shoko, now, same_series_elsewhere, max_age, at_leisure=at_leisure
            )
            listed = self._catalogs.last.series if self._catalogs.last is not None else ()
            if not listed:
                raise BadPayload("series", "it lists no series at all; are its libraries mounted?")
        if taken.value.series_ids:
            return taken
        others = taken.value.other_folders
        standing = (item for item in listed if item.path not in others)
        is_complete = taken.is_complete and not _is_there_unlinked(series, standing)
        return replace(taken, is_complete=is_complete)

    async def check(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        """What is listed of a deletion's entries now.

        Raises:
            UpstreamError: no good and complete answer.
        """
        same_series_elsewhere = self._same_series_of(_series_of(question))
        with self._health.noting("verification"):
            return await self._testifier.check(question, now, same_series_elsewhere)

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Notify Jellyfin that its own paths changed; it reads them after a quiet minute or so.

        Raises:
            UpstreamError: the notification was not accepted.
        """
        with self._health.noting("rescan"):
            await self._testifier.rescan(paths)


def _series_of(question: JellyfinQuestion) -> Series:
    """The series as far as it takes to find the same one in other Sonarrs."""
    return Series(
        key=question.key,
        sonarr_id=SonarrSeriesId(0),
        title="",
        title_slug="",
        series_type="",
        year=0,
        is_monitored=False,
        path=question.series_path,
    )


def _is_newer(files: Iterable[LibraryFile], listed_at: datetime) -> bool:
    return any(file.added_at is not None and file.added_at >= listed_at for file in files)


def _is_there_unlinked(series: Series, listed: Iterable[JellyfinSeries]) -> bool:
    folder = parts_of(series.path)[-1:]
    title = series.title.casefold()
    return any(
        item.name.casefold() == title or (item.path and parts_of(item.path)[-1:] == folder)
        for item in listed
    )
