"""Show what a running exporter knows once, or again and again until Ctrl-C."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

import click
from rich.console import Console
from rich.text import Text

from episodarr.cli.running.remote import Answer, RefusedError, Remote, UnusableError
from episodarr.cli.terminal.draw import STYLES, Lines, draw_series, draw_status, row_lines
from episodarr.cli.terminal.output import open_console, print_json, print_text, width_of
from episodarr.cli.terminal.pages import PagedScreen
from episodarr.views.shapes import (
    OneSeriesDocument,
    RequestListDocument,
    SeriesDocument,
    SnapshotHead,
    UnderWayDocument,
)
from episodarr.views.text import escaped
from episodarr.views.tree import series_picture
from episodarr.views.words import Tone


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of `status` shows."""

    body: bytes
    series: tuple[SeriesDocument, ...]
    now: datetime
    draw: Callable[[int | None], Lines]
    trouble: str = ""
    """Why the last request failed; empty if it did not."""


def read_once(remote: Remote, series_id: str | None) -> Round:
    """One series, or with None all that is under way.

    Raises:
        UnusableError: no exporter answers.
        RefusedError: there is no such series.
    """
    if series_id is not None:
        one = remote.get(f"api/v1/series/{quote(series_id, safe=':')}", OneSeriesDocument)
        series, now = one.document.series, clock_of(one)
        return Round(one.body, (series,), now, lambda width: draw_series(series, now, width))
    moving = remote.get("api/v1/series?under_way=1", UnderWayDocument)
    asked = remote.get("api/v1/requests", RequestListDocument)
    now, shown = clock_of(moving), moving.document.series
    return Round(
        moving.body,
        tuple(shown),
        now,
        lambda width: draw_status(moving.document, shown, asked.document.requests, now, width),
    )


def clock_of[T: SnapshotHead](answer: Answer[T]) -> datetime:
    """The exporter's clock; its times are shown as ages."""
    return answer.at or datetime.fromisoformat(answer.document.at)


def show_rounds(rounds: Iterator[Round], *, as_json: bool) -> None:
    """Redraws each answer over the last on a terminal; prints changes, or documents, in a pipe."""
    console = open_console()
    try:
        if as_json:
            for one in _good(rounds):
                print_json(one.body, indent=None)
        elif console.is_terminal:
            _watch_live(console, rounds)
        else:
            _watch_lines(rounds)
    except KeyboardInterrupt:
        click.echo(err=True)


def rounds_of(
    remote: Remote, series_id: str | None, every_seconds: float, count: int | None
) -> Iterator[Round]:
    """Fetch again and again; after the first success a failing exporter is retried."""
    done = 0
    last: Round | None = None
    while True:
        try:
            last = read_once(remote, series_id)
            yield last
        except (UnusableError, RefusedError) as error:
            if last is None:
                raise
            yield replace(last, trouble=f"{error} Trying again.")
        done += 1
        if count is not None and done >= count:
            return
        time.sleep(every_seconds)


def _good(rounds: Iterator[Round]) -> Iterator[Round]:
    """The good answers; the trouble of the others is printed to standard error."""
    for one in rounds:
        if one.trouble:
            print_text(one.trouble, err=True)
        else:
            yield one


def _watch_live(console: Console, rounds: Iterator[Round]) -> None:
    with PagedScreen(console, time.monotonic) as screen:
        for one in rounds:
            trouble = [Text(escaped(one.trouble), STYLES[Tone.BAD])] if one.trouble else []
            screen.show(trouble, one.draw(width_of(console)))


def _watch_lines(rounds: Iterator[Round]) -> None:
    printed: dict[str, dict[str, str]] = {}
    for one in _good(rounds):
        for series in one.series:
            lines = row_lines(series_picture(series, one.now))
            before = printed.get(series.id, {})
            for key, line in lines.items():
                if before.get(key) != line:
                    click.echo(line)
            printed[series.id] = lines
        sys.stdout.flush()
