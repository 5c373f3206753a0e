"""Rows about the upstreams and about this program itself."""

from collections.abc import Iterable, Mapping, Sequence

from exporter import __version__
from exporter.metrics.episodes import sonarr_names
from exporter.metrics.family import Kind, RecordedFamily, Sample, ViewFamily, at, one
from exporter.metrics.labels import (
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
from exporter.model.health import System, UpstreamHealth
from exporter.model.view import Snapshot

REQUEST_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CYCLE_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)

DROPPED_OBJECTS = "episodarr_dropped_objects"
STORE_ROWS = "store_rows"
"""Stands, among the families, for damaged rows of the store that were set aside."""
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
_NOTHING: tuple[tuple[str, ...], ...] = ((),)


def _by_name(counts: Mapping[str, int]) -> Sequence[Sample]:
    return [((name,), counts[name]) for name in sorted(counts)]


def _webhook_zeros(snapshot: Snapshot) -> Iterable[tuple[str, ...]]:
    return [(name, e) for name in sonarr_names(snapshot) for e in (*SONARR_EVENTS, OTHER)]


def _rescan_zeros(snapshot: Snapshot) -> Iterable[tuple[str, ...]]:
    scanned = (System.JELLYFIN, System.SHOKO)
    if snapshot.deletions_unknown is not None:
        return []
    names = [u.name for u in snapshot.upstreams if u.system in scanned]
    return [(name, result) for name in names for result in RESCAN_RESULTS]


UPSTREAM_ROWS: tuple[ViewFamily[UpstreamHealth], ...] = (
    ViewFamily(
        name="episodarr_upstream_up",
        meaning="1 if every needed endpoint answered well in the last look, else 0.",
        source=_LOOK,
        key=UPSTREAM_KEY,
        bound=_EACH,
        samples=lambda v: () if v.is_up is None else one(int(v.is_up)),
    ),
    ViewFamily(
        name="episodarr_upstream_last_success_timestamp_seconds",
        meaning="When an upstream last answered well, in Unix seconds; absent before the first.",
        source=_LOOK,
        key=UPSTREAM_KEY,
        bound=_EACH,
        samples=lambda v: at(v.last_success_at),
    ),
    ViewFamily(
        name="episodarr_upstream_info",
        meaning="Always 1: the version an upstream last told; absent before it told any.",
        source="the upstream's own answer",
        key=UPSTREAM_KEY,
        own=(VERSION,),
        bound=_EACH,
        samples=lambda v: () if v.version is None else (((v.version,), 1),),
    ),
)

UPSTREAM_RECORDS: tuple[RecordedFamily, ...] = (
    RecordedFamily(
        name="episodarr_upstream_clock_skew_seconds",
        meaning=(
            "How far the clock of an upstream, or of the proxy before it, is ahead of this "
            "program's; behind where negative; absent before an answer told."
        ),
        source="the Date header of its last answer, in whole seconds",
        own=(UPSTREAM, SYSTEM),
        bound="1 per Sonarr, Jellyfin, Shoko and Jellyseerr",
    ),
    RecordedFamily(
        name="episodarr_upstream_requests_total",
        kind=Kind.COUNTER,
        meaning="Requests to an upstream, the failed ones among them.",
        source=_SELF,
        own=(UPSTREAM, SYSTEM, ENDPOINT),
        bound="1 per upstream and endpoint, at most 40 endpoints",
    ),
    RecordedFamily(
        name="episodarr_upstream_request_failures_total",
        kind=Kind.COUNTER,
        meaning="Requests to an upstream that gave no fact, by reason.",
        source=_SELF,
        own=(UPSTREAM, SYSTEM, ENDPOINT, REASON),
        bound="9 per upstream and endpoint, at most 40 endpoints",
    ),
    RecordedFamily(
        name="episodarr_upstream_dropped_records_total",
        kind=Kind.COUNTER,
        meaning=(
            "Records in good answers that could not be used and were left out, once for each time "
            "they came; what they are about is unknown, and the log names them."
        ),
        source=_SELF,
        own=(UPSTREAM, SYSTEM, ENDPOINT),
        bound="1 per upstream and endpoint, at most 40 endpoints",
    ),
    RecordedFamily(
        name="episodarr_upstream_request_duration_seconds",
        kind=Kind.HISTOGRAM,
        meaning="How long requests to an upstream took, the failed ones among them.",
        source=_SELF,
        own=(UPSTREAM, SYSTEM, ENDPOINT),
        bound="14 per upstream and endpoint, at most 40 endpoints",
        buckets=REQUEST_SECONDS,
    ),
)

