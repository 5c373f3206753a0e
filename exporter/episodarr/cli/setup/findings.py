"""One check of `episodarr check`, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    subject: str
    is_good: bool
    words: str
    paths: Mapping[str, str] = field(default_factory=dict)
    """Entries that EPISODARR_PATHS should have for it, as the search found them."""


def good(subject: str, words: str, paths: Mapping[str, str] | None = None) -> Finding:
    """All is well."""
    return Finding(subject=subject, is_good=True, words=words, paths=paths or {})


def bad(subject: str, words: str, paths: Mapping[str, str] | None = None) -> Finding:
    """A fault; the text states the remedy."""
    return Finding(subject=subject, is_good=False, words=words, paths=paths or {})
