"""Rows about episodes and about the events of their history."""

from collections.abc import Sequence

from episodarr.metrics.family import (
    PLAIN,
    RecordedFamily,
    Sample,
    Subject,
    ViewFamily,
    at,
    rows,
    state,
)
from episodarr.metrics.labels import (
    DOWNLOAD_CLIENT,
    DOWNLOAD_ID,
    EPISODE_KEY,
    EPISODE_STAGE,
    HOLD,
    INDEXER,
    PROTOCOL,
    QUALITY,
    RELEASE,
    RELEASE_GROUP,
    SONARR,
    WATCHED_STAGE,
    WATCHED_STAGES,
)
from episodarr.metrics.library import JOIN, SPARSE
from episodarr.model.health import System
from episodarr.model.stage import Stage
from episodarr.model.view import EpisodeView, Snapshot

_HOUR = 3600.0
STAGE_SECONDS = (
    60.0,
    300.0,
    900.0,
    1800.0,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    24 * _HOUR,
    72 * _HOUR,
    168 * _HOUR,
)
"""From a minute to a week."""


def _release(episode: EpisodeView) -> Sequence[Sample]:
    release = episode.release
    if release is None or episode.stage not in WATCHED_STAGES:
        return ()
    values = (
        release.title,
        release.quality,
        release.release_group,
        release.indexer,
        release.protocol,
        release.client,
        release.download_id,
    )
    return ((values, 1),)


def by_sonarr(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """The label values of what every configured Sonarr has one of."""
    return [(name,) for name in sonarr_names(snapshot)]


def sonarr_names(snapshot: Snapshot) -> list[str]:
    """The configured Sonarr instances, in the order in which systems are shown."""
    return [u.name for u in snapshot.upstreams if u.system is System.SONARR]


_PER_EPISODE = "1 per episode of an active season and per queued episode (scope all: per episode)"
_CODES = ", ".join(f"{stage.value} {stage.label}" for stage in Stage)

_EPISODE = Subject[EpisodeView](key=EPISODE_KEY, source=JOIN, bound=_PER_EPISODE)
_AIRING = _EPISODE.by(source="Sonarr's episodes")

EPISODE_ROWS: tuple[ViewFamily[EpisodeView], ...] = rows(
    {
        "episodarr_episode_stage": _EPISODE.by(EPISODE_STAGE).row(
            f"Where an episode is. {SPARSE} Queued means: monitored, aired, no file and nothing "
            "under way, which Sonarr calls missing; it is no row of Sonarr's queue.",
            lambda v: (((v.stage.label,), 1),),
        ),
        "episodarr_episode_stage_code": _EPISODE.row(
            f"The stage of an episode as a number, for timelines: {_CODES}.",
            lambda v: ((PLAIN, v.stage.value),),
        ),
        "episodarr_episode_progress_ratio": _EPISODE.by(
            source="the download client's file list, else its download, else Sonarr's queue"
        ).row(
            "Progress of an episode's own file, 0 to 1: 1 from importing on, the whole download's "
            "where its files are not known, 0 before there is a download.",
            lambda v: ((PLAIN, v.progress_ratio),),
        ),
        "episodarr_episode_stage_entered_timestamp_seconds": _EPISODE.by(
            source="the upstreams' own times where there are any, else from the store"
        ).row(
            "When an episode came into its stage, in Unix seconds.",
            lambda v: at(v.stage_entered_at),
        ),
        "episodarr_episode_air_timestamp_seconds": _AIRING.row(
            "When an episode airs or aired, in Unix seconds; absent if not announced.",
            lambda v: at(v.air_at),
        ),
        "episodarr_episode_last_search_timestamp_seconds": _AIRING.row(
            "When Sonarr last searched for an episode, in Unix seconds; absent if never.",
            lambda v: at(v.last_search_at),
        ),
        "episodarr_episode_hold": _EPISODE.by(HOLD, bound="at most 1 per exported episode").row(
            "The one thing an episode waits for. One sample of 1 for what holds it; absent when it "
            "waits for nothing.",
            lambda v: state(None if v.hold is None else v.hold.value),
        ),
        "episodarr_episode_release_info": _EPISODE.by(
            RELEASE,
            QUALITY,
            RELEASE_GROUP,
            INDEXER,
            PROTOCOL,
            DOWNLOAD_CLIENT,
            DOWNLOAD_ID,
            source="Sonarr's queue and history",
            bound="1 per episode that is found, downloading or importing",
        ).row(
            "Always 1: the one release that decides an episode's stage, found to importing.",
            _release,
        ),
    }
)

_HISTORY = Subject[Snapshot](
    own=(SONARR,), source="Sonarr's history since this program started", bound="1 per Sonarr"
)

EPISODE_RECORDS: tuple[RecordedFamily, ...] = rows(
    {
        "episodarr_episode_stage_duration_seconds": _HISTORY.by(
            SONARR,
            WATCHED_STAGE,
            source="the stages this program saw since it started",
            bound="14 per Sonarr and stage",
        ).recorded(
            "How long episodes stayed in a stage, observed when they leave it.",
            buckets=STAGE_SECONDS,
            zeros=lambda s: [
                (name, stage.label) for name in sonarr_names(s) for stage in WATCHED_STAGES
            ],
        ),
        "episodarr_episode_grab_to_available_seconds": _HISTORY.by(
            SONARR,
            source="Sonarr's history and the stages this program saw since it started",
            bound="14 per Sonarr",
        ).recorded(
            "Time between the grab of a release and its episode being available.",
            buckets=STAGE_SECONDS,
            zeros=by_sonarr,
        ),
        "episodarr_grabs_total": _HISTORY.by(
            SONARR, INDEXER, bound="1 per Sonarr and indexer"
        ).recorded(
            "Grabs of episodes, each event once; starts at 0 for every indexer that history names."
        ),
        "episodarr_download_failures_total": _HISTORY.by(
            SONARR, INDEXER, bound="1 per Sonarr and indexer"
        ).recorded(
            "Failed downloads of episodes, each event once; starts at 0 for every indexer that "
            "history names, and for failures without one.",
            zeros=lambda s: [(name, "") for name in sonarr_names(s)],
        ),
        "episodarr_imports_total": _HISTORY.recorded(
            "Imports of episodes, each event once.",
            zeros=by_sonarr,
        ),
    }
)
