"""One check of `episodarr check`, and its result."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    subject: str
    is_good: bool
    words: str


def good(subject: str, words: str) -> Finding:
    """All is well."""
    return Finding(subject=subject, is_good=True, words=words)


def bad(subject: str, words: str) -> Finding:
    """A fault; the text states the remedy."""
    return Finding(subject=subject, is_good=False, words=words)
