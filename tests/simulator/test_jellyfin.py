"""The simulated Jellyfin answers as 10.11 and 12 do, and changes by its scans only."""

from typing import Any

import pytest

from episodarr.simulator import Scenario, SeasonPlan, SeriesPlan
from episodarr.simulator.state.jellyfin import JellyfinOptions
from tests.simulator.drive import JELLYFIN_KEY, Stage, play

SHOW = 70_001
OTHER = 70_002
SERIES = "/Items?recursive=true&includeItemTypes=Series&fields=ProviderIds,Path"


def library(**options: object) -> Scenario:
    scenario = Scenario.empty()
    scenario.jellyfin = JellyfinOptions(**options)  # type: ignore[arg-type]
    scenario.add_series(SHOW, "A Show", {1: SeasonPlan(episodes=4, files=3)})
    scenario.add_series(OTHER, "Other", {1: SeasonPlan(episodes=2, files=2)})
    return scenario


async def titles(stage: Stage) -> set[str]:
    answer = await stage.ask("jellyfin", SERIES)
    assert answer.status_code == 200
    return {item["Name"] for item in answer.json()["Items"]}


async def series_id(stage: Stage, title: str = "A Show") -> str:
    items = (await stage.ask("jellyfin", SERIES)).json()["Items"]
    return str(next(item["Id"] for item in items if item["Name"] == title))


@pytest.mark.parametrize(("version", "legacy"), [("10.11.11", 200), ("12.0.0", 401)])
async def test_old_ways_to_send_the_token_end_with_12(version: str, legacy: int) -> None:
    key = "demo-jellyfin-key"
    async with play(library(version=version)) as stage:
        for headers, suffix, status in (
            (JELLYFIN_KEY, "", 200),
            ({"Authorization": f'MediaBrowser Client="x", Version="1", Token="{key}"'}, "", 200),
            ({}, f"?ApiKey={key}", 200),
            ({"X-Emby-Token": key}, "", legacy),
            ({"X-MediaBrowser-Token": key}, "", legacy),
            ({"Authorization": f'Emby Token="{key}"'}, "", legacy),
            ({}, f"?api_key={key}", legacy),
            ({"Authorization": 'MediaBrowser Token="wrong"'}, "", 401),
            ({}, "", 401),
        ):
            answer = await stage.ask("jellyfin", f"/System/Info{suffix}", headers=headers)
            assert (answer.status_code, headers, suffix) == (status, headers, suffix)
        public = await stage.ask("jellyfin", "/System/Info/Public", headers={})
        assert public.json()["Version"] == version


async def test_missing_episodes_are_listed_unless_refused() -> None:
    async with play(library()) as stage:
        path = f"/Shows/{await series_id(stage)}/Episodes?fields=Path"
        every = (await stage.ask("jellyfin", path)).json()["Items"]
        assert [item["LocationType"] for item in every] == ["FileSystem"] * 3 + ["Virtual"]
        assert ["Path" in item for item in every] == [True, True, True, False]
        real = (await stage.ask("jellyfin", f"{path}&isMissing=false")).json()
        assert (len(real["Items"]), real["TotalRecordCount"]) == (3, 3)
        bulk = "/Items?recursive=true&includeItemTypes=Episode"
        assert (await stage.ask("jellyfin", bulk)).json()["TotalRecordCount"] == 6
        bare = f"{bulk}&excludeLocationTypes=Virtual"
        assert (await stage.ask("jellyfin", bare)).json()["TotalRecordCount"] == 5


