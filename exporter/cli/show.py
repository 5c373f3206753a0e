"""Commands that ask a running exporter: status, deletions, expect-deletion, recheck, ack."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from typing import NoReturn
from urllib.parse import quote

import click
import msgspec
from rich.console import Console
from rich.live import Live
from rich.text import Text

from exporter.cli.draw import (
    Lines,
    draw_deletions,
    draw_evidence,
    draw_expected,
    draw_series,
    draw_status,
    row_lines,
)
from exporter.cli.remote import Answer, RefusedError, Remote, UnusableError
from exporter.views.deletion_documents import (
    DeletionListDocument,
    ExpectedDeletionDocument,
    OneDeletionDocument,
)
from exporter.views.documents import (
    OneSeriesDocument,
    RequestListDocument,
    SeriesDocument,
    SeriesListDocument,
    SeriesSummary,
    SnapshotHead,
    UnderWayDocument,
)
from exporter.views.find import Found, Named, find_series
from exporter.views.text import plain
from exporter.views.tree import series_picture

EXIT_REFUSED = 1
EXIT_UNREACHABLE = 3

EXIT_CODES = (
    "\b\nExit codes:\n"
    "  0  done\n"
    "  1  no such series or deletion, or the exporter refused\n"
    "  2  wrong usage\n"
    "  3  the exporter cannot be reached, or what answers is not one"
)

_url = click.option(
    "--url",
    envvar="EPISODARR_URL",
    default="http://127.0.0.1:10987",
    show_default=True,
    show_envvar=True,
    help="Where the exporter runs; may hold user:password@.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's answer instead.")


@dataclass(frozen=True, slots=True)
class Look:
    """What one round of `status` found."""

    body: bytes
    series: tuple[SeriesDocument, ...]
    now: datetime
    draw: Callable[[int | None], Lines]


@click.command(epilog=EXIT_CODES)
@click.argument("series", required=False)
@click.option("--watch", is_flag=True, help="Keep it current until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.05),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look with --watch.",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), hidden=True, help="Stop watching after so many."
)
@_json
@_url
def status(
    series: str | None,
    *,
    watch: bool,
    every: float,
    rounds: int | None,
    as_json: bool,
    url: str,
) -> None:
    """Show where every episode is: of SERIES, or of all that is under way.

    SERIES is a part of a title, a slug, a TVDB number, or an id as in tv:405920.
    In a pipe, --watch prints a line for each episode that changed.
    """
    with _failures(), Remote(url, os.environ) as remote:
        series_id = None if series is None else _resolved(remote, series)
        if watch:
            _watch(_looks(remote, series_id, every, rounds), as_json=as_json)
        elif as_json:
            _print_json(_look(remote, series_id).body, indent=2)
        else:
            console = _console()
            _print(console, _look(remote, series_id).draw(_width(console)))


@click.command(epilog=EXIT_CODES)
@click.argument("deletion_id", metavar="[ID]", required=False)
@_json
@_url
def deletions(deletion_id: str | None, *, as_json: bool, url: str) -> None:
    """Show whether what was deleted is gone; with ID every episode and how that is known."""
    with _failures(), Remote(url, os.environ) as remote:
        console = _console()
        width = _width(console)
        if deletion_id is None:
            listed = remote.get("api/v1/deletions", DeletionListDocument)
            body = listed.body
            lines = draw_deletions(listed.document["deletions"], _now(listed), width)
        else:
            one = remote.get(_deletion_path(deletion_id), OneDeletionDocument)
            body = one.body
            lines = draw_evidence(one.document["deletion"], _now(one), width)
        if as_json:
            _print_json(body, indent=2)
        else:
            _print(console, lines)


@click.command("expect-deletion", epilog=EXIT_CODES)
@click.argument("series")
@click.option("--dry-run", is_flag=True, help="Only show the inventory and who can testify.")
@_json
@_url
def expect_deletion(series: str, *, dry_run: bool, as_json: bool, url: str) -> None:
    """Announce that SERIES is about to be deleted, and take a fresh inventory of it.

    Needs the exporter's secret in EPISODARR_WEB__SECRET or EPISODARR_WEB__SECRET_FILE.
    """
    with _failures(), Remote(url, os.environ) as remote:
        order = {"series": series, "dry_run": dry_run}
        answer = remote.post("api/v1/deletions", order, ExpectedDeletionDocument)
        if as_json:
            _print_json(answer.body, indent=2)
        else:
            _print(_console(), draw_expected(answer.document))


@click.command(epilog=EXIT_CODES)
@click.argument("deletion_id", metavar="ID")
@_url
def recheck(deletion_id: str, *, url: str) -> None:
    """Have every system asked about deletion ID again now.

    Needs the exporter's secret in EPISODARR_WEB__SECRET or EPISODARR_WEB__SECRET_FILE.
    """
    _order(url, deletion_id, "recheck", "is being checked again")


@click.command(epilog=EXIT_CODES)
@click.argument("deletion_id", metavar="ID")
@_url
def ack(deletion_id: str, *, url: str) -> None:
    """Mark the bad verdict on deletion ID as seen; a held disappearance is believed from then on.

    Needs the exporter's secret in EPISODARR_WEB__SECRET or EPISODARR_WEB__SECRET_FILE.
    """
    _order(url, deletion_id, "ack", "is acknowledged")


COMMANDS: tuple[click.Command, ...] = (status, deletions, expect_deletion, recheck, ack)


def _order(url: str, deletion_id: str, action: str, result: str) -> None:
    with _failures(), Remote(url, os.environ) as remote:
        remote.post(f"{_deletion_path(deletion_id)}/{action}", {}, dict[str, str])
        click.echo(f"Deletion {plain(deletion_id)} {result}.")


def _deletion_path(deletion_id: str) -> str:
    return f"api/v1/deletions/{quote(deletion_id, safe='')}"


def _resolved(remote: Remote, query: str) -> str:
    """The id of the one series that is meant.

    Raises:
        RefusedError: none or several are.
    """
    library = remote.get("api/v1/series", SeriesListDocument).document["series"]
    match find_series(query, (_named(one) for one in library)):
        case Found(series):
            return series.id
        case not_found:
            lines = tuple(f"{one.id}  {one.title} ({one.year})" for one in not_found.suggestions)
            raise RefusedError(plain(not_found.sentence), lines)


def _named(series: SeriesSummary) -> Named:
    return Named(
        id=series["id"],
        title=series["title"],
        title_slug=series["title_slug"],
        tvdb_id=series["tvdb_id"],
        year=series["year"],
    )


def _look(remote: Remote, series_id: str | None) -> Look:
    if series_id is not None:
        one = remote.get(f"api/v1/series/{quote(series_id, safe=':')}", OneSeriesDocument)
        series, now = one.document["series"], _now(one)
        return Look(one.body, (series,), now, lambda width: draw_series(series, now, width))
    moving = remote.get("api/v1/series?under_way=1", UnderWayDocument)
    asked = remote.get("api/v1/requests", RequestListDocument)
    now, shown = _now(moving), moving.document["series"]
    return Look(
        moving.body,
        tuple(shown),
        now,
        lambda width: draw_status(moving.document, shown, asked.document["requests"], now, width),
    )


def _now[T: SnapshotHead](answer: Answer[T]) -> datetime:
    """The exporter's clock, for it is its times that are told as ages."""
    return answer.at or datetime.fromisoformat(answer.document["at"])


