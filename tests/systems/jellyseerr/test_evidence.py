"""What Jellyseerr lists, as evidence of deletions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from episodarr.errors import TimedOut
from episodarr.model.check import JellyseerrSeen
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.jellyseerr.evidence import JellyseerrEvidence
from episodarr.systems.jellyseerr.state import JellyseerrState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Seerr:
    url: str = "http://sonarr"
    error: TimedOut | None = None

    async def fetch_version(self) -> str:
        return "3.0.0"

    async def fetch_title(self, tmdb_id: int) -> str:
        return f"TMDB {tmdb_id}"

    async def fetch_requests(self) -> tuple[()]:
        return ()

    async def fetch_media(self) -> tuple[()]:
        return ()

    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        if self.error is not None:
            raise self.error
        return (SeerrSonarr(server_id=0, name="tv", url=self.url, is_4k=False),)

    async def aclose(self) -> None:
        return None


async def checked(seerr: Seerr) -> JellyseerrSeen:
    state = JellyseerrState(
        seerr,
        clock=lambda: NOW,
        every=timedelta(minutes=5),
        keep=timedelta(minutes=15),
        url_by_sonarr={},
    )
    evidence = JellyseerrEvidence(
        state, library=tuple, freshness=AnswerFreshness(), clock=lambda: NOW
    )
    return await evidence.check(NOW)


async def test_it_is_known_by_the_numbers_of_its_sonarrs_not_by_what_people_edit() -> None:
    seen, edited = await checked(Seerr()), await checked(Seerr(url="http://10.0.0.7:8990"))
    assert seen.server_id == edited.server_id == "sonarr-0"
    assert (seen.requests, seen.media) == ((), ())
    assert seen.is_unrestricted


async def test_one_that_does_not_show_its_settings_may_hide_requests() -> None:
    seen = await checked(Seerr(error=TimedOut("sonarr_servers", "slow")))
    assert not seen.is_unrestricted
    assert seen.server_id == ""