async def test_fields_come_only_when_asked_and_names_of_parameters_in_any_case() -> None:
    async with play(library()) as stage:
        plain = await stage.ask("jellyfin", "/items?Recursive=true&INCLUDEITEMTYPES=Series")
        (first, _) = plain.json()["Items"]
        assert not {"Path", "ProviderIds", "DateCreated"} & set(first)
        path = "/Items?recursive=true&includeItemTypes=Series&fields=Path,ProviderIds,DateCreated"
        (first, _) = (await stage.ask("jellyfin", path)).json()["Items"]
        assert first["ProviderIds"]["Tvdb"] == str(SHOW)
        assert first["Path"] == "/tv/A Show"
        assert first["DateCreated"] == "2026-03-14T12:00:00.0000000Z"
        assert len(first["Id"]) == 32
        folders = (await stage.ask("jellyfin", "/Items?includeItemTypes=Series")).json()["Items"]
        assert {item["Type"] for item in folders} == {"CollectionFolder"}


async def test_a_key_has_no_user_so_one_item_is_asked_for_by_ids() -> None:
    async with play(library()) as stage:
        wanted = await series_id(stage)
        assert (await stage.ask("jellyfin", f"/Items/{wanted}")).status_code == 400
        found = (await stage.ask("jellyfin", f"/Items?ids={wanted}")).json()["Items"]
        assert [item["Name"] for item in found] == ["A Show"]
        stage.world.delete_series("tv", SHOW)
        stage.wait(20)
        gone = await stage.ask("jellyfin", f"/Items?ids={wanted}")
        assert (gone.status_code, gone.json()["Items"]) == (200, [])
        episodes = await stage.ask("jellyfin", f"/Shows/{wanted}/Episodes")
        assert (episodes.status_code, episodes.text) == (404, "Series not found")


async def test_without_a_watcher_only_a_scan_notices() -> None:
    async with play(library(realtime_seconds=None)) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(3600)
        assert await titles(stage) == {"A Show", "Other"}
        started = await stage.ask("jellyfin", "/Library/Refresh", method="POST")
        assert started.status_code == 204
        tasks = (await stage.ask("jellyfin", "/ScheduledTasks")).json()
        scan = next(task for task in tasks if task["Key"] == "RefreshLibrary")
        assert scan["State"] == "Running"
        assert await titles(stage) == {"A Show", "Other"}
        stage.wait(4)
        assert await titles(stage) == {"Other"}
        (scan,) = [
            task
            for task in (await stage.ask("jellyfin", "/ScheduledTasks")).json()
            if task["Key"] == "RefreshLibrary"
        ]
        assert (scan["State"], scan["LastExecutionResult"]["Status"]) == ("Idle", "Completed")


async def test_a_refresh_cancels_the_one_that_runs() -> None:
    async with play(library(realtime_seconds=None)) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        await stage.ask("jellyfin", "/Library/Refresh", method="POST")
        stage.wait(2)
        await stage.ask("jellyfin", "/Library/Refresh", method="POST")
        stage.wait(2)
        assert "A Show" in await titles(stage)
        assert stage.world.jellyfin is not None
        assert stage.world.jellyfin.last_scan is not None
        assert stage.world.jellyfin.last_scan.status == "Cancelled"
        stage.wait(1.1)
        assert "A Show" not in await titles(stage)


async def test_a_reported_path_is_checked_after_a_minute_without_reports() -> None:
    async def report(stage: Stage, path: str) -> None:
        url = stage.simulation.urls["jellyfin"] + "/Library/Media/Updated"
        body = {"Updates": [{"Path": path, "UpdateType": "Deleted"}]}
        answer = await stage.client.post(url, json=body, headers=JELLYFIN_KEY)
        assert answer.status_code == 204

    async with play(library(realtime_seconds=None)) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        await report(stage, "/tv/A Show")
        stage.wait(50)
        await report(stage, "/tv/Unknown")
        stage.wait(50)
        assert "A Show" in await titles(stage)
        stage.wait(11)
        assert await titles(stage) == {"Other"}


