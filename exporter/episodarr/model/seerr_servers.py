"""Which of our Sonarrs a request is for: the cycle and the verification share the answer.

Seerr knows its Sonarr servers by numbers and addresses of its own, and keeps requests, statuses and
servers apart by kind: HD, or 4K. A request for one kind never stands for a Sonarr of the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from msgspec import Struct

from episodarr.model.ids import SonarrName, SonarrSeriesId
from episodarr.model.request import MediaRequest

_FOUR_K = ("4k", "uhd", "2160")
"""In a Sonarr's name, where Seerr's settings do not state it."""


class SeerrSonarr(Struct, frozen=True, kw_only=True, gc=False):
    """A Sonarr server in Seerr's settings; its key is never read."""

    server_id: int
    url: str
    is_4k: bool
    is_default: bool = False
    """Where requests of its kind go that name no server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeerrServers:
    """Seerr's Sonarr servers, and which of ours they are."""

    servers: tuple[SeerrSonarr, ...] = ()
    """Empty as long as Seerr did not show them."""
    name_by_server: Mapping[int, SonarrName] = field(default_factory=lambda: MappingProxyType({}))
    """Only what is certain."""

    def server_of(self, request: MediaRequest) -> SeerrSonarr | None:
        """The server a request goes to: its own, else the default one of its kind."""
        if request.server_id is not None:
            return next((s for s in self.servers if s.server_id == request.server_id), None)
        alike = [server for server in self.servers if server.is_4k == request.is_4k]
        default = [server for server in alike if server.is_default] or alike
        return default[0] if len(default) == 1 else None

    def name_of(self, request: MediaRequest) -> SonarrName | None:
        """The Sonarr of ours that a request goes to; None where that is not certain."""
        server = self.server_of(request)
        number = request.server_id if server is None else server.server_id
        return None if number is None else self.name_by_server.get(number)

    def kinds_of(self, sonarr: SonarrName) -> frozenset[bool]:
        """Whether Seerr has a Sonarr of ours for 4K, for HD or for both; empty: not known."""
        return frozenset(
            server.is_4k
            for server in self.servers
            if self.name_by_server.get(server.server_id) == sonarr
        )

    def may_be_for(
        self, request: MediaRequest, sonarr: SonarrName, series_id: SonarrSeriesId | None = None
    ) -> bool:
        """Whether a request may stand for a series of one Sonarr.

        `series_id` is that Sonarr's own: where Seerr's settings do not state the kind, it is better
        evidence than the Sonarr's name.
        """
        name = self.name_of(request)
        if name is not None:
            return name == sonarr
        kinds = self.kinds_of(sonarr)
        if kinds:
            return request.is_4k in kinds and self.server_of(request) is None
        if series_id is not None and request.sonarr_series_id == series_id:
            return True
        if not request.is_4k:
            return not is_named_for_4k(sonarr)
        has_one_for_hd = any(not server.is_4k for server in self.servers)
        return is_named_for_4k(sonarr) or not has_one_for_hd


NO_SERVERS = SeerrServers()


def is_named_for_4k(sonarr: SonarrName) -> bool:
    """Whether a Sonarr's name marks it as one for 4K."""
    return any(mark in sonarr.lower() for mark in _FOUR_K)
