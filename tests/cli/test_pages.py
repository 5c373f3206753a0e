"""A terminal that is too small: every line is on a page, blocks stay whole, the head stays."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from episodarr.cli.terminal.pages import PAGE_SECONDS, PagedScreen, pages_of


def plain(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


@given(
    blocks=st.lists(st.integers(min_value=1, max_value=30), max_size=8),
    rows=st.integers(min_value=5, max_value=40),
)
def test_every_line_is_on_one_page_that_is_not_too_long(blocks: list[int], rows: int) -> None:
    lines: list[Text] = []
    for number, length in enumerate(blocks):
        lines += [Text(f"{number}.{row}") for row in range(length)] + [Text()]
    pages = pages_of(lines, rows)
    assert all(len(page) <= rows for page in pages)
    shown = [text for page in pages for text in plain(page) if text]
    assert shown == [text for text in plain(lines) if text]


def test_a_block_is_not_torn_where_it_fits_on_a_page() -> None:
    lines = [Text(t) for t in ("a1", "a2", "a3", "", "b1", "b2", "b3", "", "c1")]
    assert [plain(page) for page in pages_of(lines, 5)] == [
        ["a1", "a2", "a3"],
        ["b1", "b2", "b3", "", "c1"],
    ]


def test_pages_turn_by_themselves_below_a_head_that_stays() -> None:
    now = [0.0]
    sink = io.StringIO()
    console = Console(file=sink, force_terminal=True, width=30, height=10)
    picture = [Text(t) for block in "abc" for t in (*(f"{block}{n}" for n in range(4)), "")]
    pages = []
    with PagedScreen(console, lambda: now[0]) as screen:
        for turn in range(4):
            now[0] = turn * PAGE_SECONDS
            sink.truncate(0)
            screen.show([Text("the head"), Text()], picture)
            pages.append(sink.getvalue())
        sink.truncate(0)
    for page, block, number in zip(pages, "abca", (1, 2, 3, 1), strict=True):
        assert "the head" in page
        assert f"Page {number} of 3." in page
        assert [other for other in "abc" if f"{other}3" in page] == [block]
    assert all(f"{block}{n}" in sink.getvalue() for block in "abc" for n in range(4))


def test_a_line_longer_than_the_terminal_takes_the_rows_it_needs() -> None:
    sink = io.StringIO()
    console = Console(file=sink, force_terminal=True, width=20, height=8)
    with PagedScreen(console, lambda: 0.0) as screen:
        screen.show([Text("the head")], [Text("word " * 40), Text(), Text("the end")])
        assert "the end" not in sink.getvalue()
        assert "the head" in sink.getvalue()
        assert "Page 1 of 3." in sink.getvalue()