@pytest.mark.parametrize("state", ["empty", "unmounted"])
async def test_a_scan_leaves_a_root_alone_that_is_empty_or_away(state: str) -> None:
    async with play(library(realtime_seconds=None)) as stage:
        stage.world.set_mount("/tv", state)
        stage.world.jellyfin_scan()
        assert await titles(stage) == {"A Show", "Other"}
        stage.world.set_mount("/tv", "mounted")
        stage.world.delete_series("tv", SHOW, lag_seconds=0)
        stage.wait(0)
        stage.world.jellyfin_scan()
        assert await titles(stage) == {"Other"}
        # The last series of a root never goes, for an empty root looks like a broken one.
        stage.world.delete_series("tv", OTHER, lag_seconds=0)
        stage.wait(0)
        stage.world.jellyfin_scan()
        assert await titles(stage) == {"Other"}


async def test_a_server_may_see_other_paths_or_virtual_ones() -> None:
    scenario = library(paths={"/tv": "/data/media/tv"}, shokofin_roots=("/anime",))
    scenario.add_series(
        70_003, "Drawn", {1: SeasonPlan(episodes=1, files=1)}, root="/anime", series_type="anime"
    )
    async with play(scenario) as stage:
        items = (await stage.ask("jellyfin", SERIES)).json()["Items"]
        paths = {item["Name"]: item["Path"] for item in items}
        assert paths["A Show"] == "/data/media/tv/A Show"
        assert paths["Drawn"].startswith("/config/data/Shokofin/VFS/")
        ids = {item["Name"]: item["ProviderIds"] for item in items}
        assert "Shoko Series" in ids["Drawn"]
        assert "Shoko Series" not in ids["A Show"]


async def test_a_new_file_is_listed_after_the_watchers_lag() -> None:
    async with play(library()) as stage:
        download = stage.world.grab("tv", SHOW, [(1, 4)], automatic=False)
        stage.world.finish_download("tv", download)
        stage.world.import_download("tv", download)
        path = f"/Shows/{await series_id(stage)}/Episodes?isMissing=false"
        assert (await stage.ask("jellyfin", path)).json()["TotalRecordCount"] == 3
        stage.wait(8)
        assert (await stage.ask("jellyfin", path)).json()["TotalRecordCount"] == 4
        since = "/Items?recursive=true&includeItemTypes=Episode&minDateLastSaved="
        recent = (await stage.ask("jellyfin", f"{since}2026-03-14T12:00:01Z")).json()
        names = [item["IndexNumber"] for item in recent["Items"] if "Virtual" not in str(item)]
        assert names == [4]


async def test_items_are_filtered_sorted_and_cut() -> None:
    async with play(library()) as stage:
        base = "/Items?recursive=true&includeItemTypes=Episode&isMissing=false"

        async def ask(query: str) -> list[tuple[str, int]]:
            answer = await stage.ask("jellyfin", f"{base}&{query}")
            items = answer.json()["Items"]
            return [(item["SeriesName"], item["IndexNumber"]) for item in items]

        assert await ask("indexNumber=3") == [("A Show", 3)]
        assert len(await ask("parentIndexNumber=1")) == 5
        assert await ask("searchTerm=episode 3") == [("A Show", 3)]
        assert await ask("startIndex=4&limit=3") == [("Other", 2)]
        assert (await ask("sortBy=SortName&sortOrder=Descending"))[0] == ("A Show", 3)
        assert len(await ask("sortBy=DateCreated&limit=2")) == 2
        parent = await series_id(stage, "Other")
        assert await ask(f"parentId={parent}") == [("Other", 1), ("Other", 2)]
        folders = (await stage.ask("jellyfin", "/Library/VirtualFolders")).json()
        ids = {folder["Name"]: folder["ItemId"] for folder in folders}
        assert len(await ask(f"parentId={ids['Tv']}")) == 5
        assert await ask(f"parentId={ids['Anime']}") == []
        bulk = "/Items?recursive=true&includeItemTypes=Episode"
        missing = (await stage.ask("jellyfin", f"{bulk}&isMissing=true")).json()["Items"]
        assert [item["IndexNumber"] for item in missing] == [4]
        virtual = (await stage.ask("jellyfin", f"{bulk}&locationTypes=Virtual")).json()["Items"]
        assert [item["LocationType"] for item in virtual] == ["Virtual"]
        nothing = f"{bulk}&isMissing=true&excludeLocationTypes=Virtual"
        assert (await stage.ask("jellyfin", nothing)).json()["Items"] == []
        uncounted = await stage.ask("jellyfin", f"{base}&enableTotalRecordCount=false")
        assert uncounted.json()["TotalRecordCount"] == 0


