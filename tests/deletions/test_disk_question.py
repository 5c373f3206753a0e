"""What of others is asked for beside a deletion's own: files that should be there, folders left."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from episodarr.deletions.inventory.summary import summarize
from episodarr.deletions.opening import GoneFile, open_deletion
from episodarr.deletions.policy import Policy
from episodarr.deletions.questions.disk import disk_question
from episodarr.deletions.questions.servers import ControlSource, jellyfin_question
from episodarr.model.deletion import DeletionId, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import EpisodeFileId, SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import SeriesInventory, Taken
from tests.deletions.test_judges import an_inventory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER = SeriesKey(SonarrName("tv"), TvdbId(2))


def _deleted(inventory: SeriesInventory, deletion_id: str) -> DeletionRecord:
    return open_deletion(
        DeletionId(deletion_id),
        inventory,
        gone=(GoneFile(number=(1, 1), path=inventory.files[0].path),),
        noticed_by=NoticedBy.HISTORY,
        now=NOW,
        policy=Policy(),
    )


def test_a_file_that_an_earlier_deletion_took_is_no_control() -> None:
    """The last inventory of a series may be older than the end of its last deletion."""
    ours = an_inventory()
    theirs = replace(an_inventory(), key=OTHER)
    summary = summarize(theirs, NOW)
    record = _deleted(ours, "ours")
    control_source = ControlSource(summary_by_key={OTHER: summary}, records=(record,))
    question = disk_question(record, control_source)
    assert question is not None
    assert summary.disk_controls
    assert set(question.controls) == set(summary.disk_controls)
    over = replace(_deleted(theirs, "theirs"), finished_at=NOW + timedelta(minutes=1))
    afterwards = ControlSource(summary_by_key={OTHER: summary}, records=(record, over))
    question = disk_question(record, afterwards)
    assert question is not None
    assert question.controls == ()


def test_a_file_that_was_renamed_since_the_inventory_is_checked_where_it_was_seen() -> None:
    """Sonarr renames it and deletes it half a minute later: the event names the new path."""
    held = an_inventory()
    record = open_deletion(
        DeletionId("renamed"),
        held,
        gone=(
            GoneFile(number=(1, 1), path="/tv/A/E01-E02 [renamed].mkv", file_id=EpisodeFileId(10)),
        ),
        noticed_by=NoticedBy.HISTORY,
        now=NOW,
        policy=Policy(),
    )
    question = disk_question(record, ControlSource(summary_by_key={}, records=(record,)))
    assert question is not None
    assert question.paths == ("/media/tv/A/E01-E02.mkv",)
    assert question.unseen_paths == ("/tv/A/E01-E02 [renamed].mkv",)


def test_a_folder_counts_as_left_by_another_sonarr_only_if_it_was_seen_to_be_another() -> None:
    """What Jellyfin lists in it is not left of this deletion: two names of one folder do not do."""
    ours = an_inventory()
    assert isinstance(ours.disk, Taken)
    folder = ours.disk.value.folder
    assert folder is not None
    elsewhere = replace(folder, path="/media/uhd/A", inode=folder.inode + 1)
    for seen, left in (
        (elsewhere, ("/uhd/A",)),
        (replace(elsewhere, inode=folder.inode), ()),
        (replace(elsewhere, path=folder.path), ()),
        (None, ()),
    ):
        disk = replace(ours.disk, value=replace(ours.disk.value, folder=seen))
        key = SeriesKey(SonarrName("uhd"), ours.key.tvdb_id)
        theirs = replace(an_inventory(), key=key, path="/uhd/A", disk=disk)
        record, other = _deleted(ours, "ours"), _deleted(theirs, "theirs")
        question = jellyfin_question(
            record, ControlSource(summary_by_key={}, records=(record, other))
        )
        assert question is not None
        assert question.left_elsewhere == left
