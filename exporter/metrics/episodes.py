"""Rows about episodes, and what history tells of them."""

from collections.abc import Sequence

from exporter.metrics.family import (
    PLAIN,
    Kind,
    RecordedFamily,
    Sample,
    ViewFamily,
    at,
    state,
)
from exporter.metrics.labels import (
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
from exporter.metrics.library import JOIN, SPARSE
from exporter.model.health import System
from exporter.model.stage import Stage
from exporter.model.view import EpisodeView, Snapshot

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


def sonarr_names(snapshot: Snapshot) -> list[str]:
    """The configured Sonarr instances."""
    return [u.name for u in snapshot.upstreams if u.system is System.SONARR]


_PER_EPISODE = "1 per episode of an active season and per queued episode (scope all: per episode)"
_CODES = ", ".join(f"{stage.value} {stage.label}" for stage in Stage)

EPISODE_ROWS: tuple[ViewFamily[EpisodeView], ...] = (
    ViewFamily(
        name="episodarr_episode_stage",
        meaning=(
            f"Where an episode is. {SPARSE} Queued means: monitored, aired, no file and nothing "
            "under way, which Sonarr calls missing; it is no row of Sonarr's queue."
        ),
        source=JOIN,
        key=EPISODE_KEY,
        own=(EPISODE_STAGE,),
        bound=_PER_EPISODE,
        samples=lambda v: (((v.stage.label,), 1),),
    ),
    ViewFamily(
        name="episodarr_episode_stage_code",
        meaning=f"The stage of an episode as a number, for timelines: {_CODES}.",
        source=JOIN,
        key=EPISODE_KEY,
        bound=_PER_EPISODE,
        samples=lambda v: ((PLAIN, v.stage.value),),
    ),
    ViewFamily(
        name="episodarr_episode_progress_ratio",
        meaning=(
            "Progress of an episode's own file, 0 to 1: 1 from importing on, the whole download's "
            "where its files are not known, 0 before there is a download."
        ),
        source="the download client's file list, else its download, else Sonarr's queue",
        key=EPISODE_KEY,
        bound=_PER_EPISODE,
        samples=lambda v: ((PLAIN, v.progress_ratio),),
    ),
    ViewFamily(
        name="episodarr_episode_stage_entered_timestamp_seconds",
        meaning="When an episode came into its stage, in Unix seconds.",
        source="the upstreams' own times where there are any, else from the store",
        key=EPISODE_KEY,
        bound=_PER_EPISODE,
        samples=lambda v: at(v.stage_entered_at),
    ),
    ViewFamily(
        name="episodarr_episode_air_timestamp_seconds",
        meaning="When an episode airs or aired, in Unix seconds; absent if not announced.",
        source="Sonarr's episodes",
        key=EPISODE_KEY,
        bound=_PER_EPISODE,
        samples=lambda v: at(v.air_at),
    ),
    ViewFamily(
        name="episodarr_episode_last_search_timestamp_seconds",
        meaning="When Sonarr last searched for an episode, in Unix seconds; absent if never.",
        source="Sonarr's episodes",
        key=EPISODE_KEY,
        bound=_PER_EPISODE,
        samples=lambda v: at(v.last_search_at),
    ),
    ViewFamily(
        name="episodarr_episode_hold",
        meaning=(
            "The one thing an episode waits for. One sample of 1 for what holds it; absent when it "
            "waits for nothing."
        ),
        source=JOIN,
        key=EPISODE_KEY,
        own=(HOLD,),
        bound="at most 1 per exported episode",
        samples=lambda v: state(None if v.hold is None else v.hold.value),
    ),
    ViewFamily(
        name="episodarr_episode_release_info",
        meaning="Always 1: the one release that decides an episode's stage, found to importing.",
        source="Sonarr's queue and history",
        key=EPISODE_KEY,
        own=(
            RELEASE,
            QUALITY,
            RELEASE_GROUP,
            INDEXER,
            PROTOCOL,
            DOWNLOAD_CLIENT,
            DOWNLOAD_ID,
        ),
        bound="1 per episode that is found, downloading or importing",
        samples=_release,
    ),
)

EPISODE_RECORDS: tuple[RecordedFamily, ...] = (
    RecordedFamily(
        name="episodarr_episode_stage_duration_seconds",
        kind=Kind.HISTOGRAM,
        meaning="How long episodes stayed in a stage, observed when they leave it.",
        source="the stages this program saw since it started",
        own=(SONARR, WATCHED_STAGE),
        bound="14 per Sonarr and stage",
        buckets=STAGE_SECONDS,
        zeros=lambda s: [
            (name, stage.label) for name in sonarr_names(s) for stage in WATCHED_STAGES
        ],
    ),
    RecordedFamily(
        name="episodarr_episode_grab_to_available_seconds",
        kind=Kind.HISTOGRAM,
        meaning="Time between the grab of a release and its episode being available.",
        source="Sonarr's history and the stages this program saw since it started",
        own=(SONARR,),
        bound="14 per Sonarr",
        buckets=STAGE_SECONDS,
        zeros=lambda s: [(name,) for name in sonarr_names(s)],
    ),
    RecordedFamily(
        name="episodarr_grabs_total",
        kind=Kind.COUNTER,
        meaning="Grabs of episodes, each event once; starts at 0 for every indexer that history names.",
        source="Sonarr's history since this program started",
        own=(SONARR, INDEXER),
        bound="1 per Sonarr and indexer",
    ),
    RecordedFamily(
        name="episodarr_download_failures_total",
        kind=Kind.COUNTER,
        meaning="Failed downloads of episodes, each event once; starts at 0 for every indexer that "
        "history names.",
        source="Sonarr's history since this program started",
        own=(SONARR, INDEXER),
        bound="1 per Sonarr and indexer",
    ),
    RecordedFamily(
        name="episodarr_imports_total",
        kind=Kind.COUNTER,
        meaning="Imports of episodes, each event once.",
        source="Sonarr's history since this program started",
        own=(SONARR,),
        bound="1 per Sonarr",
        zeros=lambda s: [(name,) for name in sonarr_names(s)],
    ),
)
