"""Which queued episode a name means by its air date; the torrent decides if the day comes first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from episodarr.matching.claims import Claim, a_claim
from episodarr.matching.numbers.schemes import Numbering
from episodarr.matching.numbers.statements import explicit_statements
from episodarr.matching.reading.dates import DayMark
from episodarr.matching.reading.path import Reading
from episodarr.matching.titles.titles import EpisodeTitles
from episodarr.matching.titles.wording import after_title
from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import Candidate

_SHORT = re.compile(r"(?<![^\W_])(\d\d)([-._]?)(\d\d)\2(\d\d)(?![^\W_])")
"""`230313`, `23.03.13`: a date only if the queue has it."""

type EpisodesByDay = dict[date, tuple[EpisodeNumber, ...]]


def date_claims(
    readings: Sequence[Reading], numbering: Numbering, titles: EpisodeTitles, *, is_daily: bool
) -> Iterator[Claim]:
    """The claims of files that name a day on which a queued episode airs.

    Where a day and a month may be swapped, the torrent's other dates decide which comes first;
    if they do not, a date that could be two queued episodes claims none.
    """
    by_day = _by_day(numbering.candidates)
    if not by_day:
        return
    marks = [mark for reading in readings for mark in reading.marks.dates]
    is_day_first = _is_day_first(marks, by_day)
    for reading in readings:
        numbers = [(s.season, s.numbers[0]) for s in explicit_statements(reading)]
        if not is_daily and any(number in numbering.direct for number in numbers):
            continue
        for days, text in _dates(reading, by_day, is_day_first=is_day_first):
            episodes = by_day[days.pop()] if len(days) == 1 else ()
            if len(episodes) > 1:
                titled = titles.find_whole(after_title(reading))
                episodes = tuple(e for e in episodes if titled and titled.number == e)
            if episodes:
                yield a_claim(reading, episodes, "air-date", (text,), 0.96)


def late_date_claims(
    readings: Sequence[Reading], claims: Iterable[Claim], numbering: Numbering
) -> Iterator[Claim]:
    """The claims of files dated one day after a queued episode aired, as in another time zone.

    Only where exactly one queued episode is within a day, and no other file claims it.
    """
    by_day = _by_day(numbering.candidates)
    held = Counter(episode for claim in claims for episode in claim.episodes)
    late: dict[EpisodeNumber, list[tuple[Reading, str]]] = {}
    for reading in readings:
        days = {day for mark in reading.marks.dates for day in mark.days}
        if len(days) != 1 or explicit_statements(reading):
            continue
        (day,) = days
        near = [e for n in (-1, 0, 1) for e in by_day.get(day + timedelta(days=n), ())]
        if len(near) == 1 and near == list(by_day.get(day - timedelta(days=1), ())):
            mark = reading.marks.dates[0]
            late.setdefault(near[0], []).append((reading, reading.text[mark.start : mark.end]))
    for episode, found in late.items():
        if len(found) == 1 and not held[episode]:
            reading, text = found[0]
            yield a_claim(reading, (episode,), "air-date-a-day-late", (text,), 0.8)


def _by_day(candidates: Iterable[Candidate]) -> EpisodesByDay:
    days: EpisodesByDay = {}
    for candidate in candidates:
        if candidate.air_date is not None:
            days[candidate.air_date] = (*days.get(candidate.air_date, ()), candidate.number)
    return days


def _is_day_first(marks: Sequence[DayMark], by_day: EpisodesByDay) -> bool | None:
    """Whether the day comes first, by the dates that can only be read so, else by the queue."""
    swapped = [mark for mark in marks if mark.month_first != mark.day_first]
    for votes in (
        Counter(mark.month_first is None for mark in swapped if len(mark.days) == 1),
        Counter(
            mark.day_first in by_day
            for mark in swapped
            if (mark.day_first in by_day) != (mark.month_first in by_day)
        ),
    ):
        if votes[True] != votes[False]:
            return votes[True] > votes[False]
    return None


def _dates(
    reading: Reading, by_day: EpisodesByDay, *, is_day_first: bool | None
) -> Iterator[tuple[set[date], str]]:
    """The queued days of each date of a name, with its text."""
    for mark in reading.marks.dates:
        of_order = {None: mark.days, True: (mark.day_first,), False: (mark.month_first,)}
        days = {day for day in of_order[is_day_first] if day is not None and day in by_day}
        yield days, reading.text[mark.start : mark.end]
    for found in () if reading.marks.dates else _SHORT.finditer(reading.masked):
        yield _short_days(found, by_day), found.group()


def _short_days(found: re.Match[str], by_day: EpisodesByDay) -> set[date]:
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    possible = {
        (2000 + first, second, third),
        (2000 + third, second, first),
        (2000 + third, first, second),
    }
    return {day for day in by_day if (day.year, day.month, day.day) in possible}
