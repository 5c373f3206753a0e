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

from episodarr.cli.draw import STYLES, Lines, draw_series, draw_status, row_lines
from episodarr.cli.output import open_console, print_json, say, width_of
from episodarr.cli.pages import PagedScreen
from episodarr.cli.remote import Answer, RefusedError, Remote, UnusableError
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
class Look:
    """What one round of `status` found."""

    body: bytes
    series: tuple[SeriesDocument, ...]
    now: datetime
    draw: Callable[[int | None], Lines]
    trouble: str = ""
    """Why the last request failed; empty if it did not."""


def look_at(remote: Remote, series_id: str | None) -> Look:
    """One series, or with None all that is under way.

    Raises:
        UnusableError: no exporter answers.
        RefusedError: there is no such series.
    """
    if series_id is not None:
        one = remote.get(f"api/v1/series/{quote(series_id, safe=':')}", OneSeriesDocument)
        series, now = one.document.series, clock_of(one)
        return Look(one.body, (series,), now, lambda width: draw_series(series, now, width))
    moving = remote.get("api/v1/series?under_way=1", UnderWayDocument)
    asked = remote.get("api/v1/requests", RequestListDocument)
    now, shown = clock_of(moving), moving.document.series
    return Look(
        moving.body,
        tuple(shown),
        now,
        lambda width: draw_status(moving.document, shown, asked.document.requests, now, width),
    )


def clock_of[T: SnapshotHead](answer: Answer[T]) -> datetime:
    """The exporter's clock; its times are shown as ages."""
    return answer.at or datetime.fromisoformat(answer.document.at)


def watch_looks(looks: Iterator[Look], *, as_json: bool) -> None:
    """Redraws each answer over the last on a terminal; prints changes, or documents, in a pipe."""
    console = open_console()
    try:
        if as_json:
            for look in _good(looks):
                print_json(look.body, indent=None)
        elif console.is_terminal:
            _watch_live(console, looks)
        else:
            _watch_lines(looks)
    except KeyboardInterrupt:
        click.echo(err=True)


def looks_at(
    remote: Remote, series_id: str | None, every_seconds: float, rounds: int | None
) -> Iterator[Look]:
    """Fetch again and again; after the first success a failing exporter is retried."""
    done = 0
    last: Look | None = None
    while True:
        try:
            last = look_at(remote, series_id)
            yield last
        except (UnusableError, RefusedError) as error:
            if last is None:
                raise
            yield replace(last, trouble=f"{error} Trying again.")
        done += 1
        if rounds is not None and done >= rounds:
            return
        time.sleep(every_seconds)


def _good(looks: Iterator[Look]) -> Iterator[Look]:
    """The good answers; the trouble of the others is printed to standard error."""
    for look in looks:
        if look.trouble:
            say(look.trouble, err=True)
        else:
            yield look


def _watch_live(console: Console, looks: Iterator[Look]) -> None:
    with PagedScreen(console, time.monotonic) as screen:
        for look in looks:
            trouble = [Text(escaped(look.trouble), STYLES[Tone.BAD])] if look.trouble else []
            screen.show(trouble, look.draw(width_of(console)))


def _watch_lines(looks: Iterator[Look]) -> None:
    said: dict[str, dict[str, str]] = {}
    for look in _good(looks):
        for series in look.series:
            now_said = row_lines(series_picture(series, look.now))
            before = said.get(series.id, {})
            for key, line in now_said.items():
                if before.get(key) != line:
                    click.echo(line)
            said[series.id] = now_said
        sys.stdout.flush()
