"""The status page as plain records: stuck episodes, series under way, the library as lines.

Its size is bounded whatever the library's: a limited number of series with episodes, of rows each,
and one page of lines; entries left out are always counted and can be reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from episodarr.model.ids import SeriesKey
from episodarr.model.stage import TELLING_ORDER, Stage
from episodarr.model.view import RequestView, SeriesView, Snapshot
from episodarr.views.deletion_documents import deletion_summary, in_order
from episodarr.views.deletion_tree import deletion_picture
from episodarr.views.documents import (
    is_under_way,
    request_document,
    requests_by_series,
    series_by_id,
    series_document,
    stuck_downloads,
    upstream_document,
)
from episodarr.views.library import Library, PageQuery, SeriesLine, library_page, series_line
from episodarr.views.shapes import RequestDocument, SeriesDocument, UpstreamDocument
from episodarr.views.stuck import StuckLine, most_pressing_first, stuck_download_line, stuck_lines
from episodarr.views.text import counted, plain
from episodarr.views.tree import (
    Picture,
    Row,
    more_rows,
    request_words_in_order,
    series_picture,
    shown_stage,
)
from episodarr.views.words import NEEDS_A_PERSON, Tone, request_words, upstream_name

WHOLE_SERIES_LIMIT = 20
"""Series drawn with their episodes; the others under way are lines that open on demand."""
ROWS_LIMIT = 60
"""Rows of one season on the page."""
UNDER_WAY_LINES_LIMIT = 150
REQUESTS_LIMIT = 40
DELETIONS_LIMIT = 25
STUCK_LIMIT = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """One open request: its series, details and state."""

    key: str
    series_id: str | None
    title: str
    words: str
    mark: str
    state: str
    tone: Tone
    ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole page."""

    at: datetime
    is_complete: bool
    upstreams: tuple[UpstreamDocument, ...]
    remarks: tuple[str, ...]
    """Limits of the page's content: systems not read yet, held disappearances."""
    stuck: tuple[StuckLine, ...]
    stuck_more: int
    requests: tuple[RequestLine, ...]
    requests_more: int
    opened: Picture | None
    under_way: tuple[Picture, ...]
    under_way_lines: tuple[SeriesLine, ...]
    under_way_more: int
    deletions: tuple[Picture, ...]
    deletions_more: int
    library: Library
    asked: PageQuery


def overview(snapshot: Snapshot, asked: PageQuery, now: datetime) -> Overview:
    """The page for one visitor; draws at most the bounds above."""
    requests = requests_by_series(snapshot.requests)
    moving = _under_way(snapshot, requests)
    documents = [_document(view, snapshot, requests) for view in moving[:WHOLE_SERIES_LIMIT]]
    rest = moving[WHOLE_SERIES_LIMIT:]
    stuck = most_pressing_first(
        [
            *(entry for view in moving for entry in stuck_lines(view)),
            *(stuck_download_line(view) for view in stuck_downloads(snapshot)),
        ]
    )
    waiting = [request for request in snapshot.requests if not request.is_finished]
    deletions = in_order(snapshot)
    return Overview(
        at=snapshot.at,
        is_complete=snapshot.is_complete,
        upstreams=tuple(upstream_document(health) for health in snapshot.upstreams),
        remarks=(*_unknown(snapshot), *_remarks(snapshot)),
        stuck=tuple(stuck[:STUCK_LIMIT]),
        stuck_more=max(0, len(stuck) - STUCK_LIMIT),
        requests=_request_lines(waiting, now),
        requests_more=max(0, len(waiting) - REQUESTS_LIMIT),
        opened=_opened(snapshot, requests, asked, now),
        under_way=tuple(bounded(series_picture(document, now)) for document in documents),
        under_way_lines=tuple(series_line(view) for view in rest[:UNDER_WAY_LINES_LIMIT]),
        under_way_more=max(0, len(rest) - UNDER_WAY_LINES_LIMIT),
        deletions=tuple(
            deletion_picture(deletion_summary(view), now) for view in deletions[:DELETIONS_LIMIT]
        ),
        deletions_more=max(0, len(deletions) - DELETIONS_LIMIT),
        library=library_page(snapshot, asked),
        asked=asked,
    )


def bounded(picture: Picture) -> Picture:
    """The picture with at most `ROWS_LIMIT` rows a season, and a row that counts the others."""
    return replace(
        picture,
        branches=tuple(
            replace(branch, rows=_first_rows(branch.rows, branch.key))
            for branch in picture.branches
        ),
    )


