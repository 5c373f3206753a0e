"""The decision over a whole torrent: every file read, numbering chosen, claims settled."""

# ruff: noqa: RUF001 - dashes, signs and brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Sized

from exporter.join.matching.claims import Claim, settle, without_false_runs
from exporter.join.matching.fold import Indexed, compact, normal, words_of
from exporter.join.matching.marks import read_marks
from exporter.join.matching.names import Names
from exporter.join.matching.noise import mask
from exporter.join.matching.order import reordered
from exporter.join.matching.pools import (
    Resolved,
    Statement,
    by_folder,
    choose,
    explicit_statements,
    loose_statements,
    parts_counted_on,
)
from exporter.join.matching.reading import Reader, Reading, TitleKind
from exporter.join.matching.schemes import Numbering, Shift
from exporter.join.matching.titles import EpisodeTitles
from exporter.model.matching import (
    Candidate,
    EpisodeNumber,
    FileMatch,
    ListedFile,
    SeriesNames,
    TorrentMatch,
)

_LONGEST_TORRENT_NAME = 600
_MORE_WORDS = re.compile(
    r" (?!(?:web|hd|sd|blu|bd|dvd|uhd|nf|amzn|dsnp|hmax|atvp|repack|proper|multi|dual)\w*(?![^\W_]))[^\W\d_]",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\[[^\]]*\]|\([^)]*\)")
_SEASON_OF_SPECIAL = re.compile(r"(?<![^\W_])s\d{1,2}(?=[a-z])", re.IGNORECASE)


def match_files(
    series: SeriesNames,
    candidates: Sequence[Candidate],
    torrent_name: str,
    files: Sequence[ListedFile],
) -> TorrentMatch:
    """Which of the candidates each file of a torrent holds, and why; empty where it cannot be told.

    Law: only candidates are answered; the order of files and candidates changes nothing; samples
    and files that are not videos change nothing; no string makes it raise.
    """
    ordered = sorted(files, key=lambda file: (file.path, file.size_bytes))
    decision = _Decision(series, candidates, torrent_name)
    decision.read(ordered)
    decision.decide()
    return TorrentMatch(files=tuple(decision.verdict(file.path) for file in ordered))


