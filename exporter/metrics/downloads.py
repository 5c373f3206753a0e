"""Rows about downloads."""

from collections.abc import Iterable, Sequence

from exporter.metrics.family import Kind, Sample, ViewFamily, at, one, state
from exporter.metrics.labels import (
    DOWNLOAD_CLIENT,
    DOWNLOAD_HOLD,
    DOWNLOAD_KEY,
    DOWNLOAD_STATE,
    DOWNLOAD_STATES,
    RELEASE,
    SEASONS,
    SERIES,
    TVDB_ID,
)
from exporter.model.view import DownloadView

_CLIENT = "the download client, else from Sonarr's queue"
_EACH = "1 per download that Sonarr knows"


def season_ranges(seasons: Iterable[int]) -> str:
    """Season numbers as people write them: "1-2", "1-3,7"; empty for none."""
    runs: list[list[int]] = []
    for season in sorted(set(seasons)):
        if runs and season == runs[-1][-1] + 1:
            runs[-1].append(season)
        else:
            runs.append([season])
    return ",".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def _info(view: DownloadView) -> Sequence[Sample]:
    tvdb_id = "" if view.tvdb_id is None else str(view.tvdb_id)
    seasons = season_ranges(view.seasons)
    return (((tvdb_id, view.series, seasons, view.release, view.client), 1),)


DOWNLOAD_ROWS: tuple[ViewFamily[DownloadView], ...] = (
    ViewFamily(
        name="episodarr_download_info",
        meaning="Always 1: a download, and what it is for.",
        source="Sonarr's queue",
        key=DOWNLOAD_KEY,
        own=(TVDB_ID, SERIES, SEASONS, RELEASE, DOWNLOAD_CLIENT),
        bound=_EACH,
        samples=_info,
    ),
    ViewFamily(
        name="episodarr_download_state",
        meaning=(
            "What the client does with a download. One sample of 1 for the state that holds; an "
            "absent sample means: not in this state."
        ),
        source=_CLIENT,
        key=DOWNLOAD_KEY,
        own=(DOWNLOAD_STATE,),
        bound=_EACH,
        samples=lambda v: state(v.state if v.state in DOWNLOAD_STATES else "unknown"),
    ),
    ViewFamily(
        name="episodarr_download_hold",
        meaning=(
            "What a download waits for, also one that no episode waits for: a blocked import of "
            "an unknown series, or of episodes that have files. One sample of 1; absent: for "
            "nothing."
        ),
        source="Sonarr's queue and the download client",
        key=DOWNLOAD_KEY,
        own=(DOWNLOAD_HOLD,),
        bound="at most 1 per download that Sonarr knows",
        samples=lambda v: state(None if v.hold is None else v.hold.value),
    ),
    ViewFamily(
        name="episodarr_download_size_bytes",
        meaning="Size of what is wanted of a download; absent when unknown.",
        source=_CLIENT,
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: one(v.size_bytes),
    ),
    ViewFamily(
        name="episodarr_download_remaining_bytes",
        meaning="What is still to come of a download; absent when unknown.",
        source=_CLIENT,
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: one(v.remaining_bytes),
    ),
    ViewFamily(
        name="episodarr_download_connected_seeds",
        meaning="Seeds that a download is connected to; absent when unknown.",
        source="the download client",
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: one(v.connected_seeds),
    ),
    ViewFamily(
        name="episodarr_download_eta_seconds",
        meaning="Time until a download is complete, as the client guesses; absent when unknown.",
        source=_CLIENT,
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: one(v.eta_seconds),
    ),
    ViewFamily(
        name="episodarr_download_added_timestamp_seconds",
        meaning="When a download was added, in Unix seconds; absent when unknown.",
        source=_CLIENT,
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: at(v.added_at),
    ),
    ViewFamily(
        name="episodarr_download_last_progress_timestamp_seconds",
        meaning="When a download last got a byte, in Unix seconds; absent when unknown.",
        source="the download client and what this program saw of it",
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: at(v.last_progress_at),
    ),
    ViewFamily(
        name="episodarr_download_received_bytes_total",
        kind=Kind.COUNTER,
        meaning="All bytes a client ever received for a download, waste included.",
        source="the download client's own counter",
        key=DOWNLOAD_KEY,
        bound=_EACH,
        samples=lambda v: one(v.received_bytes),
    ),
)
