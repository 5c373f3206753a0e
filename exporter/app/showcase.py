"""What is shown at this moment: filled by the poller, read by the server."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from exporter.logs import UpstreamLog
from exporter.metrics.bodies import Bodies
from exporter.metrics.counters import Counters
from exporter.metrics.exposition import Exposition
from exporter.metrics.negotiation import choose_body
from exporter.model.view import Snapshot
from exporter.poller.clocks import ClockKeeper
from exporter.poller.cycle import SonarrRecord
from exporter.poller.events import count_events
from exporter.poller.joiner import Transition


@dataclass
class Showcase:
    """The latest snapshot in all its forms: what the server reads, and what the poller fills."""

    exposition: Exposition
    clock: Callable[[], datetime]
    upstream_log: UpstreamLog
    keeper: ClockKeeper

    def __post_init__(self) -> None:
        self.snapshot = empty_snapshot(self.clock())
        self.counters = Counters()
        self._bodies: Bodies = self.exposition.update(self.snapshot, self.counters)

    @property
    def is_ready(self) -> bool:
        """Whether there was one good cycle."""
        return self.snapshot.is_complete

    @property
    def health_lines(self) -> Sequence[str]:
        """What is wrong with the exporter itself."""
        if self.keeper.trouble is None:
            return ()
        return (f"The store cannot be written: {self.keeper.trouble}. Metrics go on without it.",)

    def metrics_response(self, accept: str, accept_encoding: str) -> tuple[str, str | None, bytes]:
        """Content type, content encoding and prepared bytes that fit the request's headers."""
        return choose_body(self._bodies, accept, accept_encoding)

    async def publish(
        self,
        snapshot: Snapshot,
        records: Sequence[SonarrRecord],
        transitions: Sequence[Transition],
    ) -> None:
        """Render the snapshot piece by piece, then show it in all surfaces at once."""
        self.counters = count_events(self.counters, records, transitions)
        await self._render(snapshot)
        self.snapshot = snapshot
        self.upstream_log.tell(snapshot.upstreams)
        await self.keeper.keep(snapshot.series_by_key, snapshot.at)

    async def republish(self) -> None:
        """Show the last snapshot with the counters of this moment."""
        await self._render(self.snapshot)

    async def _render(self, snapshot: Snapshot) -> None:
        steps = self.exposition.update_steps(snapshot, self.counters)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                self._bodies = done.value
                break
            await asyncio.sleep(0)


def empty_snapshot(now: datetime) -> Snapshot:
    """What is known before the first cycle: nothing, and that it is nothing yet."""
    nothing: MappingProxyType[object, int] = MappingProxyType({})
    return Snapshot(
        at=now,
        is_complete=False,
        series_by_key=MappingProxyType({}),
        downloads=(),
        requests=(),
        deletions=(),
        upstreams=(),
        inventory_pending_by_sonarr=nothing,  # type: ignore[arg-type]  # empty, of any key
        held_disappearances_by_sonarr=nothing,  # type: ignore[arg-type]  # empty, of any key
        unmatched_series_by_upstream=nothing,  # type: ignore[arg-type]  # empty, of any key
    )
