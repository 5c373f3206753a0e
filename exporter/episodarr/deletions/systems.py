"""What verification knows of each system: one row per system, in the order of evaluation.

Deadlines, judgements, advice and the answer of a dry run follow from a system's row.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from episodarr.deletions.deadlines import (
    after_detection,
    is_jellyfin_late,
    is_shoko_rescanned,
    jellyfin_deadline,
    never,
    shoko_deadline,
)
from episodarr.deletions.judge.disk import judge_disk
from episodarr.deletions.judge.jellyfin import judge_jellyfin
from episodarr.deletions.judge.proof import Judgement
from episodarr.deletions.judge.requests import judge_jellyseerr
from episodarr.deletions.judge.shoko import judge_shoko
from episodarr.deletions.judge.sonarr import judge_sonarr
from episodarr.deletions.judge.torrents import judge_qbittorrent
from episodarr.deletions.policy import Policy
from episodarr.model.check import (
    Check,
    CheckFailed,
    DiskSeen,
    JellyfinSeen,
    JellyseerrSeen,
    QbittorrentSeen,
    ShokoSeen,
    SonarrSeen,
)
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import RecordLeft
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber
from episodarr.model.inventory import FileSeen, SeriesInventory, Taken

type Judge = Callable[[DeletionRecord, Check], Judgement]
type Counted = Callable[[SeriesInventory], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSystem:
    """How one system is verified."""

    system: System
    judge: Judge
    """From a deletion and a check of this system to its findings."""
    deadline: Callable[[DeletionRecord, Policy], datetime]
    """Until when it may still list what was deleted without failing the deletion."""
    is_stale_over: Callable[[DeletionRecord, RecordLeft, datetime, Policy], bool] = never
    """Whether a record without a file, as of a check at this time, counts as remaining."""
    episodes: Callable[[SeriesInventory], AbstractSet[EpisodeNumber]] | None
    """The episodes that it holds; None where it holds nothing per episode."""
    things: Counted | None = None
    """How many other things it holds."""
    noun: str
    """What it holds, in the plural."""
    record: str = "a record is left"
    """What is left where every episode is gone and its record is not."""
    is_witness: bool = False
    """Whether it can prove an episode gone; one such system has to."""
    is_patient: bool = False
    """Whether it answers slowly or changes rarely: then it is checked a tenth as often."""
    is_advisory: bool = False
    """Whether what is left in it fails no deletion and has no deadline of its own."""
    advice: str = ""
    """What a person can do about what is left in it; empty where nothing has to be done."""

    def held(self, inventory: SeriesInventory) -> int:
        """How many episodes, or other things, of a series it held."""
        if self.episodes is not None:
            return len(self.episodes(inventory))
        return 0 if self.things is None else self.things(inventory)


def _judging[S](
    seen: type[S], judge: Callable[[DeletionRecord, S | CheckFailed], Judgement]
) -> Judge:
    """The judge for a check of any system; one of another system is a bug.

    Raises:
        TypeError: the check is of another system.
    """

    def judged(record: DeletionRecord, check: Check) -> Judgement:
        if isinstance(check, seen | CheckFailed):
            return judge(record, check)
        raise TypeError(f"{type(check).__name__} is no {seen.__name__}")

    return judged


def _on_disk(inventory: SeriesInventory) -> AbstractSet[EpisodeNumber]:
    part = inventory.disk
    by_path = part.value.sighting_by_path if isinstance(part, Taken) else {}
    seen = (file for file in inventory.files if isinstance(by_path.get(file.path), FileSeen))
    return {number for file in seen for number in file.episodes}


def _in_shoko(inventory: SeriesInventory) -> AbstractSet[EpisodeNumber]:
    part = inventory.shoko
    files = part.value.files if isinstance(part, Taken) else ()
    return {number for file in files for number in file.episodes}


def _in_jellyfin(inventory: SeriesInventory) -> AbstractSet[EpisodeNumber]:
    part = inventory.jellyfin
    entries = part.value.entries if isinstance(part, Taken) else ()
    return {number for entry in entries for number in entry.episodes}


def _requests(inventory: SeriesInventory) -> int:
    part = inventory.jellyseerr
    return len(part.value.requests) if isinstance(part, Taken) else 0


def _torrents(inventory: SeriesInventory) -> int:
    part = inventory.qbittorrent
    return len(part.value.torrents) if isinstance(part, Taken) else 0


VERIFIED: Mapping[System, VerifiedSystem] = MappingProxyType(
    {
        row.system: row
        for row in (
            VerifiedSystem(
                system=System.SONARR,
                judge=_judging(SonarrSeen, judge_sonarr),
                deadline=after_detection(lambda policy: policy.deadline_sonarr),
                episodes=lambda inventory: inventory.numbers,
                noun="episodes with a file",
                record="the series is still listed",
                advice="Sonarr still lists it: read Sonarr's log for the reason and delete it"
                " again.",
            ),
            VerifiedSystem(
                system=System.DISK,
                judge=_judging(DiskSeen, judge_disk),
                deadline=after_detection(lambda policy: policy.deadline_disk),
                episodes=_on_disk,
                noun="episodes on disk",
                record="other video files are left in the folder",
                is_witness=True,
                advice="Files that should be gone are still on disk: look at their permissions and"
                " at Sonarr's log, then delete those that are named.",
            ),
            VerifiedSystem(
                system=System.SHOKO,
                judge=_judging(ShokoSeen, judge_shoko),
                deadline=shoko_deadline,
                is_stale_over=is_shoko_rescanned,
                episodes=_in_shoko,
                noun="episodes",
                record="the series still has files",
                is_witness=True,
                advice="Shoko still lists it: run its action “Remove missing files” without MyList;"
                " it never does so by itself.",
            ),
            VerifiedSystem(
                system=System.JELLYFIN,
                judge=_judging(JellyfinSeen, judge_jellyfin),
                deadline=jellyfin_deadline,
                is_stale_over=is_jellyfin_late,
                episodes=_in_jellyfin,
                noun="episodes",
                record="an empty series or season is left",
                is_witness=True,
                advice="Jellyfin still lists it: scan its library, or wait for its own scan.",
            ),
            VerifiedSystem(
                system=System.JELLYSEERR,
                judge=_judging(JellyseerrSeen, judge_jellyseerr),
                deadline=after_detection(lambda policy: policy.deadline_jellyseerr),
                episodes=None,
                things=_requests,
                noun="requests",
                is_patient=True,
                advice="Jellyseerr still has it: run its availability sync, or wait for the daily"
                " one; clear the request, or the series' data there, by hand if it stays.",
            ),
            VerifiedSystem(
                system=System.QBITTORRENT,
                judge=_judging(QbittorrentSeen, judge_qbittorrent),
                deadline=after_detection(lambda policy: policy.deadline_disk),
                episodes=None,
                things=_torrents,
                noun="torrents",
                is_patient=True,
                is_advisory=True,
            ),
        )
    }
)
