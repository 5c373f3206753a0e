"""The library as one line a series: searched, filtered by stage, a page at a time."""

from collections import Counter
from dataclasses import dataclass

from episodarr.model.stage import Stage
from episodarr.model.view import SeriesView, Snapshot
from episodarr.views.documents import counts, series_id
from episodarr.views.find import folded
from episodarr.views.text import plain
from episodarr.views.tree import short_counts, shown_stage
from episodarr.views.words import Tone

LINES_PER_PAGE = 50

UNREAD = "unread"
"""Label in place of a stage for a series that was not read yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """The page's query: search text, stage filter, page number, opened series."""

    search: str = ""
    stage: str = ""
    page: int = 1
    opened: str = ""
    """Id of a series to be drawn whole, wherever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLine:
    """One series on one line."""

    id: str
    title: str
    mark: str
    state: str
    tone: Tone
    counts: str
    ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCount:
    """How many series have a stage; a filter of the library."""

    stage: str
    word: str
    mark: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One page of lines."""

    lines: tuple[SeriesLine, ...]
    stages: tuple[StageCount, ...]
    found: int
    total: int
    page: int
    pages: int


def series_line(view: SeriesView) -> SeriesLine:
    """The series on one line."""
    mark, state, tone = shown_stage(None if view.stage is None else view.stage.label)
    ratio = None if view.tally is None else view.tally.progress_ratio
    return SeriesLine(
        id=series_id(view.key),
        title=plain(view.title) or series_id(view.key),
        mark=mark,
        state=state,
        tone=tone,
        counts=short_counts(counts(view.tally)),
        ratio=ratio,
    )


def library_page(snapshot: Snapshot, asked: PageQuery) -> Library:
    """One page of the series that fit the query and the stage, by title."""
    wanted = folded(asked.search)
    fitting = [
        view
        for view in snapshot.series_by_key.values()
        if wanted in folded(view.title) or wanted == str(view.key.tvdb_id)
    ]
    stages = Counter(_stage_label(view) for view in fitting)
    chosen = [view for view in fitting if not asked.stage or _stage_label(view) == asked.stage]
    chosen.sort(key=lambda view: (folded(view.title), view.key))
    pages = max(1, -(-len(chosen) // LINES_PER_PAGE))
    page = min(max(asked.page, 1), pages)
    start = (page - 1) * LINES_PER_PAGE
    return Library(
        lines=tuple(series_line(view) for view in chosen[start : start + LINES_PER_PAGE]),
        stages=tuple(
            StageCount(
                stage=label,
                word=shown_stage(None if label == UNREAD else label)[1],
                mark=shown_stage(None if label == UNREAD else label)[0],
                count=stages[label],
                is_chosen=label == asked.stage,
            )
            for label in (*(stage.label for stage in reversed(Stage)), UNREAD)
            if stages[label] or label == asked.stage
        ),
        found=len(chosen),
        total=len(snapshot.series_by_key),
        page=page,
        pages=pages,
    )


def _stage_label(view: SeriesView) -> str:
    return UNREAD if view.stage is None else view.stage.label
