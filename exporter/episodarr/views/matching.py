"""What the matcher is asked about a torrent, as `episodarr match` reads it; and the summary for widgets."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import asdict

from episodarr.model.deletion import BAD_STATUSES
from episodarr.model.ids import DownloadId
from episodarr.model.matching import Candidate, SeriesType
from episodarr.model.stage import Stage
from episodarr.model.view import Snapshot
from episodarr.stages.pack import PackQuestion
from episodarr.views.documents import snapshot_head
from episodarr.views.shapes import Document, SnapshotHead


class AlternateTitleDocument(Document, frozen=True):
    """Another name of the series, or of one of its seasons."""

    title: str
    season: int | None = None


class MatchSeriesDocument(Document, frozen=True):
    """The names of the series."""

    titles: list[str]
    type: SeriesType
    alternate_titles: list[AlternateTitleDocument]


class MatchFileDocument(Document, frozen=True):
    """A file of the torrent, its size in bytes."""

    path: str
    size: int


class MatchCandidateDocument(Document, frozen=True):
    """An episode that Sonarr queued for the torrent."""

    season: int
    episode: int
    absolute: int | None
    scene_season: int | None
    scene_episode: int | None
    scene_absolute: int | None
    air_date: date | None
    title: str | None


class MatchQuestionDocument(Document, frozen=True):
    """/api/v1/downloads/{id}/match: a line of `episodarr match`."""

    id: str
    series: MatchSeriesDocument
    torrent_name: str
    files: list[MatchFileDocument]
    candidates: list[MatchCandidateDocument]


class SummaryDocument(SnapshotHead, frozen=True):
    """/api/v1/summary: numbers for widgets; episodes are those of the whole library."""

    series: int
    tracked_episodes: int
    available_episodes: int
    downloading_episodes: int
    importing_episodes: int
    found_episodes: int
    searching_episodes: int
    failed_episodes: int
    queued_episodes: int
    unaired_episodes: int
    downloads: int
    open_requests: int
    systems_down: int
    bad_deletions: int | None
    """Not acknowledged; null while the log cannot be read."""


def match_question_document(
    download_id: DownloadId, question: PackQuestion
) -> MatchQuestionDocument:
    """The question about one download."""
    return MatchQuestionDocument(
        id=download_id,
        series=MatchSeriesDocument(
            titles=list(question.names.titles),
            type=question.names.series_type,
            alternate_titles=[
                AlternateTitleDocument(title=other.title, season=other.season)
                for other in question.names.alternate_titles
            ],
        ),
        torrent_name=question.torrent_name,
        files=[MatchFileDocument(path=path, size=size) for _, path, size in question.files],
        candidates=[_candidate_document(candidate) for candidate in question.candidates],
    )


def _candidate_document(candidate: Candidate) -> MatchCandidateDocument:
    return MatchCandidateDocument(**asdict(candidate))


class FoundQuestion(Struct, frozen=True, kw_only=True):
    """The one download that is meant, and what the matcher is asked about it."""

    download_id: DownloadId
    question: PackQuestion


class WhyNone(StrEnum):
    """Why there is no question about a download."""

    UNKNOWN = "unknown"
    SEVERAL = "several"
    NOT_WANTED = "not_wanted"
    """No Sonarr that is read wants it."""
    NO_FILES = "no_files"
    NOT_ANSWERED = "not_answered"
    """A client failed, so nothing is known either way."""


class NoQuestion(Struct, frozen=True, kw_only=True):
    """There is none; the sentence is for people, with a remedy."""

    why: WhyNone
    sentence: str
    downloads: Mapping[DownloadId, str] = MappingProxyType({})
    """Names of those that may be meant."""


def several(found: Iterable[DownloadId], names: Mapping[DownloadId, str]) -> NoQuestion:
    """More than one download has the name that is asked for."""
    sentence = "Several torrents are named like this: give the id of one."
    return NoQuestion(
        why=WhyNone.SEVERAL, sentence=sentence, downloads={one: names[one] for one in found}
    )


def find_download(wanted: str, names: Mapping[DownloadId, str]) -> tuple[DownloadId, ...]:
    """The one download with this id, in any case; else all whose names hold this text."""
    folded = wanted.casefold()
    for download_id in names:
        if download_id.casefold() == folded:
            return (download_id,)
    return tuple(i for i, name in names.items() if folded in name.casefold())


def summary_document(snapshot: Snapshot) -> SummaryDocument:
    """The library in a few numbers."""
    totals = dict.fromkeys(Stage, 0)
    for view in snapshot.series_by_key.values():
        if view.tally is not None:
            for stage, count in view.tally.by_stage.items():
                totals[stage] += count
    is_known = snapshot.deletions_unknown is None
    bad = sum(d.status in BAD_STATUSES and not d.is_acknowledged for d in snapshot.deletions)
    return SummaryDocument(
        **asdict(snapshot_head(snapshot)),
        series=len(snapshot.series_by_key),
        tracked_episodes=sum(n for stage, n in totals.items() if stage is not Stage.UNMONITORED),
        available_episodes=totals[Stage.AVAILABLE],
        downloading_episodes=totals[Stage.DOWNLOADING],
        importing_episodes=totals[Stage.IMPORTING],
        found_episodes=totals[Stage.FOUND],
        searching_episodes=totals[Stage.SEARCHING],
        failed_episodes=totals[Stage.FAILED],
        queued_episodes=totals[Stage.QUEUED],
        unaired_episodes=totals[Stage.UNAIRED],
        downloads=len(snapshot.downloads),
        open_requests=sum(not request.is_finished for request in snapshot.requests),
        systems_down=sum(health.is_up is False for health in snapshot.upstreams),
        bad_deletions=bad if is_known else None,
    )
