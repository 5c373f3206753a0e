"""The pictures of one series or one deletion, drawn alike by terminal and page.

A `Picture` has a heading with one word of state, a summary, rows, and rows in branches. All text
in it is plain: no control or bidirectional characters, bounded in length.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from episodarr.model.stage import Hold, Stage
from episodarr.views.shapes import (
    Counted,
    EpisodeDocument,
    RequestDocument,
    SeasonDocument,
    SeriesDocument,
)
from episodarr.views.text import EN_DASH, age, counted, duration, percent, plain, seasons
from episodarr.views.words import (
    NEEDS_A_PERSON,
    Tone,
    hold_words,
    request_words,
    stage_words,
)

MESSAGES_LIMIT = 3
"""Upstream messages shown on one row; the API has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: label, mark and words, then the release as detail, then what it waits for."""

    key: str
    """Unique within the picture, and stable while the row is for the same episodes or system."""
    label: str
    mark: str
    words: str
    tone: Tone
    ratio: float | None = None
    """Progress from 0 to 1, drawn as a bar; None: no bar."""
    detail: str = ""
    is_same_detail: bool = False
    """True if the detail equals the row's above, so that a pack's name is shown once."""
    tail: str = ""
    tail_tone: Tone = Tone.PLAIN
    notes: tuple[str, ...] = ()
    """Messages of the upstreams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One season."""

    key: str
    heading: str
    summary: str
    tone: Tone
    rows: tuple[Row, ...]
    is_active: bool = True
    """True if the season is under way: the page shows it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One series, or one deletion."""

    key: str
    heading: str
    state: str
    mark: str
    tone: Tone
    summary: str = ""
    ratio: float | None = None
    remarks: tuple[str, ...] = ()
    """Sentences beside the summary, such as its requests."""
    branches: tuple[Branch, ...] = ()
    rows: tuple[Row, ...] = ()
    advice: tuple[str, ...] = ()
    """What to do, most urgent first."""
    notes: tuple[str, ...] = ()
    """Further information that needs no action."""
    links: tuple[tuple[str, str], ...] = ()
    """Name and address; only http and https."""


def series_picture(series: SeriesDocument, now: datetime) -> Picture:
    """The first picture: where every episode of a series is."""
    mark, word, tone = shown_stage(series.stage)
    return Picture(
        key=series.id,
        heading=plain(series.title) or series.id,
        state=word,
        mark=mark,
        tone=tone,
        summary=f"Overall: {episodes_words(series)}",
        ratio=series.progress_ratio,
        remarks=tuple(_requested(request, now) for request in series.requests),
        branches=tuple(_branch(season, now) for season in _shown_seasons(series)),
        links=safe_links(series.links),
    )


def shown_stage(label: str | None) -> tuple[str, str, Tone]:
    """Mark, word and tone of a stage by its label; a newer server may have others."""
    if label is None:
        return "?", "Not read yet", Tone.QUIET
    try:
        return stage_words(Stage[label.upper()])
    except KeyError:
        return "?", plain(label), Tone.PLAIN


def episodes_words(counts: Counted) -> str:
    """As in "12/24 episodes (50 %)", "3/12 episodes (25 %), 9 not aired"."""
    tracked, available, ratio = counts.tracked, counts.available, counts.available_ratio
    if tracked is None or available is None:
        known = "" if available is None else f", {available} available"
        return f"episodes not read yet{known}"
    if ratio is None:
        return "nothing monitored"
    return f"{available}/{tracked} episodes ({percent(ratio)}){_not_aired(counts)}"


def short_counts(counts: Counted) -> str:
    """As in "12/24", "3/12, 9 not aired", "?" where it is not known."""
    tracked, available = counts.tracked, counts.available
    if tracked is None:
        return "?" if available is None else f"{available} available"
    return f"{available}/{tracked}{_not_aired(counts)}" if tracked else "nothing monitored"


def season_name(season: int) -> str:
    """As in "Season 2"; season 0 is called what Sonarr's page calls it."""
    return f"Season {season}" if season else "Specials"


def request_line(request: RequestDocument, now: datetime) -> str:
    """As in "SPY x FAMILY, seasons 1-2, requested 3 days ago, 12/24, waits for approval"."""
    title = plain(request.series) or f"Request {request.request_id}"
    parts = (title, *request_words_in_order(request, now), _needed(request))
    return ", ".join(filter(None, parts))


def request_words_in_order(request: RequestDocument, now: datetime) -> tuple[str, ...]:
    """The texts that follow a request's title, in order; some may be empty."""
    who = f" by {plain(request.requested_by, limit=60)}" if request.requested_by else ""
    created_at = datetime.fromisoformat(request.created_at)
    return (
        seasons(request.seasons) + (" in 4K" if request.is_4k else ""),
        f"requested{who} {age(created_at, now)}",
        short_counts(request) if request.series_id else "in no Sonarr yet",
    )


def _needed(request: RequestDocument) -> str:
    """As in "waits for approval"; empty where no person has to act."""
    statuses = (status for status in NEEDS_A_PERSON if status.value == request.status)
    return next((request_words(status)[0] for status in statuses), "")


