"""Lines and documents on standard output.

What draws is imported by the commands that draw: `match` starts without it.
"""

from __future__ import annotations

import json
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click
import msgspec

from episodarr.views.text import escaped

if TYPE_CHECKING:
    from rich.console import Console

    from episodarr.cli.terminal.draw import Lines


def open_console() -> Console:
    """Colors only on a terminal; rich itself honors NO_COLOR."""
    from rich.console import Console

    if isinstance(sys.stdout, TextIOWrapper):
        # A locale without the marks shows a question mark, and no traceback.
        sys.stdout.reconfigure(errors="replace")
    return Console(file=sys.stdout, highlight=False)


def width_of(console: Console) -> int | None:
    """Cells of a line; None for a pipe, where nothing is cut."""
    return console.width if console.is_terminal else None


def print_lines(console: Console, lines: Lines) -> None:
    """One after the other, never wrapped by us."""
    for line in lines:
        console.print(line, soft_wrap=True)


def print_text(text: str, *, err: bool = False) -> None:
    """Print one line, with control characters in it escaped."""
    click.echo(escaped(text), err=err)


def print_json(body: bytes, *, indent: int | None) -> None:
    """ASCII only: a title could hold what moves a terminal's cursor."""
    click.echo(json.dumps(msgspec.json.decode(body), ensure_ascii=True, indent=indent))