# --- watching ------------------------------------------------------------------------------------


def _watch(looks: Iterator[Look], *, as_json: bool) -> None:
    console = _console()
    try:
        if as_json:
            for look in looks:
                _print_json(look.body, indent=None)
        elif console.is_terminal:
            _watch_live(console, looks)
        else:
            _watch_lines(looks)
    except KeyboardInterrupt:
        click.echo(err=True)


def _looks(
    remote: Remote, series_id: str | None, every_seconds: float, rounds: int | None
) -> Iterator[Look]:
    """One look after the other; once it worked, an exporter that restarts is waited for."""
    done = 0
    while True:
        try:
            yield _look(remote, series_id)
        except (UnusableError, RefusedError) as error:
            if not done:
                raise
            click.echo(f"{error} Trying again.", err=True)
        done += 1
        if rounds is not None and done >= rounds:
            return
        time.sleep(every_seconds)


def _watch_live(console: Console, looks: Iterator[Look]) -> None:
    with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        for look in looks:
            lines = look.draw(_width(console))
            live.update(Text("\n").join(lines), refresh=True)


def _watch_lines(looks: Iterator[Look]) -> None:
    said: dict[str, dict[str, str]] = {}
    for look in looks:
        for series in look.series:
            now_said = row_lines(series_picture(series, look.now))
            before = said.get(series["id"], {})
            for key, line in now_said.items():
                if before.get(key) != line:
                    click.echo(line)
            said[series["id"]] = now_said
        sys.stdout.flush()


# --- printing ------------------------------------------------------------------------------------


def _console() -> Console:
    """Colors only on a terminal; rich itself honors NO_COLOR."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A locale without the marks shows a question mark, and no traceback.
        sys.stdout.reconfigure(errors="replace")
    return Console(file=sys.stdout, highlight=False)


def _width(console: Console) -> int | None:
    return console.width if console.is_terminal else None


def _print(console: Console, lines: Lines) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)


def _print_json(body: bytes, *, indent: int | None) -> None:
    """ASCII only: a title could hold what moves a terminal's cursor."""
    click.echo(json.dumps(msgspec.json.decode(body), ensure_ascii=True, indent=indent))


@contextmanager
def _failures() -> Iterator[None]:
    """Sentences and exit codes instead of tracebacks."""
    try:
        yield
    except RefusedError as error:
        _fail(str(error), error.suggestions, EXIT_REFUSED)
    except UnusableError as error:
        _fail(str(error), (), EXIT_UNREACHABLE)


def _fail(sentence: str, suggestions: tuple[str, ...], code: int) -> NoReturn:
    click.echo(sentence, err=True)
    if suggestions:
        click.echo("Did you mean:", err=True)
    for line in suggestions:
        click.echo(f"  {plain(line)}", err=True)
    raise SystemExit(code)
