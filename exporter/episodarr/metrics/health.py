"""Rows about the upstreams and about this program itself."""

from collections.abc import Iterable, Mapping, Sequence

from episodarr import __version__
from episodarr.metrics.episodes import by_sonarr, sonarr_names
from episodarr.metrics.family import RecordedFamily, Sample, Subject, ViewFamily, at, one, rows
from episodarr.metrics.labels import (
    ENDPOINT,
    EVENT,
    FAMILY,
    OTHER,
    REASON,
    RESCAN_RESULTS,
    RESULT,
    SONARR,
    SONARR_EVENTS,
    SYSTEM,
    UPSTREAM,
    UPSTREAM_KEY,
    VERSION,
)
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.view import Snapshot

REQUEST_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CYCLE_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)

DROPPED_OBJECTS = "episodarr_dropped_objects"
STORE_ROWS = "store_rows"
"""Value of the label `family` for damaged rows of the store."""
LIMITED_FAMILIES = (
    "episodarr_series_info",
    "episodarr_season_stage",
    "episodarr_episode_stage",
    "episodarr_download_info",
    "episodarr_request_info",
    "episodarr_deletion_info",
    "episodarr_deletion_leftover",
    "episodarr_upstream_up",
)
"""Families that stand for their kind of object, and those with a limit: always counted, at 0 too."""

_LOOK = "this program's requests to it"
_SELF = "this program since it started"
_EACH = "1 per configured upstream"
_ENDPOINTS = "per upstream and endpoint, at most 40 endpoints"


def _by_name(counts: Mapping[str, int]) -> Sequence[Sample]:
    return [((name,), counts[name]) for name in sorted(counts)]


def _once(_: Snapshot) -> Iterable[tuple[str, ...]]:
    return [()]


def _webhook_zeros(snapshot: Snapshot) -> Iterable[tuple[str, ...]]:
    return [(name, e) for name in sonarr_names(snapshot) for e in (*SONARR_EVENTS, OTHER)]


def _rescan_zeros(snapshot: Snapshot) -> Iterable[tuple[str, ...]]:
    scanned = (System.JELLYFIN, System.SHOKO)
    if snapshot.deletions_unknown is not None:
        return []
    names = [u.name for u in snapshot.upstreams if u.system in scanned]
    return [(name, result) for name in names for result in RESCAN_RESULTS]


_HEALTH = Subject[UpstreamHealth](key=UPSTREAM_KEY, source=_LOOK, bound=_EACH)

UPSTREAM_ROWS: tuple[ViewFamily[UpstreamHealth], ...] = rows(
    {
        "episodarr_upstream_up": _HEALTH.row(
            "1 if every needed endpoint answered well in the last cycle, else 0.",
            lambda v: () if v.is_up is None else one(int(v.is_up)),
        ),
        "episodarr_upstream_last_success_timestamp_seconds": _HEALTH.row(
            "When an upstream last answered well, in Unix seconds; absent before the first.",
            lambda v: at(v.last_success_at),
        ),
        "episodarr_upstream_info": _HEALTH.by(VERSION, source="the upstream's own answer").row(
            "Always 1: the version an upstream last reported; absent before it reported any.",
            lambda v: () if v.version is None else (((v.version,), 1),),
        ),
    }
)

_REQUESTS = Subject[Snapshot](
    own=(UPSTREAM, SYSTEM, ENDPOINT), source=_SELF, bound=f"1 {_ENDPOINTS}"
)

UPSTREAM_RECORDS: tuple[RecordedFamily, ...] = rows(
    {
        "episodarr_upstream_clock_skew_seconds": _REQUESTS.by(
            UPSTREAM,
            SYSTEM,
            source="the Date header of its last answer, in whole seconds",
            bound="1 per Sonarr, Jellyfin, Shoko and Jellyseerr",
        ).recorded(
            "How far the clock of an upstream, or of the proxy before it, is ahead of this "
            "program's; behind where negative; absent before an answer showed it."
        ),
        "episodarr_upstream_requests_total": _REQUESTS.recorded(
            "Requests to an upstream, the failed ones among them."
        ),
        "episodarr_upstream_request_failures_total": _REQUESTS.by(
            *_REQUESTS.own, REASON, bound=f"9 {_ENDPOINTS}"
        ).recorded("Requests to an upstream that gave no fact, by reason."),
        "episodarr_upstream_dropped_records_total": _REQUESTS.recorded(
            "Records in good answers that could not be used and were left out, once for each time "
            "they came; what they are about is unknown, and the log names them."
        ),
        "episodarr_upstream_request_duration_seconds": _REQUESTS.by(
            *_REQUESTS.own, bound=f"14 {_ENDPOINTS}"
        ).recorded(
            "How long requests to an upstream took, the failed ones among them.",
            buckets=REQUEST_SECONDS,
        ),
    }
)

