"""Commands that ask a running exporter: status, deletions, expect-deletion, recheck, ack."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from urllib.parse import quote

import click

from episodarr.cli.configuration import refuse
from episodarr.cli.running.remote import RefusedError, Remote, UnusableError, reach
from episodarr.cli.running.watch import clock_of, read_once, rounds_of, show_rounds
from episodarr.cli.terminal.draw import (
    draw_deletions,
    draw_evidence,
    draw_expected,
)
from episodarr.cli.terminal.output import (
    open_console,
    print_json,
    print_lines,
    print_text,
    width_of,
)
from episodarr.errors import SettingsError
from episodarr.views.deletion_documents import (
    DeletionListDocument,
    ExpectedDeletionDocument,
    OneDeletionDocument,
)
from episodarr.views.find import Found, Named, find_series
from episodarr.views.shapes import (
    SeriesListDocument,
    SeriesSummary,
)
from episodarr.views.text import plain

EXIT_REFUSED = 1
EXIT_UNREACHABLE = 3

EXIT_CODES = (
    "\b\nExit codes:\n"
    "  0  done\n"
    "  1  no such series or deletion, or the exporter refused\n"
    "  2  wrong usage or configuration\n"
    "  3  the exporter cannot be reached, or what answers is not one"
)

url_option = click.option(
    "--url",
    envvar="EPISODARR_URL",
    show_envvar=True,
    help="Where the exporter runs; may hold user:password@. Without it the address that "
    "EPISODARR_WEB__LISTEN of this environment names.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's answer instead.")


@click.command(epilog=EXIT_CODES, short_help="Show where every episode is.")
@click.argument("series", required=False)
@click.option("--watch", is_flag=True, help="Keep it current until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.05),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to read with --watch.",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), hidden=True, help="Stop watching after so many."
)
@_json
@url_option
def status(
    series: str | None,
    *,
    watch: bool,
    every: float,
    rounds: int | None,
    as_json: bool,
    url: str | None,
) -> None:
    """Show where every episode is: of SERIES, or of all that is under way.

    SERIES is a part of a title, a slug, a TVDB number, or an id as in tv:405920.
    In a pipe, --watch prints a line for each episode that changed.
    """
    with failures(), reach(url, os.environ) as remote:
        series_id = None if series is None else _resolved(remote, series)
        if watch:
            show_rounds(rounds_of(remote, series_id, every, rounds), as_json=as_json)
        elif as_json:
            print_json(read_once(remote, series_id).body, indent=2)
        else:
            console = open_console()
            print_lines(console, read_once(remote, series_id).draw(width_of(console)))


@click.command(epilog=EXIT_CODES, short_help="Show whether what was deleted is gone.")
@click.argument("deletion_id", metavar="[ID]", required=False)
@_json
@url_option
def deletions(deletion_id: str | None, *, as_json: bool, url: str | None) -> None:
    """Show whether what was deleted is gone; with ID every episode and how that is known."""
    with failures(), reach(url, os.environ) as remote:
        console = open_console()
        width = width_of(console)
        if deletion_id is None:
            listed = remote.get("api/v1/deletions", DeletionListDocument)
            body = listed.body
            lines = draw_deletions(listed.document.deletions, clock_of(listed), width)
        else:
            one = remote.get(_deletion_path(deletion_id), OneDeletionDocument)
            body = one.body
            lines = draw_evidence(one.document.deletion, clock_of(one), width)
        if as_json:
            print_json(body, indent=2)
        else:
            print_lines(console, lines)


@click.command(
    "expect-deletion", epilog=EXIT_CODES, short_help="Announce a deletion, for a fresh inventory."
)
@click.argument("series")
@click.option("--dry-run", is_flag=True, help="Only show the inventory and who can testify.")
@_json
@url_option
def expect_deletion(series: str, *, dry_run: bool, as_json: bool, url: str | None) -> None:
    """Announce that SERIES is about to be deleted, and take a fresh inventory of it.

    Needs the exporter's secret in EPISODARR_WEB__SECRET or EPISODARR_WEB__SECRET_FILE.
    """
    with failures(), reach(url, os.environ) as remote:
        order = {"series": series, "dry_run": dry_run}
        answer = remote.post("api/v1/deletions", order, ExpectedDeletionDocument)
        if as_json:
            print_json(answer.body, indent=2)
        else:
            print_lines(open_console(), draw_expected(answer.document))


@click.command(epilog=EXIT_CODES, short_help="Check a deletion again now.")
@click.argument("deletion_id", metavar="ID")
@url_option
def recheck(deletion_id: str, *, url: str | None) -> None:
    """Have every system asked about deletion ID again now.

    Needs the exporter's secret in EPISODARR_WEB__SECRET or EPISODARR_WEB__SECRET_FILE.
    """
    _order(url, deletion_id, "recheck", "is being checked again")


@click.command(epilog=EXIT_CODES, short_help="Take note of how a deletion ended.")
@click.argument("deletion_id", metavar="ID")
@url_option
def ack(deletion_id: str, *, url: str | None) -> None:
    """Mark how deletion ID ended as seen, which ends its alert.

    While it is being verified there is nothing to mark. What is held is believed from then on.

    Needs the exporter's secret in EPISODARR_WEB__SECRET or EPISODARR_WEB__SECRET_FILE.
    """
    _order(url, deletion_id, "ack", "is acknowledged")


COMMANDS: tuple[click.Command, ...] = (status, deletions, expect_deletion, recheck, ack)


def _order(url: str | None, deletion_id: str, action: str, result: str) -> None:
    with failures(), reach(url, os.environ) as remote:
        remote.post(f"{_deletion_path(deletion_id)}/{action}", {}, dict[str, str])
        click.echo(f"Deletion {plain(deletion_id)} {result}.")


def _deletion_path(deletion_id: str) -> str:
    return f"api/v1/deletions/{quote(deletion_id, safe='')}"


def _resolved(remote: Remote, query: str) -> str:
    """The id of the one series that is meant.

    Raises:
        RefusedError: none or several are.
    """
    library = remote.get("api/v1/series", SeriesListDocument).document.series
    match find_series(query, (_named(one) for one in library)):
        case Found(series):
            return series.id
        case not_found:
            lines = tuple(f"{one.id}  {one.title} ({one.year})" for one in not_found.suggestions)
            raise RefusedError(plain(not_found.sentence), lines)


def _named(series: SeriesSummary) -> Named:
    return Named(
        id=series.id,
        title=series.title,
        title_slug=series.title_slug,
        tvdb_id=series.tvdb_id,
        year=series.year,
    )


@contextmanager
def failures() -> Iterator[None]:
    """Sentences and exit codes instead of tracebacks."""
    try:
        yield
    except SettingsError as error:
        refuse(error)
    except RefusedError as error:
        _fail(str(error), error.suggestions, EXIT_REFUSED)
    except UnusableError as error:
        _fail(str(error), (), EXIT_UNREACHABLE)


def _fail(sentence: str, suggestions: tuple[str, ...], code: int) -> NoReturn:
    print_text(sentence, err=True)
    if suggestions:
        click.echo("Did you mean:", err=True)
    for line in suggestions:
        click.echo(f"  {plain(line)}", err=True)
    raise SystemExit(code)
