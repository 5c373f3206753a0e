"""What Jellyseerr lists, as evidence of deletions."""

from datetime import UTC, datetime, timedelta

from episodarr.errors import TimedOut
from episodarr.model.check import JellyseerrSeen
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.jellyseerr.evidence import JellyseerrEvidence
from episodarr.systems.jellyseerr.state import JellyseerrState
from tests.systems.jellyseerr.in_memory import InMemorySeerr

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def checked(seerr: InMemorySeerr) -> JellyseerrSeen:
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
    moved = (SeerrSonarr(server_id=0, url="http://10.0.0.7:8990", is_4k=False),)
    seen, edited = await checked(InMemorySeerr()), await checked(InMemorySeerr(servers=moved))
    assert seen.server_id == edited.server_id == "sonarr-0"
    assert (seen.requests, seen.media) == ((), ())
    assert seen.is_unrestricted


async def test_one_that_does_not_show_its_settings_may_hide_requests() -> None:
    seen = await checked(InMemorySeerr(servers_error=TimedOut("sonarr_servers", "slow")))
    assert not seen.is_unrestricted
    assert seen.server_id == ""
