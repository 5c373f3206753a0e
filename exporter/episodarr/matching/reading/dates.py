"""Air dates in names, in their usual orders and spellings."""

from __future__ import annotations

import re
from datetime import date

from msgspec import Struct

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january januar janvier enero janeiro gennaio januari января ene gen",
            "feb february februar février fevrier febrero fevereiro febbraio februari февраля fev fév",
            "mar march märz maerz mars marzo março marco maart марта mär",
            "apr april avril abril aprile апреля abr avr",
            "may mai mayo maio maggio mei мая",
            "jun june juni juin junio junho giugno июня",
            "jul july juli juillet julio julho luglio июля",
            "aug august août aout agosto augustus августа ago",
            "sep sept september septembre septiembre setembro settembre сентября",
            "oct october oktober octobre octubre outubro ottobre октября okt",
            "nov november novembre noviembre novembro ноября",
            "dec december dezember décembre decembre diciembre dezembro dicembre декабря dez dic déc",
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
    rf"(?<![^\W_])(\d{{1,2}})(?:st|nd|rd|th)?[\s._-]+(?:(?:of|de|di)[\s._-]+)?({_MONTH})[\s._,-]+(?:de[\s._-]+)?((?:19|20)\d\d)(?!\d)",
)
_GLUED = re.compile(rf"(?<![^\W_])(\d{{1,2}})({_MONTH})((?:19|20)\d\d)(?!\d)")
_MONTH_DAY = re.compile(
    rf"(?<![^\W_])({_MONTH})[\s._-]+(\d{{1,2}})(?:st|nd|rd|th)?[\s._,-]+((?:19|20)\d\d)(?!\d)",
)
_YEAR_MONTH_DAY = re.compile(rf"(?<!\d)((?:19|20)\d\d)[\s._-]+({_MONTH})[\s._-]+(\d{{1,2}})(?!\d)")
_CJK = re.compile(r"(?<!\d)((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")


class DayMark(Struct, frozen=True):
    """A date and where it stands, read with the month or with the day first; None if there is no such day.

    Both are the same day where the order is beyond doubt.
    """

    month_first: date | None
    day_first: date | None
    start: int
    end: int

    @property
    def days(self) -> tuple[date, ...]:
        """The days it may mean, the likelier first."""
        return tuple(dict.fromkeys(d for d in (self.month_first, self.day_first) if d is not None))


def read_dates(text: str) -> list[DayMark]:
    """The dates of a text in lower case, in the order of the text."""
    found: list[DayMark] = []
    if _ANY_YEAR.search(text) is None:
        return found
    for pattern, order in (
        (_YEAR_FIRST, "ymd"), (_CJK, "ymd"), (_COMPACT, "ymd"), (_YEAR_LAST, "mdy"),
        (_DAY_MONTH, "dmy"), (_GLUED, "dmy"), (_MONTH_DAY, "mdy"), (_YEAR_MONTH_DAY, "ymd"),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            mark = _mark(match, order)
            if mark.days and all(mark.start >= m.end or mark.end <= m.start for m in found):
                found.append(mark)
    return sorted(found, key=lambda mark: mark.start)


def _mark(match: re.Match[str], order: str) -> DayMark:
    named = dict(zip(order, match.groups(), strict=True))
    is_spelled = not named["m"].isdigit()
    month = _MONTHS[named["m"]] if is_spelled else int(named["m"])
    day, year = int(named["d"]), int(named["y"])
    month_first = _date(year, month, day)
    day_first = None if is_spelled else _date(year, day, month)
    if is_spelled or order == "ymd":
        # Behind a year the month comes first, unless there is no such month.
        month_first = day_first = month_first or day_first
    return DayMark(month_first, day_first, match.start(), match.end())


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
