"""Finding a candidate by its episode title."""

from __future__ import annotations

import re
from collections.abc import Iterable

from episodarr.matching.reading.fold import Indexed, compact, content_words, lowered, unpadded
from episodarr.matching.reading.numerals import cardinal
from episodarr.model.matching import Candidate

_PART_IN_TITLE = re.compile(
    r"(?<![\s,:\-–(\[])[\s,:\-–(\[]*(?:(?:part|pt|parte|teil)[\s.]*)?[(\[]?(?P<n>\d{1,2}|ii|iii|iv|one|two|three|four|i)[)\]]?\s*$"
)
_KIND_AND_NUMBER = re.compile(
    r"(?<![^\W_])(?:ova|oad|ona|sp|special|extra)[\s._#-]{0,3}\d{1,2}(?![^\W_])"
)
_LOOSE = 0.75
_SHORTEST = 3


class EpisodeTitles:
    """The titles of the candidates, for finding which of them a text contains."""

    def __init__(self, candidates: Iterable[Candidate], series_words: frozenset[str]) -> None:
        self._exact: dict[str, list[Candidate]] = {}
        self._by_word: dict[str, list[tuple[frozenset[str], Candidate]]] = {}
        for candidate in candidates:
            title = candidate.title or ""
            folded = compact(unpadded(title))
            telling = frozenset(content_words(unpadded(title))) - series_words
            if not folded or folded.isdigit() or _placeholder(folded):
                continue
            self._exact.setdefault(folded, []).append(candidate)
            words = frozenset(content_words(unpadded(title)))
            for word in telling if len(words) > 1 else ():
                self._by_word.setdefault(word, []).append((words, candidate))
        self._by_start: dict[str, list[str]] = {}
        for folded in self._exact:
            if len(folded) >= _SHORTEST:
                self._by_start.setdefault(folded[:_SHORTEST], []).append(folded)
        self._parts = _by_stem(candidates)

    def find(self, text: str) -> tuple[Candidate, str] | None:
        """The one candidate whose title stands in the text, and the title; None when in doubt.

        The longest title that stands there as whole words wins; else titles are compared as sets
        of words, and the best must be close and alone.
        """
        found = self.find_whole(text) or self._find_loosely(
            frozenset(content_words(unpadded(text)))
        )
        return (found, found.title or "") if found is not None else None

    def find_whole(self, text: str) -> Candidate | None:
        """The one candidate whose title stands word for word in the text, or None."""
        if not self._exact:
            return None
        indexed = Indexed(unpadded(text))
        part = self._part(indexed, indexed.text)
        if part is not None:
            return part
        possible = [t for at in indexed.word_starts(_SHORTEST) for t in self._by_start.get(at, ())]
        for folded in sorted(possible, key=lambda title: (-len(title), title)):
            if indexed.find(folded) is not None:
                meant = self._exact[folded]
                return meant[0] if len(meant) == 1 else None
        return None

    def exact(self, text: str) -> Candidate | None:
        """The one candidate whose whole title the text is, or None."""
        meant = self._exact.get(compact(unpadded(text)), [])
        return meant[0] if len(meant) == 1 else None

    def find_numbered(self, text: str) -> tuple[Candidate, str] | None:
        """The one candidate whose title starts with the kind and number the text has (`OVA 2`)."""
        named = _KIND_AND_NUMBER.search(lowered(text))
        if named is None:
            return None
        wanted = compact(unpadded(named.group()))
        meant = [
            candidate
            for titled in self._exact.values()
            for candidate in titled
            if (found := _KIND_AND_NUMBER.search(lowered(candidate.title or "")))
            and compact(unpadded(found.group())) == wanted
        ]
        return (meant[0], meant[0].title or "") if len(meant) == 1 else None

    def _part(self, indexed: Indexed, text: str) -> Candidate | None:
        for stem, parts in self._parts.items():
            at = indexed.find(stem)
            if at is None:
                continue
            found = re.match(
                r"[\s._,:\-–(\[]*(?:(?:part|pt|parte|teil)[\s._]*)?[(\[]?(\d{1,2}|ii|iii|iv|one|two|three|four|i)(?![^\W_])",
                text[at[1] :], re.IGNORECASE,
            )  # fmt: skip
            number = cardinal(found.group(1)) if found else None
            if number in parts:
                return parts[number]
        return None

    def _find_loosely(self, words: frozenset[str]) -> Candidate | None:
        near = {c.number: (t, c) for word in words for t, c in self._by_word.get(word, ())}
        scored = sorted(
            ((len(title & words) / len(title), len(title), number) for number, (title, _) in near.items()),
            reverse=True,
        )  # fmt: skip
        if not scored or scored[0][0] < _LOOSE:
            return None
        if len(scored) > 1 and scored[1][:2] >= scored[0][:2]:
            return None
        return near[scored[0][2]][1]


def _placeholder(folded: str) -> bool:
    return (
        folded in {"tba", "tbd"} or re.fullmatch(r"(?:episode|第)\d+(?:話|话)?", folded) is not None
    )


def _by_stem(candidates: Iterable[Candidate]) -> dict[str, dict[int | None, Candidate]]:
    stems: dict[str, dict[int | None, Candidate]] = {}
    for candidate in candidates:
        title = candidate.title or ""
        found = _PART_IN_TITLE.search(lowered(title))
        stem = compact(title[: found.start()]) if found else ""
        if found and len(stem) >= 4:
            stems.setdefault(stem, {})[cardinal(found.group("n"))] = candidate
    return {stem: parts for stem, parts in stems.items() if len(parts) > 1}
