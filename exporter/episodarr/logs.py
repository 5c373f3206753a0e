"""Logging: one line per thing that changed, with secrets masked.

A failure that repeats in every cycle is logged once when it begins and once when it ends.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, override

from episodarr.model.health import System, UpstreamHealth
from episodarr.model.records import Unread
from episodarr.views.text import escaped

log = logging.getLogger("episodarr.upstreams")

_MINUTE = 60.0
_PER_KIND = 30
"""Most lines of one kind per minute: enough for the start of a program with thirty systems."""
_REMEMBERED = 500
_KIND_LENGTH = 300
_NAMED_RECORDS = 200
_QUERY_SECRET = re.compile(r"(?i)\b(apikey|api_key|token|password|pass)=[^&\s\"']+")


class MaskingFormatter(logging.Formatter):
    """Formats a record and masks every known secret in it, tracebacks included."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        found = sorted({s for s in secrets if s}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, found))) if found else None

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line, and those of a traceback indented, so that none of them can pass for another."""
        text = _QUERY_SECRET.sub(r"\1=***", super().format(record))
        return self._secrets.sub("***", text) if self._secrets is not None else text

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message with control characters and line breaks escaped; it may hold text of an upstream."""
        return escaped(super().formatMessage(record))

    @override
    def formatException(self, ei: Any) -> str:
        return "\n".join(f"  {escaped(line)}" for line in super().formatException(ei).split("\n"))

    @override
    def formatStack(self, stack_info: str) -> str:
        return "\n".join(f"  {escaped(line)}" for line in stack_info.split("\n"))


class OncePerMinute(logging.Filter):
    """Passes a message once per minute, and at most a few of one kind; logs how many it left out.

    Any client or upstream can cause a line, and can do so thousands of times.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._logged: dict[tuple[object, ...], float] = {}
        self._left_out: Counter[tuple[object, ...]] = Counter()

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        now = self._monotonic()
        kind = (record.name, record.levelno, str(record.msg)[:_KIND_LENGTH])
        whole = (*kind, record.getMessage()[:_KIND_LENGTH])
        self._forget(now)
        of_kind = sum(1 for logged in self._logged if logged[:3] == kind)
        if whole in self._logged or of_kind >= _PER_KIND:
            self._left_out[kind] += 1
            return False
        self._logged[whole] = now
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more like it, left out)"
            record.args = None
        return True

    def _forget(self, now: float) -> None:
        for whole in [w for w, at in self._logged.items() if now - at >= _MINUTE]:
            del self._logged[whole]
        while len(self._logged) > _REMEMBERED:
            del self._logged[next(iter(self._logged))]


def set_up(level: str, secrets: Iterable[str]) -> None:
    """Send this process' log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(MaskingFormatter(secrets))
    handler.addFilter(OncePerMinute())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "qbittorrentapi", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns of odd headers, with a traceback; what an answer is worth is decided elsewhere.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def reopen_files() -> None:
    """Close every file that is logged to; the next line opens it anew, where it was moved away."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()


class UnreadLog:
    """Names the records of one upstream that were left out of its answers, each once."""

    def __init__(self, upstream: str, system: System) -> None:
        self._upstream = upstream
        self._system = system
        self._logged: set[tuple[str, int | str | None, str]] = set()

    def report(self, unread: Iterable[Unread]) -> None:
        """Log those that were not named yet; after the first hundreds the metric has to do."""
        for one in unread:
            what = (one.endpoint, one.key, one.message)
            if what in self._logged or len(self._logged) >= _NAMED_RECORDS:
                continue
            self._logged.add(what)
            named = "without an id" if one.key is None else one.key
            log.warning(
                "%s %s: %s: record %s is left out, and what it is about unknown: %s",
                self._system.value,
                self._upstream,
                one.endpoint,
                named,
                one.message,
            )


class UpstreamLog:
    """Logs when an upstream begins to fail, fails in another way, or recovers."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str], str | None] = {}

    def report(self, upstreams: Iterable[UpstreamHealth]) -> None:
        """Log what changed since the last call."""
        for health in upstreams:
            if health.is_up is None:
                continue
            key = (health.system.value, health.name)
            trouble = None if health.is_up else f"{health.failing_endpoint}: {health.message}"
            if key in self._logged and self._logged[key] == trouble:
                continue
            if trouble is not None and health.failing_endpoint is not None:
                log.warning("%s %s: %s", *key, trouble)
            elif trouble is None and self._logged.get(key) is not None:
                log.info("%s %s answers again", *key)
            elif trouble is None:
                log.info("%s %s answers, version %s", *key, health.version or "unknown")
            self._logged[key] = trouble
