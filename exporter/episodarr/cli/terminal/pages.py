"""A picture on a terminal that is too small for it: whole blocks to a page, which turn by themselves.

The alternate screen is used, so that neither a resize nor a growing picture leaves scraps behind;
what was shown last stays in the ordinary one at the end.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from episodarr.cli.terminal.draw import Lines
from episodarr.cli.terminal.output import print_lines

PAGE_SECONDS = 8.0
LEAST_ROWS = 5
"""Of the picture on each page, however small the terminal is."""


class PagedScreen:
    """The whole terminal, with a head that always stays."""

    def __init__(self, console: Console, monotonic: Callable[[], float]) -> None:
        self._console = console
        self._monotonic = monotonic
        self._started = monotonic()
        self._live = Live(
            console=console, screen=True, auto_refresh=False, vertical_overflow="crop"
        )
        self._last: Lines = []

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)
        print_lines(self._console, self._last)

    def show(self, head: Lines, picture: Lines) -> None:
        """Redraws the terminal in place."""
        self._last = picture
        folded = [part for line in head for part in self._folded(line)]
        # The last line of a terminal stays empty: some scroll when it is written to its end.
        rows = max(LEAST_ROWS, self._console.height - len(folded) - 2)
        pages = pages_of([part for line in picture for part in self._folded(line)], rows)
        number = int((self._monotonic() - self._started) / PAGE_SECONDS) % len(pages)
        foot = f"Page {number + 1} of {len(pages)}. " if len(pages) > 1 else ""
        lines = [*folded, *pages[number]]
        lines += [Text()] * (len(folded) + rows - len(lines))
        lines.append(Text(f"{foot}Ctrl-C stops.", "dim"))
        self._live.update(Text("\n").join(lines), refresh=True)

    def _folded(self, line: Text) -> Lines:
        return list(line.wrap(self._console, self._console.width)) if line.plain else [line]


def pages_of(lines: Lines, rows: int) -> list[Lines]:
    """The lines on pages of so many rows: blocks, with an empty line between them, stay whole.

    Law: every line that is not empty is on exactly one page, in order; there is at least one page.
    """
    pages: list[Lines] = [[]]
    for block in _blocks(lines):
        for start in range(0, len(block), rows):
            piece = block[start : start + rows]
            if pages[-1] and len(pages[-1]) + 1 + len(piece) > rows:
                pages.append([])
            pages[-1] += [Text(), *piece] if pages[-1] else piece
    return pages


def _blocks(lines: Lines) -> list[Lines]:
    blocks: list[Lines] = [[]]
    for line in lines:
        if line.plain:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]