async def test_seasons_and_episodes_of_one_season() -> None:
    scenario = Scenario.empty().add_series(
        SHOW,
        "A Show",
        {0: SeasonPlan(episodes=1, files=1), 1: SeasonPlan(episodes=2, files=2)},
    )
    async with play(scenario) as stage:
        series = await series_id(stage)
        path = f"/Shows/{series}/Seasons?fields=ProviderIds,RecursiveItemCount"
        seasons = (await stage.ask("jellyfin", path)).json()["Items"]
        assert [(item["Name"], item["IndexNumber"]) for item in seasons] == [
            ("Specials", 0),
            ("Season 1", 1),
        ]
        episodes = f"/Shows/{series}/Episodes"
        one = (await stage.ask("jellyfin", f"{episodes}?season=1")).json()["Items"]
        assert len(one) == 2
        same = await stage.ask("jellyfin", f"{episodes}?seasonId={seasons[1]['Id']}")
        assert same.json()["Items"] == one
        unknown = await stage.ask("jellyfin", "/Shows/0/Seasons")
        assert unknown.status_code == 404


async def test_the_scan_can_be_started_and_stopped_as_a_task() -> None:
    async with play(library()) as stage:
        tasks = (await stage.ask("jellyfin", "/ScheduledTasks")).json()
        (scan,) = [task for task in tasks if task["Key"] == "RefreshLibrary"]
        path = f"/ScheduledTasks/Running/{scan['Id']}"
        one: dict[str, Any] = {}
        for method, state in (("POST", "Running"), ("DELETE", "Idle")):
            assert (await stage.ask("jellyfin", path, method=method)).status_code == 204
            one = (await stage.ask("jellyfin", f"/ScheduledTasks/{scan['Id']}")).json()
            assert one["State"] == state
        assert one["LastExecutionResult"]["Status"] == "Cancelled"
        for method in ("POST", "DELETE"):
            unknown = await stage.ask("jellyfin", "/ScheduledTasks/Running/0", method=method)
            assert unknown.status_code == 404
        assert (await stage.ask("jellyfin", "/ScheduledTasks/0")).status_code == 404


async def test_a_series_may_be_reported_by_its_number_or_item() -> None:
    async with play(library(realtime_seconds=None)) as stage:
        item = await series_id(stage, "Other")
        stage.world.delete_series("tv", SHOW)
        stage.world.delete_files("tv", OTHER, [(1, 2)])
        stage.wait(5)
        by_number = f"/Library/Series/Updated?tvdbId={SHOW}"
        assert (await stage.ask("jellyfin", by_number, method="POST")).status_code == 204
        by_item = f"/Items/{item}/Refresh"
        assert (await stage.ask("jellyfin", by_item, method="POST")).status_code == 204
        stage.wait(61)
        assert await titles(stage) == {"Other"}
        path = f"/Shows/{item}/Episodes?isMissing=false"
        assert (await stage.ask("jellyfin", path)).json()["TotalRecordCount"] == 1
        url = stage.simulation.urls["jellyfin"] + "/Library/Media/Updated"
        bad = await stage.client.post(url, json={"Updates": "x"}, headers=JELLYFIN_KEY)
        assert bad.status_code == 400
        ping = await stage.ask("jellyfin", "/System/Ping", headers={})
        assert ping.json() == "Jellyfin Server"
        assert (await stage.ask("jellyfin", "/health", headers={})).text == "Healthy"
        assert "Jellyfin" in (await stage.ask("jellyfin", "/", headers={})).text


async def test_libraries_of_another_user_are_not_there() -> None:
    async with play(library(hidden_roots=("/tv",))) as stage:
        assert await titles(stage) == set()
        folders = (await stage.ask("jellyfin", "/Library/VirtualFolders")).json()
        assert [folder["Locations"] for folder in folders] == [["/anime"]]