def _first_rows(rows: tuple[Row, ...], key: str) -> tuple[Row, ...]:
    if len(rows) <= ROWS_LIMIT:
        return rows
    more = Row(
        key=f"{key}-more",
        label="",
        mark="",
        words=more_rows(len(rows) - ROWS_LIMIT),
        tone=Tone.QUIET,
    )
    return (*rows[:ROWS_LIMIT], more)


def _document(
    view: SeriesView,
    snapshot: Snapshot,
    requests: Mapping[SeriesKey, Sequence[RequestView]],
) -> SeriesDocument:
    downloads = (
        d
        for d in snapshot.downloads
        if d.tvdb_id == view.key.tvdb_id and d.sonarr == view.key.sonarr
    )
    return series_document(view, requests.get(view.key, ()), downloads)


def _under_way(
    snapshot: Snapshot, requests: Mapping[SeriesKey, Sequence[RequestView]]
) -> list[SeriesView]:
    """The series under way, by stage in `TELLING_ORDER`, then by title."""
    rank = {stage: number for number, stage in enumerate(TELLING_ORDER)}
    moving = (
        view
        for view in snapshot.series_by_key.values()
        if is_under_way(view, requests.get(view.key, ()))
    )
    return sorted(
        moving,
        key=lambda view: (
            len(rank) if view.stage is None else rank.get(view.stage, len(rank)),
            view.title.casefold(),
            view.key,
        ),
    )


def _request_lines(waiting: Sequence[RequestView], now: datetime) -> tuple[RequestLine, ...]:
    ordered = sorted(waiting, key=lambda request: (request.created_at, request.request_id))
    return tuple(_request_line(request, now) for request in ordered[:REQUESTS_LIMIT])


def _request_line(view: RequestView, now: datetime) -> RequestLine:
    document = request_document(view)
    stage = None if view.status in NEEDS_A_PERSON else _telling(document)
    mark, state, tone = shown_stage(stage) if stage else ("", *request_words(view.status))
    return RequestLine(
        key=f"request-{view.request_id}",
        series_id=document.series_id,
        title=plain(view.series) or f"Request {view.request_id}",
        words=", ".join(filter(None, request_words_in_order(document, now))),
        mark=mark,
        state=state,
        tone=tone,
        ratio=document.progress_ratio,
    )


def _telling(request: RequestDocument) -> str | None:
    """Label of the first stage in `TELLING_ORDER` that a requested episode has; None if unknown."""
    by_stage = request.episodes_by_stage or {}
    labels = (stage.label for stage in (*TELLING_ORDER, Stage.UNMONITORED))
    return next((label for label in labels if by_stage.get(label)), None)


def _opened(
    snapshot: Snapshot,
    requests: Mapping[SeriesKey, Sequence[RequestView]],
    asked: PageQuery,
    now: datetime,
) -> Picture | None:
    view = series_by_id(snapshot, asked.opened) if asked.opened else None
    return None if view is None else series_picture(_document(view, snapshot, requests), now)


def _unknown(snapshot: Snapshot) -> tuple[str, ...]:
    remarks: list[str] = []
    if snapshot.unjoined_series:
        count = counted(snapshot.unjoined_series, "series", "series")
        remarks.append(f"{count} left out, for something went wrong with them: see the log.")
    return tuple(remarks)


def _remarks(snapshot: Snapshot) -> tuple[str, ...]:
    """Sentences on what the page lacks: unread series, held or unmatched ones."""
    remarks = []
    if not snapshot.is_complete:
        remarks.append("The first cycle is not complete yet: what is missing here is not known.")
    remarks += [plain(double.sentence, limit=400) for double in snapshot.double_series]
    for sonarr, count in snapshot.inventory_pending_by_sonarr.items():
        if count:
            remarks.append(
                f"{counted(count, 'series', 'series')} of {sonarr} not read and inventoried yet."
            )
    for sonarr, count in snapshot.held_disappearances_by_sonarr.items():
        if count:
            remarks.append(
                f"{counted(count, 'series', 'series')} vanished from {sonarr} at once. "
                "That is not believed until they come back or it is acknowledged "
                "(episodarr deletions, then episodarr ack ID)."
            )
    for (upstream, system), count in snapshot.unmatched_series_by_upstream.items():
        if count:
            remarks.append(
                f"{counted(count, 'series', 'series')} not found in {upstream_name(system, upstream)}."
            )
    return tuple(remarks)
