"""qBittorrent: which torrents of the series are still there. Advisory: seeding is legitimate."""

from datetime import timedelta

from episodarr.deletions.judge.proof import Judgement, counted, failed, prove, without_part
from episodarr.model.check import CheckFailed, QbittorrentCheck
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import Control, Finding, NotApplicable, Remaining, Sighting, Unclear
from episodarr.model.inventory import QbittorrentHolding, Taken

EMPTY_IS_BELIEVED_AFTER = timedelta(minutes=15)
"""How long an empty list is not believed: a client that just started lists nothing for a while,
one that lost its last torrent always."""


def judge_qbittorrent(record: DeletionRecord, check: QbittorrentCheck) -> Judgement:
    """The finding on torrents of the series still there, with their size in bytes."""
    part = without_part(record.inventory.qbittorrent, "qBittorrent")
    finding, lingering_bytes = _judge(record, part, check)
    return Judgement(
        at=check.at,
        method=check.method,
        finding_by_episode={},
        record=finding,
        lingering_bytes=lingering_bytes,
    )


def _judge(
    record: DeletionRecord, part: Taken[QbittorrentHolding] | Finding, check: QbittorrentCheck
) -> tuple[Finding, int | None]:
    if not isinstance(part, Taken):
        return part, None
    held = part.value.torrents
    if not held:
        return NotApplicable(why="no torrent of it was known"), 0
    if isinstance(check, CheckFailed):
        return failed(check), None
    listed = check.torrent_by_hash
    left = [torrent for torrent in held if torrent.info_hash in listed]
    if left:
        lingering_bytes = sum(listed[torrent.info_hash].size_bytes for torrent in left)
        names = ", ".join(torrent.name for torrent in left[:3])
        return Remaining(what=f"{counted(len(left), 'torrent')}: {names}"), lingering_bytes
    if not listed and check.at < record.detected_at + EMPTY_IS_BELIEVED_AFTER:
        return Unclear(why="no torrent at all is listed"), None
    control = Control(
        what=counted(len(listed), "other torrent")
        if listed
        else "the client answers, a while after the deletion, and has no torrent left"
    )
    sighting = Sighting(what=counted(len(held), "torrent"), at=part.at)
    return (
        prove(sighting, control, checked_at=check.at, noticed_at=record.detected_at),
        0,
    )
