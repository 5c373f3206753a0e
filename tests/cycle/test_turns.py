"""Others have their turn while a cycle goes through a whole library."""

from collections.abc import Sequence

from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.cycle.library_servers import LibraryServers
from episodarr.cycle.reads import Read
from episodarr.model.steps import in_one_go, pauses_of
from episodarr.simulator import Scenario
from episodarr.systems.pending_files import PendingSeries
from tests.rig import rig

SERIES = 30


def all_active() -> Scenario:
    """Every series has something that waits for Jellyfin."""
    return Scenario.sized(
        series=SERIES, episodes=SERIES * 3, active=SERIES, torrents=3, requests=2, all_active=True
    )


async def test_what_waits_for_jellyfin_and_shoko_is_found_in_steps() -> None:
    async with rig(all_active()) as running:
        await running.settle()
        poller = running.application.poller
        servers, joiners = poller._library_servers, poller._sonarrs
        due: dict[str, Read] = {}
        assert sum(1 for _ in servers.due_file_reads(joiners, due)) == 0, "nothing changed"
        for joiner in joiners:
            joiner.touch(next(iter(joiner.views)))
        assert sum(1 for _ in servers.due_file_reads(joiners, due)) >= SERIES


async def test_a_series_that_goes_while_others_have_their_turn_is_as_it_was_read() -> None:
    async with rig(all_active()) as running:
        await running.settle()
        poller = running.application.poller
        servers, joiners = poller._library_servers, poller._sonarrs
        before = _pending(servers, joiners)
        joiners[0].touch(next(iter(joiners[0].views)))
        steps = servers._pending_files.read_steps(joiners)
        next(steps)
        library = joiners[0].state.library.series
        listed = library.last
        assert listed is not None
        gone = max(listed)
        library.succeed({i: one for i, one in listed.items() if i != gone}, poller._clock())
        joiners[0].state.touched.add(gone)
        found: list[list[PendingSeries]] = []
        list(pauses_of(steps, found))
        assert found[0] == before, "one moment's"
        after = {one.series.sonarr_id for one in _pending(servers, joiners)}
        assert {one.series.sonarr_id for one in before} - after == {gone}


def _pending(servers: LibraryServers, joiners: Sequence[SonarrJoiner]) -> list[PendingSeries]:
    return in_one_go(servers._pending_files.read_steps(joiners))
