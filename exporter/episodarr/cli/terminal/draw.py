"""Pictures and documents as lines of text with colors, for a terminal or a pipe.

`width` is the terminal's; None stands for a pipe: nothing is cut there and nothing left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from episodarr.views.deletion_documents import (
    DeletionDocument,
    DeletionSummary,
    ExpectedDeletionDocument,
)
from episodarr.views.deletion_tree import deletion_picture, evidence_branches
from episodarr.views.shapes import (
    RequestDocument,
    SeriesDocument,
    SeriesListHead,
    StuckDownloadDocument,
    UpstreamDocument,
)
from episodarr.views.text import age, counted, plain, size
from episodarr.views.tree import (
    MESSAGES_LIMIT,
    Branch,
    Picture,
    Row,
    request_line,
    series_picture,
    shown_hold,
)
from episodarr.views.words import Tone, shown_system, upstream_name

STATE_COLUMN = 44
EPISODE_COLUMN = 9
SYSTEM_COLUMN = 13
GAP = "   "
LEAST_DETAIL_CELLS = 12
"""A release name cut shorter than this is useless, and left out."""
STALE_AFTER_SECONDS = 90

STYLES = {
    Tone.GOOD: "cyan",
    Tone.BUSY: "bright_blue",
    Tone.WAITING: "yellow",
    Tone.WARNING: "bold yellow",
    Tone.BAD: "bold bright_red",
    Tone.QUIET: "dim",
    Tone.PLAIN: "",
}

type Lines = list[Text]


def draw_series(series: SeriesDocument, now: datetime, width: int | None) -> Lines:
    """The first picture."""
    return draw_picture(series_picture(series, now), width, EPISODE_COLUMN)


def draw_status(
    head: SeriesListHead,
    series: Sequence[SeriesDocument],
    requests: Sequence[RequestDocument],
    now: datetime,
    width: int | None,
) -> Lines:
    """What is wrong, the unfinished requests whose series is not drawn, and every active series."""
    shown = {one.id for one in series}
    waiting = [
        request
        for request in requests
        if not request.is_finished and request.series_id not in shown
    ]
    blocks = [
        draw_head(head, now),
        draw_stuck_downloads(head.stuck_downloads),
        [Text(request_line(request, now)) for request in waiting],
        *(draw_series(one, now, width) for one in series),
    ]
    if not series:
        sentence = "Nothing is being searched, downloaded or imported"
        known = counted(head.series_count, "series", "series")
        blocks.append([Text(f"{sentence}; {known} in the library.")])
    return _apart(blocks)


def draw_head(head: SeriesListHead, now: datetime) -> Lines:
    """Warnings about the rest: it is old, incomplete, or an upstream fails."""
    lines: Lines = []
    at = datetime.fromisoformat(head.at)
    if not head.is_complete:
        lines.append(
            Text("The first cycle is not complete yet: what is missing is not known.", "bold")
        )
    elif (now - at).total_seconds() > STALE_AFTER_SECONDS:
        lines.append(Text(f"As of {age(at, now)}: no newer cycle was good.", STYLES[Tone.WARNING]))
    lines += [Text(plain(left, limit=400), STYLES[Tone.WARNING]) for left in head.left_out_series]
    lines += [_failing(upstream) for upstream in head.upstreams if upstream.is_up is False]
    return lines


def draw_stuck_downloads(downloads: Sequence[StuckDownloadDocument]) -> Lines:
    """Downloads that need attention and that no episode waits for, with Sonarr's messages."""
    lines: Lines = []
    for download in downloads:
        words, tone = shown_hold(download.hold or "")
        series = plain(download.series) or "of no known series"
        release = plain(download.release) or plain(download.download_id)
        lines.append(Text(f"{release} ({series}): {words}", STYLES[tone]))
        lines += [
            Text(f"{GAP}{plain(message)}", STYLES[Tone.QUIET])
            for message in download.messages[:MESSAGES_LIMIT]
        ]
    return lines


def draw_deletions(deletions: Sequence[DeletionSummary], now: datetime, width: int | None) -> Lines:
    """The second picture of each."""
    if not deletions:
        return [Text("No deletions are known.")]
    return _apart([_draw_deletion(deletion, now, width) for deletion in deletions])


def draw_evidence(deletion: DeletionDocument, now: datetime, width: int | None) -> Lines:
    """The second picture, then every episode with each system's answer and how it was checked."""
    lines = _draw_deletion(deletion, now, width)
    for branch in evidence_branches(deletion):
        lines += _draw_branch(branch, width, EPISODE_COLUMN)
    return lines


def draw_expected(document: ExpectedDeletionDocument) -> Lines:
    """The inventory, and which systems can prove the deletion."""
    episodes = document.episodes
    total = sum(episode.size_bytes or 0 for episode in episodes)
    lines = [
        Text(plain(document.series), "bold"),
        Text(f"{counted(len(episodes), 'episode')} with a file, {size(total)}"),
    ]
    for witness in document.witnesses:
        tone = Tone.GOOD if witness.can_testify else Tone.QUIET
        line = Text("  " + shown_system(witness.system).ljust(SYSTEM_COLUMN))
        mark = "✓" if witness.can_testify else "\u2013"
        line.append(f"{mark} {plain(witness.sentence, limit=400)}", STYLES[tone])
        lines.append(line)
    lines += [Text(f"  → {plain(note, limit=400)}") for note in document.notes]
    deletion_id = document.deletion_id
    if deletion_id is None:
        lines.append(Text("Nothing was announced: this was a dry run."))
    else:
        known = plain(deletion_id)
        lines.append(Text(f"Announced as {known}; follow it with: episodarr deletions {known}"))
    return lines


