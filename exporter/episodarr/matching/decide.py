"""The decision over a whole torrent: every file read, numbering chosen, claims settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized

from msgspec.structs import replace

from episodarr.matching.airing import date_claims, late_date_claims
from episodarr.matching.claims import Claim, a_claim, settle, without_false_runs
from episodarr.matching.contradictions import contradicting, of_other_years
from episodarr.matching.leftovers import (
    fits_a_later_season,
    leftover_claims,
    second_half_claims,
)
from episodarr.matching.numbers.agreement import (
    drop_constant_marks,
    drop_marks_of_titles,
    numbered_alike,
)
from episodarr.matching.numbers.pools import Resolved, choose
from episodarr.matching.numbers.schemes import Numbering, Shift
from episodarr.matching.numbers.statements import (
    Statement,
    by_folder,
    explicit_statements,
    is_lone_later_part,
    loose_statements,
    parts_counted_on,
)
from episodarr.matching.parallel import counted_in_parallel, of_folders_below
from episodarr.matching.reading.heading import TitleKind
from episodarr.matching.reading.path import Reading
from episodarr.matching.spans import across_seasons, singles_of, without_titles_numbers
from episodarr.matching.specials import is_special, special_claims
from episodarr.matching.titles.order import reordered
from episodarr.matching.titles.titles import EpisodeTitles
from episodarr.matching.titles.wording import title_claims, whole_title_claims
from episodarr.matching.torrent import TorrentName
from episodarr.matching.videos import (
    common_root,
    extra_word,
    name_by_folder,
    read_files,
    season_of_year,
)
from episodarr.model.ids import EpisodeNumber
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import (
    Candidate,
    FileMatch,
    ListedFile,
    SeriesNames,
    TorrentMatch,
)

_LONGEST_TITLE = 400
"""No title is longer; what is cut off bounds the work on hostile ones."""
_SURE = 0.95
"""Confidence of numbers with their season, and of dates; not of running numbers."""


def match_files(
    series: SeriesNames,
    candidates: Sequence[Candidate],
    torrent_name: str,
    files: Sequence[ListedFile],
) -> TorrentMatch:
    """Which of the candidates each file of a torrent holds, and why; empty where it is unclear.

    Law: only candidates are answered; the order of files and candidates changes nothing; samples
    and files that are not videos change nothing; no string makes it raise.
    """
    series, candidates = _cut(series), [_with_cut_title(each) for each in candidates]
    ordered = sorted(files, key=lambda file: (file.path, file.size_bytes))
    decision = _Decision(series, candidates, torrent_name, common_root(ordered))
    decision.read(ordered)
    decision.decide()
    return TorrentMatch(files=tuple(decision.verdict(file.path) for file in ordered))


def _cut(series: SeriesNames) -> SeriesNames:
    """The names as they are, unless one is longer than any title is."""
    titles = tuple(title[:_LONGEST_TITLE] for title in series.titles)
    others = tuple(
        AlternateTitle(title=other.title[:_LONGEST_TITLE], season=other.season)
        for other in series.alternate_titles
    )
    return SeriesNames(titles=titles, alternate_titles=others, series_type=series.series_type)


def _with_cut_title(candidate: Candidate) -> Candidate:
    if candidate.title is None or len(candidate.title) <= _LONGEST_TITLE:
        return candidate
    return replace(candidate, title=candidate.title[:_LONGEST_TITLE])


class _Decision:
    def __init__(
        self, series: SeriesNames, candidates: Sequence[Candidate], torrent_name: str, root: str
    ) -> None:
        self._root = root
        self._torrent = TorrentName(series, torrent_name, root)
        unique = {c.number: c for c in sorted(candidates, key=repr)}
        self._numbering = Numbering(tuple(unique.values()))
        self._titles = EpisodeTitles(self._numbering.candidates, self._torrent.names.words)
        self._daily = series.series_type == "daily"
        self._readings: list[Reading] = []
        self._claims: dict[str, Claim] = {}
        self._notes: dict[str, tuple[str, tuple[str, ...]]] = {}

    def read(self, files: Sequence[ListedFile]) -> None:
        """Read every video of the torrent; extras are noted and left out of the decision."""
        specials_queued = bool(self._numbering.specials)
        for file, reading in read_files(files, self._torrent.names, self._root):
            if reading is None:
                self._notes[file.path] = ("not-a-video", ())
            elif why := extra_word(reading, self._titles, specials_queued=specials_queued):
                self._notes[file.path] = ("extras", (why,))
            else:
                self._readings.append(reading)
        drop_constant_marks(self._readings, self._numbering.seasons)
        drop_marks_of_titles(self._readings)
        for reading in self._readings:
            reading.folder_part = reading.folder_part or self._torrent.part
            if reading.season_hint() is None:
                reading.folder_season = season_of_year(reading, self._numbering.seasons)
        name_by_folder(self._readings)

    def decide(self) -> None:
        """Claim episodes by every rule in turn, then settle which file keeps which."""
        videos = self._readings
        if not self._numbering.candidates or not videos:
            return
        telling = bool(self._numbering.specials) or not all(is_special(r) for r in videos)
        specials = [r for r in videos if telling and is_special(r)]
        regular = [r for r in videos if not (telling and is_special(r))]
        self._add(date_claims(videos, self._numbering, self._titles, is_daily=self._daily))
        self._add(whole_title_claims(self._open(videos), self._titles, self._season))
        self._claim_explicit(regular)
        self._claims.update(without_false_runs(self._claims))
        self._claims.update(across_seasons(self._claims.values(), regular, self._numbering))
        if self._daily:
            dated = late_date_claims(self._open(videos), self._claims.values(), self._numbering)
            self._add(list(dated))
        self._claim_loose(regular)
        self._add(special_claims(self._open(specials), self._held(), self._numbering, self._titles))
        self._claims.update(reordered(self._claims, self._titles))
        self._add(
            title_claims(
                self._open(regular), self._titles, self._season, is_numbered=bool(self._claims)
            )
        )
        yielded = self._settle()
        standing = list(self._claims.values())
        for rule in (leftover_claims, second_half_claims):
            self._add(list(rule(self._open(regular), self._numbering.candidates, standing)))
        self._drop_contradictions()
        if not self._claims and not yielded and len(videos) == 1:
            self._add(self._by_being_alone(videos[0]))

    def _settle(self) -> dict[str, str]:
        """Keep the claims that stand; by path, the reason of those that yielded."""
        of_others = of_other_years(
            self._claims.values(), self._numbering.regular, self._torrent.names.years
        )
        remaining, yielded = settle(
            [claim for path, claim in self._claims.items() if path not in of_others],
            self._torrent.names.words,
            {candidate.season for candidate in self._numbering.regular},
        )
        yielded |= of_others
        self._claims = {claim.reading.path: claim for claim in remaining}
        self._notes.update((path, (why, ())) for path, why in yielded.items())
        return yielded

    def _drop_contradictions(self) -> None:
        lost = contradicting(self._claims.values(), (c.number for c in self._numbering.regular))
        why = dict.fromkeys(lost, "contradiction")
        why |= dict.fromkeys(counted_in_parallel(self._claims.values()), "ambiguous")
        why |= dict.fromkeys(of_folders_below(self._claims.values()), "extras")
        for path, reason in why.items():
            del self._claims[path]
            self._notes[path] = (reason, ())

    def verdict(self, path: str) -> FileMatch:
        """The match of a path."""
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
            is_sure=_is_sure(claim),
        )

    def _add(self, claims: Iterable[Claim]) -> None:
        self._claims.update({claim.reading.path: claim for claim in claims})

    def _open(self, readings: Iterable[Reading]) -> list[Reading]:
        return [reading for reading in readings if reading.path not in self._claims]

    def _held(self) -> set[EpisodeNumber]:
        return {episode for claim in self._claims.values() for episode in claim.episodes}

    def _claim_explicit(self, readings: Sequence[Reading]) -> None:
        self._claim_pools(explicit_statements(reading) for reading in readings)

    def _claim_loose(self, readings: Sequence[Reading]) -> None:
        self._claim_pools(
            loose_statements(reading, self._season(reading))
            for reading in readings
            if not (reading.marks.explicit or reading.marks.decimal)
        )

    def _claim_pools(self, files: Iterable[list[Statement]]) -> None:
        """Choose a scheme for each pool: files of one title, of one season or of none named."""
        pools: dict[tuple[int | None, str], list[list[Statement]]] = {}
        alike = list(numbered_alike(files))
        singles = singles_of(alike)
        for listed in alike:
            statements = without_titles_numbers(listed, singles, self._numbering)
            likely = statements[0]
            if likely.reading.path in self._claims:
                continue
            kind, title = likely.reading.title_kind(likely.start)
            ours = kind in (TitleKind.HOME, TitleKind.UNTITLED)
            key = (likely.season, "" if ours else f"{kind.name} {title}")
            pools.setdefault(key, []).append(statements)
        for key in sorted(pools, key=repr):
            if is_lone_later_part(pools[key], [c.number for c in self._numbering.regular]):
                self._note(pools[key], "later-part-alone")
                continue
            groups = by_folder(parts_counted_on(pools[key]))
            shifts = self._shifts(pools)
            chosen = choose(groups, self._numbering, shifts=shifts)
            if not (key[1] and fits_a_later_season(chosen, self._numbering.regular)):
                self._add(_claims_of(chosen, repr(key)))

    def _note(self, files: Iterable[list[Statement]], why: str) -> None:
        self._notes.update((statements[0].reading.path, (why, ())) for statements in files)

    def _shifts(self, pools: Sized) -> frozenset[Shift]:
        """How numbers may be out of step: only where all files of the torrent are numbered alike."""
        if len(pools) != 1 or self._claims:
            return frozenset()
        return self._torrent.shifts(self._readings, self._numbering.seasons)

    def _season(self, reading: Reading) -> int | None:
        hint = reading.season_hint()
        if hint is None and reading.folder_alias is not None:
            hint = reading.folder_alias.season
        if hint not in (None, *self._numbering.seasons) and self._is_series_of_its_own(hint):
            return None
        if hint is None and self._torrent.season in self._numbering.seasons:
            hint = self._torrent.season
        return hint

    def _is_series_of_its_own(self, season: int | None) -> bool:
        """Whether all is of a sequel that Sonarr takes for a series, so that its season is ignored.

        Then the files are as many as the queue, or their numbers go on from the season before.
        """
        regular = [reading for reading in self._readings if not is_special(reading)]
        if self._numbering.sole_season != 1 or any(r.season_hint() != season for r in regular):
            return False
        if any(r.alias is not None and r.alias.season == season for r in regular):
            return False
        numbers = [r.marks.numbers[0].values[0] for r in regular if r.marks.numbers]
        return len(regular) == len(self._numbering.regular) or min(numbers, default=0) > 1

    def _by_being_alone(self, reading: Reading) -> Iterable[Claim]:
        """A torrent with one video and one queued episode needs no name, but must not deny it."""
        queued = tuple(self._numbering.direct)
        if len(queued) == 1:
            stated = explicit_statements(reading)
            if not any(statement.season == queued[0][0] for statement in stated):
                yield a_claim(reading, queued, "only-video", (), 0.85)
        elif set(self._torrent.episodes) == set(queued):
            yield a_claim(reading, queued, "only-video", (), 0.8)


def _is_sure(claim: Claim) -> bool:
    ours, reading = (TitleKind.HOME, TitleKind.UNTITLED), claim.reading
    return (
        claim.confidence >= _SURE
        and not (claim.assumed_season or reading.doubtful)
        and claim.kind in ours
        and reading.folder_kind in ours
    )


def _claims_of(resolved: Iterable[Resolved], pool: str) -> Iterable[Claim]:
    for one in resolved:
        statement = one.statement
        named = statement.season is not None and not statement.slot.startswith("explicit")
        tokens = (statement.text, f"season {statement.season}") if named else (statement.text,)
        kind, title = statement.reading.title_kind(statement.start)
        yield Claim(
            reading=statement.reading,
            episodes=one.episodes,
            rule=one.scheme.name,
            tokens=tokens,
            confidence=one.scheme.confidence,
            kind=kind,
            title=title,
            pool=pool,
            assumed_season=one.assumes_season,
        )
