"""What the first inventories of a large library ask of Jellyfin: pages of a thousand, once for all."""

import asyncio
from itertools import batched

from episodarr.model.ids import SonarrName
from episodarr.simulator import Scenario
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.evidence import JellyfinEvidence
from episodarr.systems.sonarr.client import SonarrClient
from tests.simulator.drive import play

SERIES, EPISODES = 1_700, 17_000
AT_ONCE = 100
PAGES = 18 + 2
"""Of episodes and of series: each begins with the last record of the one before."""


async def test_1700_series_share_a_page_for_each_thousand_of_their_episodes() -> None:
    async with play(Scenario.sized(series=SERIES, episodes=EPISODES)) as stage:
        urls = stage.simulation.urls
        sonarr = SonarrClient(
            SonarrName("tv"),
            ConnectionOptions(base_url=urls["sonarr.tv"], timeout_seconds=10),
            api_key="demo-sonarr-key",
            observer=ignore_requests,
        )
        jellyfin = JellyfinClient(
            ConnectionOptions(base_url=urls["jellyfin"], timeout_seconds=10),
            api_key="demo-jellyfin-key",
            observer=ignore_requests,
        )
        sonarr_evidence = JellyfinEvidence(
            jellyfin,
            CatalogCache(jellyfin, clock=lambda: stage.now),
            same_series_of=lambda _: (),
            freshness=AnswerFreshness(),
            health=Health(),
            clock=lambda: stage.now,
        )
        requests = stage.simulation.requests
        try:
            library = await sonarr.fetch_series()
            for some in batched(library, AT_ONCE):
                parts = await asyncio.gather(
                    *(sonarr_evidence.holding(s, (), None, stage.now) for s in some)
                )
                assert all(part.value.series_ids for part in parts)
                stage.wait(1)
            assert len(library) == SERIES
            assert requests.by_path("jellyfin") == {
                "GET /Items": PAGES,
                "GET /Library/VirtualFolders": 1,
                "GET /System/Info": 1,
            }
            for one in library[::17]:
                stage.wait(850)
                await sonarr_evidence.holding(one, (), None, stage.now, at_leisure=True)
            assert requests.count("jellyfin") == PAGES + 2, "a day later it was asked nothing more"
        finally:
            await sonarr.aclose()
            await jellyfin.aclose()