def draw_picture(picture: Picture, width: int | None, column: int) -> Lines:
    """Heading and state, summary and remarks, then the rows."""
    lines = [_beside(Text(picture.heading, "bold"), picture.state, STYLES[picture.tone])]
    if picture.summary:
        first, *others = picture.remarks or ("",)
        lines.append(_beside(Text(picture.summary), first, "dim"))
        lines += [_beside(Text(), remark, "dim") for remark in others]
    lines += _draw_rows(picture.rows, width, column)
    for branch in picture.branches:
        lines += _draw_branch(branch, width, column)
    for advice in picture.advice:
        lines += _hanging("  → ", advice, width)
    for note in picture.notes:
        lines += _hanging("  · ", note, width)
    return lines


def row_lines(picture: Picture) -> dict[str, str]:
    """Each row as one plain line that stands by itself, by a key under which changes are found."""
    lines = {"": f"{picture.heading}: {picture.state}, {picture.summary}"}
    for branch in picture.branches:
        for row in branch.rows:
            about = " ".join(filter(None, (picture.heading, branch.key + row.label)))
            state = f"{row.mark} {row.words}".strip()
            # An ETA moves all the time; that alone is no change.
            waits = "" if row.tail_tone is Tone.PLAIN else row.tail
            lines[f"{branch.key}/{row.key}"] = GAP.join(
                filter(None, (about, state, row.detail, waits, *row.notes))
            )
    return lines


def _draw_deletion(deletion: DeletionSummary, now: datetime, width: int | None) -> Lines:
    picture = deletion_picture(deletion, now)
    is_in_rows = deletion.deleted == deletion.expected
    picture = replace(
        picture,
        summary="" if is_in_rows else picture.summary,
        remarks=(),
        rows=tuple(replace(row, tail="") for row in picture.rows),
    )
    lines = draw_picture(picture, width, SYSTEM_COLUMN)
    lines[0].append(f"   {plain(deletion.id)}", "dim")
    return lines


def _draw_branch(branch: Branch, width: int | None, column: int) -> Lines:
    return [Text(branch.heading, "bold"), *_draw_rows(branch.rows, width, column)]


def _draw_rows(rows: Sequence[Row], width: int | None, column: int) -> Lines:
    label_cells = max([column, *(cell_len(row.label) + 2 for row in rows)])
    wide = [row for row in rows if row.detail or row.tail]
    words_cells = max([0, *(cell_len(_words(row)) for row in wide)])
    tail_cells = max([0, *(cell_len(row.tail) for row in wide)])
    detail_cells = max([0, *(cell_len(_detail(row, width)) for row in wide)])
    if width is not None:
        taken = 2 + label_cells + words_cells + 2 * len(GAP) + tail_cells
        detail_cells = min(detail_cells, width - taken)
        if detail_cells < LEAST_DETAIL_CELLS:
            detail_cells = 0
    lines: Lines = []
    for row in rows:
        line = Text("  " + _padded(row.label, label_cells))
        line.append(_words(row), STYLES[row.tone])
        if row in wide:
            line.append(" " * (words_cells - cell_len(_words(row))))
            if detail_cells:
                detail = Text(_detail(row, width), "dim")
                detail.truncate(detail_cells, overflow="ellipsis", pad=True)
                line.append(GAP).append_text(detail)
            line.append(GAP + row.tail, STYLES[row.tail_tone])
        line.rstrip()
        lines.append(line)
        for note in row.notes:
            lines += _hanging(" " * (2 + label_cells), note, width, "dim")
    return lines


def _hanging(start: str, text: str, width: int | None, style: str = "") -> Lines:
    """A sentence; what does not fit goes on under its first word, not at the edge."""
    whole = Text(text, style)
    room = None if width is None else width - cell_len(start)
    if room is None or room < LEAST_DETAIL_CELLS:
        return [Text(start, style).append_text(whole)]
    first, *others = whole.wrap(Console(width=width), room) or [whole]
    indent = Text(" " * cell_len(start))
    return [Text(start, style).append_text(first), *(indent + other for other in others)]


def _detail(row: Row, width: int | None) -> str:
    """The release; on a terminal a pack's name is not repeated on each of its lines."""
    return "″" if row.is_same_detail and width is not None else row.detail


def _words(row: Row) -> str:
    return f"{row.mark} {row.words}" if row.mark else row.words


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))


def _beside(line: Text, remark: str, style: str) -> Text:
    if remark:
        line.append(" " * max(2, STATE_COLUMN - cell_len(line.plain)))
        line.append(remark, style)
    return line


def _failing(upstream: UpstreamDocument) -> Text:
    name = upstream_name(upstream.system, upstream.name)
    messages = [plain(upstream.message or ""), upstream.remedy or ""]
    return Text(f"✗ {name} fails: {' — '.join(filter(None, messages))}", STYLES[Tone.BAD])


def _apart(blocks: Iterable[Lines]) -> Lines:
    """The blocks that have lines, with an empty line between them."""
    lines: Lines = []
    for block in blocks:
        if block and lines:
            lines.append(Text())
        lines += block
    return lines
