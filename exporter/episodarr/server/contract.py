"""What the app needs from the rest of the program, and its options."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from episodarr.errors import ExporterError
from episodarr.metrics.rendering.bodies import Body
from episodarr.model.deletion import DeletionId
from episodarr.model.view import Snapshot
from episodarr.views.deletion_documents import ExpectedDeletionDocument
from episodarr.views.matching import FoundQuestion, NoQuestion

BODY_LIMIT_BYTES = 1_048_576
"""Sonarr's largest webhook, an import of a whole season with media details, is a tenth of this."""


class Published(Protocol):
    """What is shown at this moment; every property answers at once."""

    @property
    def snapshot(self) -> Snapshot:
        """The latest snapshot; before the first cycle an empty one that is not complete."""

    @property
    def is_ready(self) -> bool:
        """Whether there was one good cycle."""

    @property
    def health_lines(self) -> Sequence[str]:
        """What is wrong with the exporter itself, a sentence each: a full disk, a failed cycle."""

    async def match_question(self, wanted: str, /) -> FoundQuestion | NoQuestion:
        """What the matcher is asked about the download with this id, or with this in its name."""

    def metrics_response(self, accept: str, accept_encoding: str) -> tuple[str, str | None, Body]:
        """Content type, content encoding and the body that fits the request's headers."""


class WebhookResult(StrEnum):
    """What became of a webhook."""

    ACCEPTED = "accepted"
    """Also for unknown types of events: they are counted and accepted."""
    UNKNOWN_SONARR = "unknown_sonarr"
    MALFORMED = "malformed"


class ActionRefusedError(ExporterError):
    """The action cannot be done now; the message is a sentence for people, with a remedy."""


class DeletionOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/deletions."""

    series: str
    """Id, TVDB number, slug or part of a title."""
    dry_run: bool = False


class Actions(Protocol):
    """The actions of the API; each returns soon and does its work in the background."""

    async def sonarr_webhook(self, name: str, payload: bytes) -> WebhookResult:
        """Accept a webhook; the payload is a JSON object within the limit, otherwise unchecked."""

    async def expect_deletion(self, series: str, dry_run: bool) -> ExpectedDeletionDocument:  # noqa: FBT001 - fixed by the callers' contract
        """Take a fresh inventory and, unless a dry run, announce the deletion.

        `series` is the id of a series of the snapshot, as in "tv:267440".

        Raises:
            ActionRefusedError: the inventory cannot be taken.
        """

    async def acknowledge(self, deletion_id: DeletionId) -> bool:
        """Acknowledge how a deletion ended; False if there is no such deletion."""

    async def recheck(self, deletion_id: DeletionId) -> bool:
        """Make every check due now; False if there is no such deletion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What people can configure of the server; secrets stay out of its repr."""

    secret: str | None = field(default=None, repr=False)
    """Required for everything that is not a GET; without a secret those routes are off."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    """With both, reading needs Basic authentication, but for the two health routes."""
    host_names: frozenset[str] = frozenset()
    """Accepted Host names besides IP addresses and names that no public DNS can hold."""
    dashboard_url: str | None = None
    """Shown on the page; links to series are in their views."""
    version: str = ""
    body_limit_bytes: int = BODY_LIMIT_BYTES


type Clock = Callable[[], datetime]
"""The wall clock, aware and in UTC."""
