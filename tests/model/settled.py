"""A deletion of which all was checked, with every kind of holding and evidence."""

from datetime import timedelta

from msgspec.structs import replace

from episodarr.deletions.opening import open_deletion
from episodarr.deletions.policy import Policy
from episodarr.model.deletion import (
    EPISODE_SYSTEMS,
    Answer,
    DeletionId,
    DeletionStatus,
    NoticedBy,
    Verdict,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import Control, Evidence, Proof, Removed, Sighting
from episodarr.model.ids import EpisodeFileId, SonarrSeriesId
from episodarr.model.inventory import (
    DiskHolding,
    FileSeen,
    FolderIdentity,
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    SeriesInventory,
    ShokoFile,
    ShokoHolding,
    ShokoLocation,
    SonarrHolding,
    Taken,
)
from tests.builders import NOW, a_series_key

EPISODES = 50
_FOLDER = "Frieren/Season 01"
_BEFORE = NOW - timedelta(hours=1)


def _name(number: int) -> str:
    return f"{_FOLDER}/Frieren - S01E{number:02d} - An Episode [WEBDL-1080p].mkv"


def an_inventory_of_all() -> SeriesInventory:
    """The series as Sonarr, the disk, Jellyfin and Shoko had it."""
    numbers = range(1, EPISODES + 1)
    files = tuple(
        LibraryFile(
            file_id=EpisodeFileId(100 + n),
            episodes=((1, n),),
            path=f"/tv/{_name(n)}",
            size_bytes=10_000_000_000 + n,
            added_at=NOW - timedelta(days=n),
        )
        for n in numbers
    )
    sightings = {
        f"/tv/{_name(n)}": FileSeen(
            local_path=f"/media/{_name(n)}",
            root="/media",
            mount="/media",
            device=1,
            inode=1_000 + n,
            link_count=2,
            size_bytes=10_000_000_000 + n,
        )
        for n in numbers
    }
    folder = FolderIdentity(path="/media/Frieren", mount="/media", device=1, inode=9)
    entries = tuple(
        JellyfinEntry(entry_id=f"{n:032x}", episodes=((1, n),), paths=(f"/data/{_name(n)}",))
        for n in numbers
    )
    in_shoko = tuple(
        ShokoFile(file_id=n, episodes=((1, n),), locations=(ShokoLocation(1, _name(n)),))
        for n in numbers
    )
    return SeriesInventory(
        key=a_series_key(),
        title="Frieren",
        title_slug="frieren",
        series_type="anime",
        year=2023,
        path="/tv/Frieren",
        sonarr=Taken(
            at=_BEFORE,
            value=SonarrHolding(server_id="s", sonarr_id=SonarrSeriesId(7), files=files),
        ),
        disk=Taken(
            at=_BEFORE,
            value=DiskHolding(sighting_by_path=sightings, roots=(folder,), folder=folder),
        ),
        jellyfin=Taken(
            at=_BEFORE,
            value=JellyfinHolding(
                server_id="j",
                library="l",
                series_ids=("a",),
                season_ids=("b",),
                entries=entries,
            ),
        ),
        shoko=Taken(at=_BEFORE, value=ShokoHolding(server_id="k", series_ids=(1,), files=in_shoko)),
    )


def a_settled_deletion() -> DeletionRecord:
    """Every episode is proven gone from every system, and no further check is due."""
    record = open_deletion(
        DeletionId("tv-1-1"),
        an_inventory_of_all(),
        gone=None,
        noticed_by=NoticedBy.WEBHOOK,
        now=NOW,
        policy=Policy(),
    )
    return replace(
        record,
        status=DeletionStatus.COMPLETE,
        due_by_system={},
        closed_at=NOW,
        episodes=tuple(map(_proven_gone, record.episodes)),
    )


def _proven_gone(episode: ExpectedEpisode) -> ExpectedEpisode:
    return replace(
        episode,
        verdict=Verdict.DELETED,
        answer_by_system=dict.fromkeys(EPISODE_SYSTEMS, Answer.REMOVED),
        evidence_by_system={
            system: Evidence(
                finding=Removed(
                    proof=Proof(
                        sighting=Sighting(what=f"{episode.path} in {system}", at=_BEFORE),
                        control=Control(what=f"another file, seen by {system}"),
                        checked_at=NOW,
                    )
                ),
                checked_at=NOW,
                method=f"the list of {system}",
            )
            for system in EPISODE_SYSTEMS
        },
    )
