"""One thing that `episodarr check` looked at, and what came of it."""

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
    """Something is wrong; the words say what to do."""
    return Finding(subject=subject, is_good=False, words=words)
