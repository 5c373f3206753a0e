"""Put all views of one moment together into the snapshot that is published."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from episodarr.cycle.contract import DeletionReports
from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.cycle.library_servers import LibraryServers
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.view import SeriesView, Snapshot
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sonarr.state import SonarrState


def make_snapshot(
    sonarrs: Sequence[SonarrJoiner],
    clients: Iterable[ClientState],
    library_servers: LibraryServers,
    deletions: DeletionReports,
    views: Mapping[SeriesKey, SeriesView],
    now: datetime,
) -> Snapshot:
    """The snapshot at this time; `views` are those of the series of all Sonarrs."""
    states = [s.state for s in sonarrs]
    return Snapshot(
        at=now,
        is_complete=any(s.is_known for s in sonarrs),
        series_by_key=views,
        downloads=tuple(d for s in sonarrs for d in s.downloads.views.values()),
        requests=library_servers.request_views(views),
        deletions=deletions.views(),
        deletions_unknown=deletions.unknown,
        unjoined_series=sum(len(s.failed) for s in sonarrs),
        upstreams=(
            *(state.upstream_health() for state in states),
            *(client.upstream_health() for client in clients),
            *library_servers.upstream_health(),
        ),
        inventory_pending_by_sonarr=MappingProxyType(
            pending_by_sonarr(states, deletions.inventoried()) if deletions.unknown is None else {}
        ),
        held_disappearances_by_sonarr=MappingProxyType(dict(deletions.held())),
        unmatched_series_by_upstream=library_servers.unmatched(),
        double_series=tuple(d for state in states for d in state.library.doubles),
    )


def pending_by_sonarr(
    states: Iterable[SonarrState], inventoried: Collection[SeriesKey]
) -> dict[SonarrName, int]:
    """Per Sonarr, the number of series that were not read yet, or not inventoried."""
    return {
        state.name: sum(
            1
            for series_id, series in listed.items()
            if series_id not in state.details or series.key not in inventoried
        )
        for state in states
        if (listed := state.library.series.last) is not None
    }
