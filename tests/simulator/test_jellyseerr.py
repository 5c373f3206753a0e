"""The simulated Jellyseerr and Seerr answer as 2.7 and 3.x do, and sync by their jobs only."""

import pytest

from episodarr.simulator import Scenario, SeasonPlan
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.seerr import SeerrOptions
from episodarr.simulator.state.sonarr import sonarr_options
from tests.simulator.drive import START, Stage, play

SHOW = 70_001
MISSING = 70_002
API = "/api/v1"


def requested(version: str = "2.7.3") -> Scenario:
    scenario = Scenario(
        sonarrs=[
            sonarr_options("tv"),
            sonarr_options("uhd", root_folders=("/uhd",), is_4k=True),
        ]
    )
    scenario.jellyseerr = SeerrOptions(version=version)
    scenario.jellyfin = JellyfinOptions(realtime_seconds=1)
    scenario.add_series(SHOW, "A Show", {1: SeasonPlan(episodes=2, files=2)})
    scenario.add_series(MISSING, "Missing", {1: SeasonPlan(episodes=2)})
    # Without another series Jellyfin would take its root for a broken one and keep everything.
    scenario.add_series(70_009, "Stays", {1: SeasonPlan(episodes=1, files=1)})
    scenario.add_request(SHOW, [1], age_days=3)
    scenario.add_request(MISSING, [1], age_days=2, user="sam")
    return scenario.add_request(SHOW, [1], sonarr="uhd", age_days=1)


async def by_tvdb(stage: Stage, tvdb_id: int = SHOW) -> dict[str, object]:
    rows = (await stage.ask("jellyseerr", f"{API}/request?take=100&sort=added")).json()["results"]
    found = [row for row in rows if row["media"]["tvdbId"] == tvdb_id and not row["is4k"]]
    assert len(found) == 1
    row = found[0]
    assert isinstance(row, dict)
    return row


async def test_no_key_and_a_wrong_key_are_distinguished() -> None:
    async with play(requested()) as stage:
        path = f"{API}/request"
        missing = await stage.ask("jellyseerr", path, headers={})
        assert (missing.status_code, "connect.sid" in missing.text) == (401, True)
        wrong = await stage.ask("jellyseerr", path, headers={"X-Api-Key": "x"})
        assert (wrong.status_code, wrong.json()["status"]) == (403, 403)
        query = await stage.ask("jellyseerr", f"{path}?apikey=demo-jellyseerr-key", headers={})
        assert query.status_code == 401
        assert (await stage.ask("jellyseerr", f"{API}/status", headers={})).status_code == 200


@pytest.mark.parametrize(
    ("version", "query", "status"),
    [
        ("2.7.3", "x=1", 400),
        ("2.7.3", "filter=nonsense", 400),
        ("2.7.3", "take=many", 400),
        ("2.7.3", "mediaType=tv&sortDirection=asc&filter=completed", 200),
        ("2.3.0", "mediaType=tv", 400),
        ("2.3.0", "sortDirection=asc", 400),
        ("2.3.0", "filter=completed", 400),
        ("2.3.0", "filter=processing", 200),
    ],
)
async def test_unknown_parameters_are_refused(version: str, query: str, status: int) -> None:
    async with play(requested(version)) as stage:
        answer = await stage.ask("jellyseerr", f"{API}/request?{query}")
        assert answer.status_code == status


async def test_pages_cover_everything_once_newest_first() -> None:
    async with play(requested()) as stage:
        seen = []
        for skip in range(4):
            body = (await stage.ask("jellyseerr", f"{API}/request?take=1&skip={skip}")).json()
            assert body["pageInfo"]["results"] == 3
            seen += [row["id"] for row in body["results"]]
        assert seen == [3, 2, 1]


async def test_lists_have_no_seasons_of_media_but_single_requests_do() -> None:
    async with play(requested()) as stage:
        assert "seasons" not in str((await by_tvdb(stage))["media"])
        one = (await stage.ask("jellyseerr", f"{API}/request/1")).json()
        assert [season["status"] for season in one["media"]["seasons"]] == [5]
        media = (await stage.ask("jellyseerr", f"{API}/media?filter=deleted")).json()
        assert media["pageInfo"]["results"] == 2
        assert all("seasons" in row for row in media["results"])
        assert (await stage.ask("jellyseerr", f"{API}/media/1")).status_code == 405


async def test_normal_and_4k_are_apart() -> None:
    async with play(requested()) as stage:
        one = (await stage.ask("jellyseerr", f"{API}/request/1")).json()
        assert (one["status"], one["media"]["status"], one["media"]["status4k"]) == (5, 5, 3)
        assert one["media"]["externalServiceId"] == 1
        assert one["media"]["externalServiceId4k"] is None
        other = (await stage.ask("jellyseerr", f"{API}/request/3")).json()
        assert (other["is4k"], other["status"]) == (True, 2)


async def test_a_deletion_is_noticed_by_the_availability_job_once_jellyfin_lost_it_too() -> None:
    async with play(requested()) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.world.seerr_job()
        assert (await by_tvdb(stage))["media"]["status"] == 5  # type: ignore[index]
        stage.wait(10)
        assert (await by_tvdb(stage))["media"]["status"] == 5  # type: ignore[index]
        url = f"{API}/settings/jobs/availability-sync/run"
        started = await stage.ask("jellyseerr", url, method="POST")
        assert started.json()["running"] is True
        stage.wait(3)
        row = await by_tvdb(stage)
        media = row["media"]
        assert isinstance(media, dict)
        assert (row["status"], media["status"], media["externalServiceId"]) == (5, 7, None)
        jobs = await stage.rows("jellyseerr", f"{API}/settings/jobs")
        assert not any(job["running"] for job in jobs)


