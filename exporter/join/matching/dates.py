"""Air dates in names, in the orders and spellings people use."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ANY_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)[\s._x/\-–](\d{1,2})[\s._x/\-–](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![^\W_])(\d{1,2})[\s._/\-–](\d{1,2})[\s._/\-–]((?:19|20)\d\d)(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?[\s._-]+({_MONTH})[\s._,-]+((?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"(?<![^\W_])({_MONTH})[\s._-]+(\d{{1,2}})(?:st|nd|rd|th)?[\s._,-]+((?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_YEAR_MONTH_DAY = re.compile(
    rf"(?<!\d)((?:19|20)\d\d)[\s._-]+({_MONTH})[\s._-]+(\d{{1,2}})(?!\d)", re.IGNORECASE
)
_CJK = re.compile(r"(?<!\d)((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")

type Found = tuple[tuple[date, ...], int, int]


def read_dates(text: str) -> list[Found]:
    """The dates of a text with where each stands; several days where day and month may be swapped.

    The likelier reading comes first.
    """
    found: list[Found] = []
    if _ANY_YEAR.search(text) is None:
        return found
    for pattern, order in (
        (_YEAR_FIRST, "ymd"), (_CJK, "ymd"), (_COMPACT, "ymd"), (_YEAR_LAST, "mdy"),
        (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy"), (_YEAR_MONTH_DAY, "ymd"),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            days = _days(match.groups(), order)
            if days and all(
                match.start() >= end or match.end() <= start for _, start, end in found
            ):
                found.append((days, match.start(), match.end()))
    return sorted(found, key=lambda each: each[1])


def _days(groups: tuple[str, ...], order: str) -> tuple[date, ...]:
    named = dict(zip(order, groups, strict=True))
    spelled = not named["m"].isdigit()
    month = _MONTHS[named["m"].lower()] if spelled else int(named["m"])
    day, year = int(named["d"]), int(named["y"])
    readings = [(month, day)] if spelled else [(month, day), (day, month)]
    days = [made for m, d in readings if (made := _date(year, m, d)) is not None]
    return tuple(dict.fromkeys(days))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
