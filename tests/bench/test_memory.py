"""Memory by parts: what belongs to what, and that nothing of ours is passed over."""

from episodarr.model.library import Episode
from episodarr.simulator import Scenario
from tests.bench.memory import DEFLATED, INDEX, PLAIN, by_part, sizes_of
from tests.heap import every_object, referents
from tests.library import an_episode
from tests.rig import rig

SYSTEMS = ("Sonarr", "clients", "Jellyfin", "Shoko", "Seerr")
EPISODES = 400


async def test_every_part_of_a_running_exporter_is_found() -> None:
    scenario = Scenario.sized(
        series=8, episodes=EPISODES, active=8, torrents=6, requests=4, all_active=True
    )
    async with rig(scenario) as running:
        await running.settle()
        sizes = sizes_of(running.application)
        before = by_part(sizes)
        # As a renderer would that kept its text.
        setattr(running.application.published.exposition, "text", [b"sample 1\n" * 1_000])  # noqa: B010
        after = by_part(sizes_of(running.application))
    for part in (*(f"records of {system}" for system in SYSTEMS), "views", "store", INDEX):
        assert before[part] > 0, part
    assert before["records of Sonarr"] > EPISODES * 200
    assert before.get(PLAIN, 0) == 0
    assert before[DEFLATED] > 1_000
    assert 9_000 <= after[PLAIN] < 10_000
    assert {part for part, kind in sizes if kind == "Grid"} == {INDEX}


def test_what_a_record_holds_that_the_collector_does_not_track_is_found() -> None:
    title = " ".join(["The", "Long", "Voyage"])
    kept = [an_episode(1, title)]
    assert any(one is title for one in every_object())
    assert any(one is title for one in referents(kept))
    assert isinstance(kept[0], Episode)