async def test_a_failing_jellyfin_counts_as_having_it() -> None:
    async with play(requested()) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(10)
        stage.simulation.fault("jellyfin", "status", status=500)
        stage.world.seerr_job()
        assert (await by_tvdb(stage))["media"]["status"] == 5  # type: ignore[index]
        stage.simulation.clear_faults("jellyfin")
        stage.world.seerr_job()
        assert (await by_tvdb(stage))["media"]["status"] == 7  # type: ignore[index]


async def test_what_never_was_available_stays_processing_for_ever() -> None:
    async with play(requested()) as stage:
        stage.world.delete_series("tv", MISSING)
        stage.wait(10)
        stage.world.seerr_job()
        row = await by_tvdb(stage, MISSING)
        media = row["media"]
        assert isinstance(media, dict)
        assert (row["status"], media["status"], media["externalServiceId"]) == (2, 3, 2)
        gone = await stage.ask("jellyseerr", f"{API}/media/{media['id']}", method="DELETE")
        assert gone.status_code == 204
        assert (await stage.ask("jellyseerr", f"{API}/request/{row['id']}")).status_code == 404


async def test_a_failing_sonarr_is_named_from_3_on() -> None:
    async with play(requested("3.1.0")) as stage:
        stage.simulation.fault("sonarr.uhd", "refused")
        body = (await stage.ask("jellyseerr", f"{API}/request")).json()
        assert [error["id"] for error in body["serviceErrors"]["sonarr"]] == [1]


async def test_downloads_are_repeated_per_episode_with_the_size_of_the_pack() -> None:
    async with play(requested()) as stage:
        stage.world.grab("tv", MISSING, [(1, 1), (1, 2)], size_bytes=5_000, rate=0)
        stage.wait(6)
        media = (await by_tvdb(stage, MISSING))["media"]
        assert isinstance(media, dict)
        assert [row["size"] for row in media["downloadStatus"]] == [5_000, 5_000]


async def test_a_new_series_is_available_after_the_scan_for_recent_ones() -> None:
    async with play(requested()) as stage:
        for number in (1, 2):
            stage.world.upgrade("tv", MISSING, [(1, number)])
        assert (await by_tvdb(stage, MISSING))["status"] == 2
        stage.wait(303)
        row = await by_tvdb(stage, MISSING)
        media = row["media"]
        assert isinstance(media, dict)
        assert (row["status"], media["status"]) == (5, 5)
        assert media["jellyfinMediaId"]


async def test_requests_are_filtered_sorted_and_counted() -> None:
    async with play(requested()) as stage:
        stage.world.request_series("tv", 70_010, [1], user="kim", pending=True, tmdb_id=42)

        async def ids(query: str) -> list[int]:
            answer = await stage.ask("jellyseerr", f"{API}/request?{query}")
            assert answer.status_code == 200
            return [row["id"] for row in answer.json()["results"]]

        assert await ids("filter=pending") == [4]
        assert await ids("filter=completed") == [1]
        assert await ids("filter=available") == [1]
        assert await ids("filter=processing") == [3, 2]
        assert await ids("filter=unavailable") == [4, 3, 2]
        assert await ids("mediaType=movie") == []
        assert await ids("requestedBy=2") == [2]
        assert await ids("sortDirection=asc") == [1, 2, 3, 4]
        assert await ids("sort=modified&sortDirection=asc") == [2, 3, 1, 4]
        counts = (await stage.ask("jellyseerr", f"{API}/request/count")).json()
        assert {k: counts[k] for k in ("total", "pending", "approved", "completed")} == {
            "total": 4,
            "pending": 1,
            "approved": 2,
            "completed": 1,
        }
        pending = (await stage.ask("jellyseerr", f"{API}/request/4")).json()
        assert (pending["media"]["status"], pending["media"]["externalServiceId"]) == (2, None)
        media = (await stage.ask("jellyseerr", f"{API}/media?filter=available")).json()
        assert [row["tvdbId"] for row in media["results"]] == [SHOW]
        about = (await stage.ask("jellyseerr", f"{API}/settings/about")).json()
        assert about["totalRequests"] == 4


async def test_blocklisted_media_hide_their_requests() -> None:
    async with play(requested()) as stage:
        assert stage.world.seerr is not None
        stage.world.seerr.media[2].status = 6
        rows = (await stage.ask("jellyseerr", f"{API}/request?take=100")).json()["results"]
        assert [row["id"] for row in rows] == [3, 1]


async def test_what_is_not_there_is_not_found() -> None:
    async with play(requested()) as stage:
        for path, method, status in (
            ("/request/99", "GET", 404),
            ("/request/99", "DELETE", 404),
            ("/request/1", "DELETE", 204),
            ("/request/1", "GET", 404),
            ("/media/99", "DELETE", 404),
            ("/settings/jobs/none/run", "POST", 404),
            ("/nothing", "GET", 404),
            ("/media?take=x", "GET", 400),
        ):
            answer = await stage.ask("jellyseerr", f"{API}{path}", method=method)
            assert (answer.status_code, path) == (status, path)
        assert "Jellyseerr" in (await stage.ask("jellyseerr", "/", headers={})).text


def test_without_a_seerr_nothing_can_be_asked_for() -> None:
    scenario = Scenario.empty()
    scenario.jellyseerr = None
    world = scenario.build(START)
    with pytest.raises(LookupError, match="no Seerr"):
        world.request_series("tv", SHOW, [1])
