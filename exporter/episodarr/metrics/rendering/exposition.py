"""The whole of `/metrics`: a snapshot and counters in, bytes that are ready to send out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import batched

from episodarr.metrics.catalogue import FAMILIES, RECORDED
from episodarr.metrics.counters import Counters, CounterSource, Histogram, LabelValues
from episodarr.metrics.deletions import DELETION_ROWS
from episodarr.metrics.downloads import DOWNLOAD_ROWS
from episodarr.metrics.family import Family, Kind, RecordedFamily
from episodarr.metrics.health import DROPPED_OBJECTS, SNAPSHOT_ROWS, UPSTREAM_ROWS
from episodarr.metrics.labels import DELETION_KEY, DOWNLOAD_KEY, REQUEST_KEY, UPSTREAM_KEY
from episodarr.metrics.rendering.blocks import STEP_BYTES, Budget, Chunk
from episodarr.metrics.rendering.bodies import Bodies, Framed, framed
from episodarr.metrics.rendering.fragments import Objects, printers
from episodarr.metrics.rendering.library_tree import LibraryTree, Scope
from episodarr.metrics.rendering.text import (
    clean,
    histogram_lines,
    is_finite,
    label_block,
    sample_line,
)
from episodarr.metrics.requests import REQUEST_ROWS
from episodarr.model.deletion import DeletionView, is_shown
from episodarr.model.health import UpstreamHealth
from episodarr.model.memo import MemoByKey
from episodarr.model.steps import Steps, in_one_go, pauses_of
from episodarr.model.view import DownloadView, RequestView, Snapshot

_FAMILIES_PER_STEP = 20
"""Families of few lines each that are rendered in one step."""
QUEUED_LIMIT = 5_000
"""Most queued episodes outside active seasons."""


class SupersededError(RuntimeError):
    """Raised when a newer update began while this one was paused."""


class Exposition:
    """Keeps what was rendered, so that an update costs what changed."""

    def __init__(
        self,
        scope: Scope | str = Scope.ACTIVE,
        *,
        queued_limit: int = QUEUED_LIMIT,
        instruments: CounterSource | None = None,
        step_bytes: int = STEP_BYTES,
    ) -> None:
        self._step_bytes = step_bytes
        self._instruments = instruments
        self._library = LibraryTree(Scope(scope), queued_limit)
        self._downloads = Objects[DownloadView](
            DOWNLOAD_ROWS,
            DOWNLOAD_KEY,
            key_of=lambda v: (v.sonarr, v.download_id),
            ident_of=lambda v: (clean(v.sonarr), clean(v.download_id)),
        )
        self._requests = Objects[RequestView](
            REQUEST_ROWS,
            REQUEST_KEY,
            key_of=lambda v: (str(v.request_id),),
            ident_of=lambda v: (v.request_id,),
        )
        self._deletions = Objects[DeletionView](
            DELETION_ROWS,
            DELETION_KEY,
            key_of=lambda v: (v.deletion_id, v.series),
            ident_of=lambda v: (clean(v.deletion_id),),
        )
        self._upstreams = Objects[UpstreamHealth](
            UPSTREAM_ROWS,
            UPSTREAM_KEY,
            key_of=lambda v: (v.name, v.system.value),
            ident_of=lambda v: (clean(v.name), v.system.value),
        )
        self._kinds = (
            self._library,
            self._downloads,
            self._requests,
            self._deletions,
            self._upstreams,
        )
        self._snapshot_rows = printers(SNAPSHOT_ROWS)
        self._singles: dict[str, Chunk] = {}
        self._framed: MemoByKey[str, Framed] = MemoByKey()
        self._turn = 0

    def update(self, snapshot: Snapshot, counters: Counters | None = None) -> Bodies:
        """The bodies for this snapshot, in one go."""
        return in_one_go(self.update_steps(snapshot, counters))

    def update_steps(self, snapshot: Snapshot, counters: Counters | None = None) -> Steps[Bodies]:
        """The bodies for this snapshot, in steps of a few milliseconds.

        A caller with an event loop lets it run between two steps. Steps that are never taken do no
        harm: the next update goes on from there.

        Raises:
            SupersededError: Another update was begun in between.
        """
        self._turn += 1
        turn = self._turn
        found: list[Bodies] = []
        for _ in pauses_of(self._steps(snapshot, counters or Counters()), found):
            yield
            if self._turn != turn:
                raise SupersededError("a newer update was begun")
        return found[0]

    def _steps(self, snapshot: Snapshot, counters: Counters) -> Steps[Bodies]:
        yield from self._render_steps(snapshot, counters, Budget(self._step_bytes))
        return Bodies((yield from self._frame_steps()))

    def _render_steps(
        self, snapshot: Snapshot, counters: Counters, budget: Budget
    ) -> Iterator[None]:
        shown = [d for d in snapshot.deletions if is_shown(d, snapshot.at)]
        yield from self._library.update_steps(snapshot.series_by_key.values(), budget)
        yield from self._downloads.update_steps(snapshot.downloads, budget)
        yield from self._requests.update_steps(snapshot.requests, budget)
        yield from self._deletions.update_steps(shown, budget)
        yield from self._upstreams.update_steps(snapshot.upstreams, budget)
        yield
        if self._instruments is not None:
            counters = counters.merged((yield from self._instruments.counter_steps()))
        yield from self._single_steps(snapshot, counters)

    def _single_steps(self, snapshot: Snapshot, counters: Counters) -> Iterator[None]:
        """The families that are few lines each: rendered every time, compressed when they differ."""
        given = counters.values.get(DROPPED_OBJECTS, {})
        dropped = Counter({family: int(count) for (family,), count in given.items()})
        dropped["episodarr_series_info"] += len(snapshot.double_series)
        for printer in self._snapshot_rows:
            self._put_single(printer.name, printer.lines("", snapshot, dropped))
        for kind in self._kinds:
            dropped.update(kind.dropped())
        dropped["episodarr_series_info"] += snapshot.unjoined_series
        yield
        for rows in batched(RECORDED.values(), _FAMILIES_PER_STEP):
            for row in rows:
                if row.name != DROPPED_OBJECTS:
                    self._put_single(row.name, _recorded(row, snapshot, counters, dropped))
            yield
        left_out = Counters(values={DROPPED_OBJECTS: {(n,): c for n, c in dropped.items() if c}})
        row = RECORDED[DROPPED_OBJECTS]
        self._put_single(row.name, _recorded(row, snapshot, left_out, dropped))

    def _put_single(self, name: str, lines: bytes) -> None:
        known = self._singles.get(name)
        if known is None or known.plain != lines:
            self._singles[name] = Chunk.of(lines)

    def _chunks(self) -> Iterable[tuple[str, Chunk]]:
        for kind in self._kinds:
            yield from zip(kind.names, kind.chunks(), strict=True)
        yield from self._singles.items()

    def _frame_steps(self) -> Steps[list[Framed]]:
        """The families that have samples, in the order of the catalogue."""
        chunks = dict(self._chunks())
        families: list[Framed] = []
        for rows in batched(FAMILIES, _FAMILIES_PER_STEP):
            for row in rows:
                chunk = chunks[row.name]
                if chunk.segment.size:
                    families.append(self._under_heads(row, chunk))
            yield
        return families

    def _under_heads(self, row: Family, chunk: Chunk) -> Framed:
        return self._framed.of(row.name, (chunk,), lambda: framed(row, chunk))


def _recorded(
    row: RecordedFamily, snapshot: Snapshot, counters: Counters, dropped: Counter[str]
) -> bytes:
    """All lines of a family that is handed in, its zeros among them."""
    zeros = [label_block(row.label_names, labels) for labels in row.zeros(snapshot)]
    if row.kind is Kind.HISTOGRAM:
        histograms = _by_block(row, counters.histograms.get(row.name, {}), dropped)
        for block in zeros:
            histograms.setdefault(block, Histogram.empty(row.buckets))
        return "".join(
            histogram_lines(row.name, block, row.buckets, histograms[block])
            for block in sorted(histograms)
        ).encode()
    given = counters.values.get(row.name, {})
    finite = {labels: value for labels, value in given.items() if is_finite(value)}
    dropped[row.name] += len(given) - len(finite)
    values = _by_block(row, finite, dropped)
    for block in zeros:
        values.setdefault(block, 0)
    return "".join(sample_line(row.name, block, values[block]) for block in sorted(values)).encode()


def _by_block[T](
    row: RecordedFamily, given: Mapping[LabelValues, T], dropped: Counter[str]
) -> dict[str, T]:
    """Values by their labels as they are written; of what is written alike, the first."""
    blocks: dict[str, T] = {}
    for labels in sorted(given):
        block = label_block(row.label_names, labels)
        if block in blocks:
            dropped[row.name] += 1
        else:
            blocks[block] = given[labels]
    return blocks