def safe_links(links: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Links a page may carry: a `javascript:` address from a setting is no link."""
    return tuple(
        (plain(name, limit=40), url)
        for name, url in sorted(links.items())
        if url.startswith(("https://", "http://"))
    )


def _requested(request: RequestDocument, now: datetime) -> str:
    who = f" by {plain(request.requested_by, limit=60)}" if request.requested_by else ""
    what = seasons(request.seasons) or "the whole series"
    quality = " in 4K" if request.is_4k else ""
    created_at = datetime.fromisoformat(request.created_at)
    parts = (f"requested{who}: {what}{quality}", age(created_at, now), _needed(request))
    return ", ".join(filter(None, parts))


def _not_aired(counts: Counted) -> str:
    unaired = (counts.episodes_by_stage or {}).get(Stage.UNAIRED.label, 0)
    return f", {unaired} not aired" if unaired else ""


def _shown_seasons(series: SeriesDocument) -> list[SeasonDocument]:
    """The seasons with tracked or held episodes; all seasons if there is none."""
    shown = [season for season in series.seasons if _is_shown(season)]
    return shown or series.seasons


def _is_shown(season: SeasonDocument) -> bool:
    if season.tracked != 0:
        return True
    return any(episode.hold is not None for episode in season.episodes or ())


def _branch(season: SeasonDocument, now: datetime) -> Branch:
    _, _, tone = shown_stage(season.stage)
    episodes = season.episodes
    key = f"S{season.season:02d}"
    rows = [] if episodes is None else [_row(run, now) for run in _runs(episodes)]
    return Branch(
        key=key,
        heading=season_name(season.season),
        summary=short_counts(season),
        tone=tone,
        is_active=season.is_active,
        rows=_with_ditto(rows) if rows else (_unread_row(key, season),),
    )


def _with_ditto(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(
        replace(row, is_same_detail=bool(row.detail) and row.detail == above.detail)
        for row, above in zip(rows, (replace(rows[0], detail=""), *rows), strict=False)
    )


def _unread_row(key: str, season: SeasonDocument) -> Row:
    if season.episodes is not None:
        return Row(key=key, label="", mark=EN_DASH, words="no episodes", tone=Tone.QUIET)
    words = f"episodes not read yet, {season.available or 0} available by Sonarr's count"
    return Row(key=key, label="", mark="?", words=words, tone=Tone.QUIET)


def _runs(episodes: list[EpisodeDocument]) -> list[list[EpisodeDocument]]:
    """Adjacent episodes with equal rows, grouped; a downloading episode has its own row."""
    runs: list[list[EpisodeDocument]] = []
    for episode in sorted(episodes, key=lambda episode: episode.episode):
        if runs and _continues(runs[-1][-1], episode):
            runs[-1].append(episode)
        else:
            runs.append([episode])
    return runs


def _continues(one: EpisodeDocument, other: EpisodeDocument) -> bool:
    if other.stage == Stage.DOWNLOADING.label or other.episode != one.episode + 1:
        return False
    return (one.stage, one.hold, one.release, one.messages) == (
        other.stage,
        other.hold,
        other.release,
        other.messages,
    )


def _row(run: list[EpisodeDocument], now: datetime) -> Row:
    first, last = run[0], run[-1]
    mark, word, tone = shown_stage(first.stage)
    is_moving = first.stage == Stage.DOWNLOADING.label
    tail, tail_tone = _waits(first, now, is_alone=len(run) == 1)
    release = first.release
    label = f"E{first.episode:02d}"
    if len(run) > 1:
        label += f"{EN_DASH}E{last.episode:02d}"
    return Row(
        key=first.code,
        label=label,
        mark=mark,
        words=f"{word} {percent(first.progress_ratio)}" if is_moving else word,
        tone=tone,
        ratio=first.progress_ratio if is_moving else None,
        detail="" if release is None else plain(release.title),
        tail=tail,
        tail_tone=tail_tone,
        notes=tuple(plain(message) for message in first.messages[:MESSAGES_LIMIT]),
    )


def _waits(episode: EpisodeDocument, now: datetime, *, is_alone: bool) -> tuple[str, Tone]:
    """The hold's words; else the time left or until it airs; "" for neither."""
    if episode.hold is not None:
        return shown_hold(episode.hold)
    if episode.eta_seconds is not None and episode.stage == Stage.DOWNLOADING.label:
        return f"ETA {duration(episode.eta_seconds)}", Tone.PLAIN
    if episode.stage == Stage.UNAIRED.label and episode.air_at is not None:
        seconds = (datetime.fromisoformat(episode.air_at) - now).total_seconds()
        if seconds > 0:
            return f"{'airs' if is_alone else 'the first airs'} in {duration(seconds)}", Tone.QUIET
    return "", Tone.PLAIN


def shown_hold(label: str) -> tuple[str, Tone]:
    """Words and tone of a hold by its label; a newer server may have others."""
    try:
        return hold_words(Hold(label))
    except ValueError:
        return plain(label).replace("_", " "), Tone.PLAIN


def more_rows(count: int) -> str:
    """Text for the number of rows not shown, as in "… and 3 more lines"."""
    return f"… and {counted(count, 'more line')}"