class _Decision:
    def __init__(
        self, series: SeriesNames, candidates: Sequence[Candidate], torrent_name: str
    ) -> None:
        self._torrent = mask(normal(torrent_name[:_LONGEST_TORRENT_NAME]))
        names = Names(series)
        self._names = _with_torrent_title(series, names, self._torrent)
        unique = {c.number: c for c in sorted(candidates, key=repr)}
        self._numbering = Numbering(tuple(unique.values()))
        self._daily = series.series_type == "daily"
        self._titles = EpisodeTitles(self._numbering.candidates, names.words)
        self._special_titles = EpisodeTitles(self._numbering.specials, names.words)
        self._dates = _by_date(self._numbering.candidates)
        self._torrent_season = self._season_of_torrent()
        self._readings: list[Reading] = []
        self._claims: dict[str, Claim] = {}
        self._notes: dict[str, tuple[str, tuple[str, ...]]] = {}

    def _season_of_torrent(self) -> int | None:
        indexed = Indexed(self._torrent)
        found = self._names.find(indexed)
        marks = read_marks(self._torrent)
        seasons = {s for m in marks.seasons for s in m.episodes}
        seasons |= {m.season for m in marks.explicit if m.season is not None}
        if len(seasons) == 1:
            return seasons.pop()
        if seasons or found is None:
            return None
        return found.alias.season

    def read(self, files: Sequence[ListedFile]) -> None:
        """Read every video of the torrent; extras are noted and left out of the decision."""
        reader = Reader(self._names)
        root = _common_root(files)
        readings = [reader.read(file.path, file.size_bytes, root) for file in files]
        full_size = max(
            (r.size_bytes for r in readings if r is not None and not r.sample), default=0
        )
        for file, reading in zip(files, readings, strict=True):
            if reading is None:
                self._notes[file.path] = ("not-a-video", ())
                continue
            if reading.sample and 3 * reading.size_bytes > full_size > 0:
                reading.sample, reading.doubtful = False, "sample"
            if why := self._extra(reading):
                self._notes[file.path] = ("extras", (why,))
            else:
                self._readings.append(reading)
        _name_by_folder(self._readings)

    def _extra(self, reading: Reading) -> str:
        """The word or folder that makes a file an extra; empty for what may hold an episode.

        A queued special may lie among the extras; the title of the very episode that a file is
        numbered as may be such a word.
        """
        if reading.sample:
            return "sample"
        if reading.extra:
            return "" if self._titled_so(reading) else reading.extra
        kept = self._numbering.specials and reading.special and not reading.doubtful
        return "" if kept else reading.extra_folder

    def _titled_so(self, reading: Reading) -> bool:
        titled = self._titles.find_whole(_after_title(reading))
        if titled is None or compact(reading.extra) not in compact(titled.title or ""):
            return False
        stated = {number for s in explicit_statements(reading) for number in s.numbers}
        return not stated or titled.episode in stated

    def decide(self) -> None:
        """Claim episodes by every rule in turn, then settle who keeps what."""
        videos = self._readings
        if not self._numbering.candidates or not videos:
            return
        telling_special = self._numbering.specials or not all(_is_special(r) for r in videos)
        regular = [r for r in videos if not (telling_special and _is_special(r))]
        self._claim_dates(videos)
        self._claim_whole_titles(videos)
        self._claim_explicit(regular)
        self._claims.update(without_false_runs(self._claims))
        self._claim_loose(regular)
        if telling_special:
            self._claim_specials([r for r in videos if _is_special(r)])
        self._claims.update(reordered(self._claims, self._titles))
        self._claim_titles(regular)
        standing, yielded = settle(self._claims.values(), self._names.words)
        self._claims = {claim.reading.path: claim for claim in standing}
        self._notes.update((path, (why, ())) for path, why in yielded.items())
        self._claim_only_video(yielded)

    def verdict(self, path: str) -> FileMatch:
        """What was decided for a path."""
        claim = self._claims.get(path)
        if claim is None:
            rule, tokens = self._notes.get(path, ("no-evidence", ()))
            return FileMatch(path=path, episodes=(), rule=rule, tokens=tokens, confidence=0.0)
        return FileMatch(
            path=path,
            episodes=tuple(sorted(claim.episodes)),
            rule=claim.rule,
            tokens=claim.tokens,
            confidence=claim.confidence,
        )

    def _claim(
        self, reading: Reading, episodes: Iterable[EpisodeNumber], rule: str, tokens: Iterable[str],
        confidence: float, *, before: int | None = None,
    ) -> None:  # fmt: skip
        place = reading.anchor() if before is None else before
        kind, title = reading.title_kind(place)
        self._claims[reading.path] = Claim(
            reading, tuple(episodes), rule, tuple(tokens), confidence, kind, title
        )

    def _open(self, readings: Iterable[Reading]) -> list[Reading]:
        return [r for r in readings if r.path not in self._claims]

    def _claim_dates(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            for days, start, end in reading.marks.dates:
                episodes = next((self._dates[d] for d in days if d in self._dates), ())
                explicit = [
                    s
                    for s in explicit_statements(reading)
                    if (s.season, s.numbers[0]) in self._numbering.direct
                ]
                if len(episodes) == 1 and (self._daily or not explicit):
                    token = reading.text[start:end]
                    self._claim(reading, episodes, "air-date", (token,), 0.96)

    def _claim_whole_titles(self, readings: Sequence[Reading]) -> None:
        """A name that is a queued episode's title and nothing else needs no number."""
        for reading in self._open(readings):
            found = None
            if not (reading.marks.explicit or reading.marks.episodes):
                found = self._titles.exact(_BRACKETED.sub(" ", _after_title(reading)))
            if found is not None:
                self._claim(reading, (found.number,), "episode-title", (found.title or "",), 0.93)

    def _claim_explicit(self, readings: Sequence[Reading]) -> None:
        pools: dict[tuple[int | None, str], list[list[Statement]]] = {}
        for reading in self._open(readings):
            for statement in explicit_statements(reading):
                kind, title = reading.title_kind(statement.start)
                pools.setdefault((statement.season, _pool_title(kind, title)), []).append(
                    [statement]
                )
        for key in sorted(pools, key=repr):
            self._accept(
                choose([pools[key]], self._numbering, shifts=self._shifts(pools)), repr(key)
            )

    def _claim_loose(self, readings: Sequence[Reading]) -> None:
        pools: dict[tuple[int | None, str], list[list[Statement]]] = {}
        for reading in self._open(readings):
            if reading.marks.explicit or reading.marks.decimal:
                continue
            statements = loose_statements(reading, self._season(reading))
            if statements:
                likely = min(statements, key=lambda s: s.order)
                kind, title = reading.title_kind(likely.start)
                key = (likely.season, _pool_title(kind, title))
                pools.setdefault(key, []).append(statements)
        for key in sorted(pools, key=repr):
            groups = by_folder(parts_counted_on(pools[key]))
            self._accept(choose(groups, self._numbering, shifts=self._shifts(pools)), repr(key))

    def _shifts(self, pools: Sized) -> frozenset[Shift]:
        """How this torrent's numbers may be out of step: only if all its files are numbered alike."""
        if len(pools) != 1 or self._claims:
            return frozenset()
        stated = read_marks(self._torrent)
        parts = [mark for r in (stated, *(r.marks for r in self._readings)) for mark in r.parts]
        seasons = {r.season_hint() for r in self._readings} | {m.season for m in stated.explicit}
        seasons |= {season for mark in stated.seasons for season in mark.episodes}
        unknown = {s for s in seasons if s is not None} - self._numbering.seasons
        later = bool(unknown) or any(mark.episodes[0] > 1 for mark in parts)
        return frozenset(Shift) if later else frozenset({Shift.CONTINUED})

    def _season(self, reading: Reading) -> int | None:
        hint = reading.season_hint()
        if hint is None and reading.folder_alias is not None:
            hint = reading.folder_alias.season
        if hint is None:
            hint = self._torrent_season
            if hint is not None and hint not in self._numbering.seasons:
                hint = None
        return hint

    def _accept(self, resolved: Iterable[Resolved], pool: str) -> None:
        for one in resolved:
            statement = one.statement
            tokens = [statement.text]
            if statement.season is not None and not statement.slot.startswith("explicit"):
                tokens.append(f"season {statement.season}")
            kind, title = statement.reading.title_kind(statement.start)
            self._claims[statement.reading.path] = Claim(
                reading=statement.reading,
                episodes=one.episodes,
                rule=one.scheme.name,
                tokens=tuple(tokens),
                confidence=one.scheme.confidence,
                kind=kind,
                title=title,
                pool=pool,
                assumed_season=one.assumes_season,
            )

    def _claim_specials(self, readings: Sequence[Reading]) -> None:
        for reading in self._open(readings):
            stated = [s for s in explicit_statements(reading) if s.season == 0]
            episodes = [
                e for s in stated for n in s.numbers if (e := self._numbering.direct.get((0, n)))
            ]
            if episodes:
                self._claim(reading, episodes, "special-number", (stated[0].text,), 0.95)
        waiting = self._open(readings)
        for reading in waiting:
            text = _SEASON_OF_SPECIAL.sub(" ", _after_title(reading))
            found = (
                self._special_titles.find(text)
                or self._special_titles.find_numbered(text)
                or self._titles.find(text)
            )
            if found:
                self._claim(reading, (found[0].number,), "special-title", (found[1],), 0.9)
        self._claim_specials_by_number(self._open(waiting))

    def _claim_specials_by_number(self, readings: Sequence[Reading]) -> None:
        """Specials numbered from 1 are the queued ones only if there are exactly as many of both."""
        claimed = {episode for claim in self._claims.values() for episode in claim.episodes}
        specials = [c for c in self._numbering.specials if c.number not in claimed]
        unnamed: dict[int | None, list[Reading]] = {}
        for reading in readings:
            if not any(s.season == 0 for s in explicit_statements(reading)):
                unnamed.setdefault(_special_number(reading), []).append(reading)
        if not specials or len(unnamed) != len(specials):
            return
        if len(specials) == 1:
            meant = dict.fromkeys(unnamed, specials[0])
        else:
            meant = {c.episode: c for c in specials}
        for number, copies in unnamed.items():
            for reading in copies if number in meant else ():
                rule = "only-special" if len(specials) == 1 else "special-number"
                self._claim(reading, (meant[number].number,), rule, (reading.special,), 0.75)

    def _claim_titles(self, readings: Sequence[Reading]) -> None:
        unnumbered = not self._claims
        for reading in self._open(readings):
            text = _after_title(reading)
            found = self._titles.find(text)
            if found and not _stands_out(text, found[1]):
                continue
            if found and (unnumbered or _leaves_it_to_the_title(reading, text, found[1])):
                hint = reading.season_hint()
                if found[0].season in (0, hint) or hint is None:
                    self._claim(reading, (found[0].number,), "episode-title", (found[1],), 0.88)

    def _claim_only_video(self, yielded: dict[str, str]) -> None:
        """A torrent with one video and one queued episode needs no name at all."""
        candidates = self._numbering.candidates
        if self._claims or len(self._readings) != 1:
            return
        reading = self._readings[0]
        stated = explicit_statements(reading)
        if any(s.season == candidates[0].season for s in stated) and len(candidates) == 1:
            return
        if len(candidates) == 1 and reading.path not in yielded:
            self._claim(reading, (candidates[0].number,), "only-video", (), 0.85)
            return
        marks = read_marks(self._torrent)
        numbers = [(m.season, n) for m in marks.explicit for n in m.episodes]
        if numbers and set(numbers) == set(self._numbering.direct):
            self._claim(
                reading, self._numbering.direct, "only-video", (marks.explicit[0].text,), 0.8
            )


def _stands_out(text: str, title: str) -> bool:
    """Whether a title of a single word is told apart: first in the text and not one of a sentence."""
    if len(words_of(title)) > 1:
        return True
    at = Indexed(text).find(compact(title))
    if at is None:
        return False
    led_up = _BRACKETED.sub(" ", text[: at[0]])
    return not words_of(led_up) and _MORE_WORDS.match(text[at[1] :]) is None


def _leaves_it_to_the_title(reading: Reading, text: str, title: str) -> bool:
    """Whether a file has no number of its own but those of the title, or a special's."""
    stated = explicit_statements(reading)
    if stated:
        return stated[0].numbers == (0,) or stated[0].season == 0
    at = Indexed(text).find(compact(title))
    rest = text if at is None else f"{text[: at[0]]} {text[at[1] :]}"
    return not (read := read_marks(rest)).episodes and all(n.slot == "roman" for n in read.numbers)


def _name_by_folder(readings: Iterable[Reading]) -> None:
    """Give a file that names no episode the one its folder names, if it is alone in there."""
    alone = Counter(reading.folders for reading in readings)
    for reading in readings:
        marks = reading.marks
        if alone[reading.folders] == 1 and not (marks.explicit or marks.episodes):
            marks.explicit = list(reading.folder_marks)


def _is_special(reading: Reading) -> bool:
    stated = explicit_statements(reading)
    if stated:
        return stated[0].season == 0
    return bool(reading.special or reading.special_folder)


def _special_number(reading: Reading) -> int | None:
    found = re.search(r"\d{1,2}", reading.special)
    if found:
        return int(found.group())
    numbers = [
        *(n for m in reading.marks.episodes for n in m.episodes),
        *(n.values[0] for n in reading.marks.numbers),
    ]
    return numbers[0] if numbers else None


def _after_title(reading: Reading) -> str:
    masked = reading.masked
    if reading.alias_span:
        masked = f"{masked[: reading.alias_span[0]]} {masked[reading.alias_span[1] :]}"
    return masked.replace("\x00", " ")


def _pool_title(kind: TitleKind, title: str) -> str:
    return "" if kind in (TitleKind.HOME, TitleKind.UNTITLED) else f"{kind.name} {title}"


def _by_date(candidates: Iterable[Candidate]) -> dict[object, tuple[EpisodeNumber, ...]]:
    days: dict[object, tuple[EpisodeNumber, ...]] = {}
    for candidate in candidates:
        if candidate.air_date is not None:
            days[candidate.air_date] = (*days.get(candidate.air_date, ()), candidate.number)
    return days


def _common_root(files: Sequence[ListedFile]) -> str:
    roots = {file.path.split("/", 1)[0] if "/" in file.path else "" for file in files}
    return roots.pop() if len(roots) == 1 else ""


def _with_torrent_title(series: SeriesNames, names: Names, torrent: str) -> Names:
    """The names and the torrent's own title, if none of the names stands in it."""
    if names.find(Indexed(torrent)) is not None:
        return names
    plain = re.sub(r"^\s*(?:[\[【][^\[\]【】]*[\]】]\s*)+(?=\S)", "", torrent)
    first = read_marks(plain).first_start
    cut = re.split(r"[\[(【（\x00]", plain[:first], maxsplit=1)[0]
    return Names(series, cut) if len(compact(cut)) >= 4 else names
