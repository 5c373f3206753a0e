"""Counts of requests by system and path, and the peak in flight."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass

_IDENTIFIER = re.compile(
    r"^(?:\d+|[0-9a-fA-F]{32,64}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-\w{12})$"
)


def normalized(path: str) -> str:
    """The path with every id, hash and GUID in it replaced by ``{id}``."""
    return "/".join("{id}" if _IDENTIFIER.match(part) else part for part in path.split("/"))


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One request as it came."""

    at_seconds: float
    """On the monotonic clock."""
    system: str
    method: str
    path: str
    query: str


class RequestCounts:
    """Counts of requests by system, method and normalized path."""

    def __init__(self) -> None:
        self.journal: list[JournalLine] | None = None
        """Every request since a list was put here; none are kept without one."""
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._in_flight: Counter[str] = Counter()
        self._peak: Counter[str] = Counter()

    def begin(self, system: str, method: str, path: str, query: str = "") -> None:
        """A request arrived."""
        if self.journal is not None:
            self.journal.append(JournalLine(time.monotonic(), system, method, path, query))
        self._counts[system, method, normalized(path)] += 1
        self._in_flight[system] += 1
        self._peak[system] = max(self._peak[system], self._in_flight[system])

    def end(self, system: str) -> None:
        """A request was answered or given up."""
        self._in_flight[system] -= 1

    def count(
        self, system: str | None = None, path: str | None = None, method: str | None = None
    ) -> int:
        """How many requests there were.

        Args:
            system: Only to this system, or to all whose name starts with it and a dot.
            path: Only to this normalized path.
            method: Only with this method.
        """
        return sum(
            count
            for (name, verb, where), count in self._counts.items()
            if (system is None or name == system or name.startswith(f"{system}."))
            and path in {None, where}
            and method in {None, verb}
        )

    def peak(self, system: str) -> int:
        """The most requests that were in flight at once to the system."""
        return self._peak[system]

    def in_flight(self, system: str) -> int:
        """The requests that the system is answering now."""
        return self._in_flight[system]

    def by_path(self, system: str) -> dict[str, int]:
        """Counts of one system by ``METHOD path``."""
        return {
            f"{verb} {where}": count
            for (name, verb, where), count in sorted(self._counts.items())
            if name == system
        }

    def report(self) -> dict[str, object]:
        """All counts as plain data, per system."""
        systems = sorted({name for name, _, _ in self._counts})
        return {
            name: {
                "total": self.count(name),
                "peak": self.peak(name),
                "in_flight": self.in_flight(name),
                "paths": self.by_path(name),
            }
            for name in systems
        }

    def reset(self) -> None:
        """Forgets all counts; the peak starts again at what is in flight."""
        self._counts.clear()
        self._peak = Counter(self._in_flight)
