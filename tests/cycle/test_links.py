"""A series leads to its own pages, where browsers' addresses are configured."""

from episodarr.model.ids import SonarrName, TvdbId
from tests.rig import rig

ADDRESSES = {
    "EPISODARR_SONARR__TV__EXTERNAL_URL": "https://sonarr.example.org",
    "EPISODARR_JELLYSEERR__EXTERNAL_URL": "https://seerr.example.org/",
}


async def test_a_series_leads_to_sonarr_jellyfin_and_seerr() -> None:
    async with rig(environment=ADDRESSES) as running:
        snapshot = await running.settle()
        links = {key.tvdb_id: view.links for key, view in snapshot.series_by_key.items()
                 if key.sonarr == SonarrName("tv")}  # fmt: skip
        spy = links[TvdbId(405920)]
        assert spy["sonarr"] == "https://sonarr.example.org/series/spy-x-family"
        assert spy["seerr"] == "https://seerr.example.org/tv/120089"