_SNAPSHOT = Subject[Snapshot](source="this program's clock", bound="1 per Sonarr")

SNAPSHOT_ROWS: tuple[ViewFamily[Snapshot], ...] = rows(
    {
        "episodarr_unmatched_series": _SNAPSHOT.by(
            *UPSTREAM_KEY,
            source="the join of Sonarr's series with Jellyfin's and Shoko's",
            bound="1 per Jellyfin and Shoko",
        ).row(
            "Series that a system should have and that cannot be matched there.",
            lambda v: [
                (pair, count) for pair, count in sorted(v.unmatched_series_by_upstream.items())
            ],
        ),
        "episodarr_held_disappearances": _SNAPSHOT.by(
            SONARR, source="Sonarr's list of series and its history"
        ).row(
            "Series that vanished, or lost files from disk, in a crowd and are held, not believed to "
            "be deleted.",
            lambda v: _by_name({str(k): n for k, n in v.held_disappearances_by_sonarr.items()}),
        ),
        "episodarr_inventory_pending_series": _SNAPSHOT.by(
            SONARR, source="this program's inventory"
        ).row(
            "Series not read or not inventoried yet, whose deletion could not be verified; "
            "absent while the library is unknown.",
            lambda v: _by_name({str(k): n for k, n in v.inventory_pending_by_sonarr.items()}),
        ),
        "episodarr_snapshot_timestamp_seconds": _SNAPSHOT.by(bound="1").row(
            "The moment that all of this is of, in Unix seconds; absent before a good cycle.",
            lambda v: at(v.at if v.is_complete else None),
        ),
        "episodarr_build_info": _SNAPSHOT.by(VERSION, source="the program itself", bound="1").row(
            "Always 1: the version of this program.", lambda _: (((__version__,), 1),)
        ),
    }
)

_PROGRAM = Subject[Snapshot](source=_SELF, bound="1")

SELF_RECORDS: tuple[RecordedFamily, ...] = rows(
    {
        "episodarr_webhook_contradictions_total": _PROGRAM.by(
            UPSTREAM, bound="1 per Sonarr"
        ).recorded(
            "Webhooks about a deleted series that Sonarr still lists, or never listed: nothing was "
            "opened.",
            zeros=by_sonarr,
        ),
        "episodarr_webhook_events_total": _PROGRAM.by(
            UPSTREAM, EVENT, bound="12 per Sonarr"
        ).recorded("Webhook calls that were accepted, by event.", zeros=_webhook_zeros),
        "episodarr_rescans_total": _PROGRAM.by(
            UPSTREAM, RESULT, bound="3 per Jellyfin and Shoko"
        ).recorded(
            "Rescans that this program triggered, or refused to because they were not safe.",
            zeros=_rescan_zeros,
        ),
        "episodarr_cycles_total": _PROGRAM.recorded(
            "Cycles of reading, joining and showing, the failed ones among them.",
            zeros=_once,
        ),
        "episodarr_cycle_failures_total": _PROGRAM.recorded(
            "Cycles in or before which a bug was met, also while following deletions; what met it stays"
            " as it was. Upstreams that fail do not count.",
            zeros=_once,
        ),
        "episodarr_cycle_duration_seconds": _PROGRAM.by(bound="14").recorded(
            "How long cycles took.", buckets=CYCLE_SECONDS, zeros=_once
        ),
        "episodarr_store_write_failures_total": _PROGRAM.recorded(
            "Writes to the store that failed.", zeros=_once
        ),
        DROPPED_OBJECTS: _PROGRAM.by(
            FAMILY, source="the rendering of this page", bound="1 per limited metric"
        ).recorded(
            "Things left out of a metric for its limit, as a duplicate, or because a value was no "
            "number; episodarr_episode_stage stands for all per-episode metrics.",
            zeros=lambda _: [(name,) for name in LIMITED_FAMILIES],
        ),
    }
)


_PROCESS = Subject[Snapshot](source="the operating system", bound="1")

PROCESS_RECORDS: tuple[RecordedFamily, ...] = rows(
    {
        "process_virtual_memory_bytes": _PROCESS.recorded("Virtual memory of this process."),
        "process_resident_memory_bytes": _PROCESS.recorded("Resident memory of this process."),
        "process_start_time_seconds": _PROCESS.recorded(
            "When this process started, in Unix seconds."
        ),
        "process_cpu_seconds_total": _PROCESS.recorded("Processor time of this process."),
        "process_open_fds": _PROCESS.recorded("Open file descriptors of this process."),
        "process_max_fds": _PROCESS.recorded("Most file descriptors this process may open."),
    }
)
"""The names every Prometheus client library uses; absent where there is no /proc."""
