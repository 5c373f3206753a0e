"""Rows about downloads."""

from collections.abc import Iterable, Sequence

from episodarr.metrics.family import Sample, Subject, ViewFamily, at, one, rows, state
from episodarr.metrics.labels import (
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
from episodarr.model.view import DownloadView

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


_DOWNLOAD = Subject[DownloadView](key=DOWNLOAD_KEY, source=_CLIENT, bound=_EACH)

DOWNLOAD_ROWS: tuple[ViewFamily[DownloadView], ...] = rows(
    {
        "episodarr_download_info": _DOWNLOAD.by(
            TVDB_ID, SERIES, SEASONS, RELEASE, DOWNLOAD_CLIENT, source="Sonarr's queue"
        ).row("Always 1: a download, and what it is for.", _info),
        "episodarr_download_state": _DOWNLOAD.by(DOWNLOAD_STATE).row(
            "What the client does with a download. One sample of 1 for the state that holds; an "
            "absent sample means: not in this state.",
            lambda v: state(v.state if v.state in DOWNLOAD_STATES else "unknown"),
        ),
        "episodarr_download_hold": _DOWNLOAD.by(
            DOWNLOAD_HOLD,
            source="Sonarr's queue and the download client",
            bound="at most 1 per download that Sonarr knows",
        ).row(
            "What a download waits for, also one that no episode waits for: a blocked import of "
            "an unknown series, or of episodes that have files. One sample of 1; absent: for "
            "nothing.",
            lambda v: state(None if v.hold is None else v.hold.value),
        ),
        "episodarr_download_size_bytes": _DOWNLOAD.row(
            "Size of what is wanted of a download; absent when unknown.",
            lambda v: one(v.size_bytes),
        ),
        "episodarr_download_remaining_bytes": _DOWNLOAD.row(
            "What is still to come of a download; absent when unknown.",
            lambda v: one(v.remaining_bytes),
        ),
        "episodarr_download_connected_seeds": _DOWNLOAD.by(source="the download client").row(
            "Seeds that a download is connected to; absent when unknown.",
            lambda v: one(v.connected_seeds),
        ),
        "episodarr_download_eta_seconds": _DOWNLOAD.row(
            "Time until a download is complete, as the client guesses; absent when unknown.",
            lambda v: one(v.eta_seconds),
        ),
        "episodarr_download_added_timestamp_seconds": _DOWNLOAD.row(
            "When a download was added, in Unix seconds; absent when unknown.",
            lambda v: at(v.added_at),
        ),
        "episodarr_download_last_progress_timestamp_seconds": _DOWNLOAD.by(
            source="the download client and what this program saw of it"
        ).row(
            "When a download last got a byte, in Unix seconds; absent when unknown.",
            lambda v: at(v.last_progress_at),
        ),
        "episodarr_download_received_bytes_total": _DOWNLOAD.by(
            source="the download client's own counter"
        ).row(
            "All bytes a client ever received for a download, waste included.",
            lambda v: one(v.received_bytes),
        ),
    }
)