GLOBAL = "/Items?recursive=true&includeItemTypes=Episode&isMissing=false&fields=Path"


@pytest.mark.parametrize(("version", "shown"), [("10.11.11", 0), ("12.0.0", 2)])
async def test_before_12_a_new_series_hides_its_children_until_the_next_scan(
    version: str, shown: int
) -> None:
    async def counts(stage: Stage, item: str) -> list[int]:
        found = []
        for path in (
            f"/Shows/{item}/Episodes?isMissing=false",
            f"/Shows/{item}/Seasons",
            f"/Items?recursive=true&includeItemTypes=Episode&isMissing=false&parentId={item}",
        ):
            answer = await stage.ask("jellyfin", path)
            assert answer.status_code == 200
            found.append(len(answer.json()["Items"]))
        return found

    async with play(library(version=version, realtime_seconds=None)) as stage:
        stage.wait(60)
        plan = SeriesPlan(tvdb_id=70_003, title="New", seasons={1: SeasonPlan(episodes=2, files=2)})
        stage.world.add_series("tv", plan)
        stage.world.jellyfin_scan()
        new = await series_id(stage, "New")
        assert await counts(stage, new) == [shown, min(shown, 1), shown]
        everything = (await stage.ask("jellyfin", GLOBAL)).json()["Items"]
        assert sum(item["SeriesId"] == new for item in everything) == 2
        assert await counts(stage, await series_id(stage)) == [3, 1, 3]
        stage.world.jellyfin_scan()
        assert await counts(stage, new) == [2, 1, 2]


@pytest.mark.parametrize(("version", "saved"), [("10.11.11", 5), ("12.0.0", 0)])
async def test_before_12_a_scan_saves_everything_anew(version: str, saved: int) -> None:
    async with play(library(version=version, realtime_seconds=None)) as stage:
        stage.wait(60)
        since = stage.now.isoformat().replace("+00:00", "Z")
        stage.wait(60)
        stage.world.jellyfin_scan()
        count = await stage.ask("jellyfin", f"{GLOBAL}&minDateLastSaved={since}&limit=0")
        assert (count.json()["Items"], count.json()["TotalRecordCount"]) == ([], saved)


@pytest.mark.parametrize("is_missing", [True, False])
async def test_of_an_empty_or_missing_folder_everything_stays_listed(is_missing: bool) -> None:
    async with play(library(realtime_seconds=None)) as stage:
        for number in (SHOW, OTHER):
            stage.world.delete_series("tv", number)
        stage.wait(5)
        if is_missing:
            stage.world.set_mount("/tv", "unmounted")
        stage.world.jellyfin_scan()
        assert await titles(stage) == {"A Show", "Other"}
        assert stage.world.jellyfin is not None
        assert stage.world.jellyfin.last_scan is not None
        assert stage.world.jellyfin.last_scan.status == "Completed"


async def test_while_it_starts_some_paths_answer_as_if_it_were_ready() -> None:
    async def statuses(stage: Stage) -> list[int]:
        paths = ("/System/Info", SERIES, "/Library/VirtualFolders", "/health")
        return [(await stage.ask("jellyfin", path)).status_code for path in paths]

    async with play(library()) as stage:
        stage.world.restart_jellyfin()
        assert await statuses(stage) == [503, 503, 503, 200]
        refused = await stage.ask("jellyfin", "/System/Info")
        assert refused.headers["Retry-After"] == "5"
        public = await stage.ask("jellyfin", "/System/Info/Public")
        assert public.status_code == 200
        assert "startupWizardCompleted" in public.json()
        stage.wait(9)
        assert await statuses(stage) == [503, 503, 401, 200]
        stage.wait(4)
        assert await statuses(stage) == [200, 200, 200, 200]
        public = await stage.ask("jellyfin", "/System/Info/Public")
        assert public.json()["StartupWizardCompleted"] is True