SNAPSHOT_ROWS: tuple[ViewFamily[Snapshot], ...] = (
    ViewFamily(
        name="episodarr_unmatched_series",
        meaning="Series that a system should have and that cannot be matched there.",
        source="the join of Sonarr's series with Jellyfin's and Shoko's",
        own=UPSTREAM_KEY,
        bound="1 per Jellyfin and Shoko",
        samples=lambda v: [
            (pair, count) for pair, count in sorted(v.unmatched_series_by_upstream.items())
        ],
    ),
    ViewFamily(
        name="episodarr_held_disappearances",
        meaning=(
            "Series that vanished, or lost files from disk, in a crowd and are held, not believed to "
            "be deleted."
        ),
        source="Sonarr's list of series and its history",
        own=(SONARR,),
        bound="1 per Sonarr",
        samples=lambda v: _by_name({str(k): n for k, n in v.held_disappearances_by_sonarr.items()}),
    ),
    ViewFamily(
        name="episodarr_inventory_pending_series",
        meaning=(
            "Series not read or not inventoried yet, whose deletion could not be verified; "
            "absent while the library is unknown."
        ),
        source="this program's inventory",
        own=(SONARR,),
        bound="1 per Sonarr",
        samples=lambda v: _by_name({str(k): n for k, n in v.inventory_pending_by_sonarr.items()}),
    ),
    ViewFamily(
        name="episodarr_snapshot_timestamp_seconds",
        meaning="The moment that all of this is of, in Unix seconds; absent before a good cycle.",
        source="this program's clock",
        bound="1",
        samples=lambda v: at(v.at if v.is_complete else None),
    ),
    ViewFamily(
        name="episodarr_build_info",
        meaning="Always 1: the version of this program.",
        source="the program itself",
        own=(VERSION,),
        bound="1",
        samples=lambda _: (((__version__,), 1),),
    ),
)

SELF_RECORDS: tuple[RecordedFamily, ...] = (
    RecordedFamily(
        name="episodarr_webhook_contradictions_total",
        kind=Kind.COUNTER,
        meaning=(
            "Webhooks about a deleted series that Sonarr still lists, or never listed: nothing was "
            "opened."
        ),
        source=_SELF,
        own=(UPSTREAM,),
        bound="1 per Sonarr",
        zeros=lambda v: [(name,) for name in sonarr_names(v)],
    ),
    RecordedFamily(
        name="episodarr_webhook_events_total",
        kind=Kind.COUNTER,
        meaning="Webhook calls that were accepted, by event.",
        source=_SELF,
        own=(UPSTREAM, EVENT),
        bound="12 per Sonarr",
        zeros=_webhook_zeros,
    ),
    RecordedFamily(
        name="episodarr_rescans_total",
        kind=Kind.COUNTER,
        meaning="Rescans that this program triggered, or refused to because they were not safe.",
        source=_SELF,
        own=(UPSTREAM, RESULT),
        bound="3 per Jellyfin and Shoko",
        zeros=_rescan_zeros,
    ),
    RecordedFamily(
        name="episodarr_cycles_total",
        kind=Kind.COUNTER,
        meaning="Cycles of reading, joining and showing, the failed ones among them.",
        source=_SELF,
        bound="1",
        zeros=lambda _: _NOTHING,
    ),
    RecordedFamily(
        name="episodarr_cycle_failures_total",
        kind=Kind.COUNTER,
        meaning="Cycles that hit a bug and kept the snapshot before; upstreams that fail do not count.",
        source=_SELF,
        bound="1",
        zeros=lambda _: _NOTHING,
    ),
    RecordedFamily(
        name="episodarr_cycle_duration_seconds",
        kind=Kind.HISTOGRAM,
        meaning="How long cycles took.",
        source=_SELF,
        bound="14",
        buckets=CYCLE_SECONDS,
        zeros=lambda _: _NOTHING,
    ),
    RecordedFamily(
        name="episodarr_store_write_failures_total",
        kind=Kind.COUNTER,
        meaning="Writes to the store that failed.",
        source=_SELF,
        bound="1",
        zeros=lambda _: _NOTHING,
    ),
    RecordedFamily(
        name=DROPPED_OBJECTS,
        meaning=(
            "Things left out of a metric for its limit, as a duplicate, or because a value was no "
            "number; episodarr_episode_stage stands for all per-episode metrics."
        ),
        source="the rendering of this page",
        own=(FAMILY,),
        bound="1 per limited metric",
        zeros=lambda _: [(name,) for name in LIMITED_FAMILIES],
    ),
)


def _process(name: str, meaning: str, kind: Kind = Kind.GAUGE) -> RecordedFamily:
    return RecordedFamily(
        name=name, kind=kind, meaning=meaning, source="the operating system", bound="1"
    )


PROCESS_RECORDS: tuple[RecordedFamily, ...] = (
    _process("process_virtual_memory_bytes", "Virtual memory of this process."),
    _process("process_resident_memory_bytes", "Resident memory of this process."),
    _process("process_start_time_seconds", "When this process started, in Unix seconds."),
    _process("process_cpu_seconds_total", "Processor time of this process.", Kind.COUNTER),
    _process("process_open_fds", "Open file descriptors of this process."),
    _process("process_max_fds", "Most file descriptors this process may open."),
)
"""The names every Prometheus client library uses; absent where there is no /proc."""
