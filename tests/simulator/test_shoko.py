"""The simulated Shoko answers as 4.2, 5.3 and 6 do."""

import pytest

from episodarr.simulator import Scenario, SeasonPlan
from episodarr.simulator.state.shoko import ShokoOptions
from tests.simulator.drive import Stage, play

SHOW = 70_001
API = "/api/v3"


def library(version: str = "5.3.3", **options: object) -> Scenario:
    scenario = Scenario.empty()
    scenario.shoko = ShokoOptions(version=version, **options)  # type: ignore[arg-type]
    scenario.add_series(
        SHOW,
        "Drawn",
        {1: SeasonPlan(episodes=3, files=3), 2: SeasonPlan(episodes=3, files=1)},
        series_type="anime",
        root="/anime",
    )
    return scenario.add_series(70_002, "Acted", {1: SeasonPlan(episodes=2, files=2)}, root="/tv")


async def accessible(stage: Stage, shoko_id: int = 1) -> list[bool]:
    answer = await stage.ask("shoko", f"{API}/Series/{shoko_id}/File?pageSize=0")
    assert answer.status_code == 200
    body = answer.json()
    rows = body["List"] if isinstance(body, dict) else body
    return [row["Locations"][0]["IsAccessible"] for row in rows]


async def test_every_season_is_a_series_of_its_own_and_other_roots_are_not_imported() -> None:
    async with play(library()) as stage:
        body = (await stage.ask("shoko", f"{API}/Series?pageSize=0")).json()
        assert body["Total"] == 2
        assert {tuple(row["IDs"]["TvDB"]) for row in body["List"]} == {(SHOW,)}
        assert [row["Sizes"]["Local"]["Episodes"] for row in body["List"]] == [3, 1]
        (show,) = {row["IDs"]["TMDB"]["Show"][0] for row in body["List"]}
        path = f"{API}/TMDB/Show/{show}/Shoko/Series"
        assert len((await stage.ask("shoko", path)).json()) == 2
        assert (await stage.ask("shoko", f"{API}/TMDB/Show/1/Shoko/Series")).status_code == 404


@pytest.mark.parametrize(
    ("version", "folder", "queue", "tvdb"),
    [("4.2.2", 200, 404, 200), ("5.3.3", 200, 200, 404), ("6.0.0", 404, 200, 404)],
)
async def test_routes_differ_by_version(version: str, folder: int, queue: int, tvdb: int) -> None:
    async with play(library(version)) as stage:
        for path, status in (
            (f"{API}/ImportFolder", folder),
            (f"{API}/ManagedFolder", 200 if folder == 404 else 404),
            (f"{API}/Queue", queue),
            (f"{API}/Dashboard/QueueSummary", 200 if queue == 404 else 404),
            (f"{API}/Series/TvDB/{SHOW}/Series", tvdb),
            (f"{API}/series/1", 200),
        ):
            assert ((await stage.ask("shoko", path)).status_code, path) == (status, path)
        answer = (
            await stage.ask("shoko", f"{API}/Series/1/File?include=XRefs,AbsolutePaths")
        ).json()
        (first, *_) = answer if version.startswith("4") else answer["List"]
        (location,) = first["Locations"]
        key = "ManagedFolderID" if version.startswith("6") else "ImportFolderID"
        assert location[key] == 1
        assert location["RelativePath"].startswith("/") == version.startswith("4")
        assert ("AbsolutePath" in location) == (not version.startswith("4"))
        assert isinstance(first["Hashes"], list) == version.startswith("6")


async def test_login_needs_all_three_words_and_gives_the_same_key() -> None:
    async with play(library()) as stage:
        url = stage.simulation.urls["shoko"] + "/api/auth"
        good = {"user": "Default", "pass": "", "device": "tests"}
        for _ in range(2):
            answer = await stage.client.post(url, json=good)
            assert answer.json() == {"apikey": "demo-shoko-key"}
        lacking = await stage.client.post(url, json={"user": "Default", "pass": ""})
        assert lacking.status_code == 400
        wrong = await stage.client.post(url, json={**good, "pass": "x"})
        assert wrong.status_code == 401
        assert (await stage.ask("shoko", f"{API}/Series", headers={})).status_code == 401
        assert (await stage.ask("shoko", f"{API}/Init/Status", headers={})).status_code == 200


async def test_a_page_that_is_too_large_is_invalid() -> None:
    async with play(library()) as stage:
        assert (await stage.ask("shoko", f"{API}/Series?pageSize=101")).status_code == 400
        assert (await stage.ask("shoko", f"{API}/Series?pageSize=100")).status_code == 200


async def test_missing_files_stay_recorded_until_removal_is_asked_for() -> None:
    async with play(library(remove_seconds=0.01)) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(3600)
        assert await accessible(stage) == [False] * 3
        done = await stage.ask("shoko", f"{API}/Action/RemoveMissingFiles/false")
        assert done.status_code == 200
        assert await accessible(stage) == []
        series = (await stage.ask("shoko", f"{API}/Series/1")).json()
        assert series["Sizes"]["Local"]["Episodes"] == 0
        without = (await stage.ask("shoko", f"{API}/Series/WithoutFiles?pageSize=0")).json()
        assert [row["IDs"]["ID"] for row in without["List"]] == [1, 2]
        assert stage.world.shoko is not None
        assert stage.world.shoko.mylist_removals == 0
        types = (await stage.ask("shoko", f"{API}/Queue/Types")).json()
        assert types == {"Refresh Anime Stats": 4}
        stage.wait(6)
        queue = (await stage.ask("shoko", f"{API}/Queue")).json()
        assert (queue["TotalCount"], queue["CurrentlyExecuting"]) == (0, [])


async def test_removal_without_a_word_in_the_path_clears_mylist_too() -> None:
    async with play(library(remove_seconds=0.01)) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        await stage.ask("shoko", f"{API}/Action/RemoveMissingFiles")
        assert stage.world.shoko is not None
        assert stage.world.shoko.mylist_removals == 4
        types = (await stage.ask("shoko", f"{API}/Queue/Types")).json()
        assert types["Delete File From MyList"] == 4


async def test_version_4_removes_in_the_background_and_ignores_the_wish_about_mylist() -> None:
    async with play(library("4.2.2")) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        for _ in range(2):
            await stage.ask("shoko", f"{API}/Action/RemoveMissingFiles/false")
        assert await accessible(stage) == [False] * 3
        stage.wait(2)
        assert await accessible(stage) == []
        assert stage.world.shoko is not None
        assert (stage.world.shoko.removal_runs, stage.world.shoko.mylist_removals) == (1, 4)


async def test_an_unmounted_folder_loses_all_its_records() -> None:
    async with play(library(remove_seconds=0.01)) as stage:
        stage.world.set_mount("/anime", "unmounted")
        assert await accessible(stage) == [False] * 3
        await stage.ask("shoko", f"{API}/Action/RemoveMissingFiles/false")
        stage.world.set_mount("/anime", "mounted")
        assert await accessible(stage) == []


async def test_version_6_drops_only_what_was_named() -> None:
    async with play(library("6.0.0")) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        url = stage.simulation.urls["shoko"] + f"{API}/ManagedFolder/NotifyChangeDetected"
        key = {"apikey": "demo-shoko-key"}
        body = {"Path": "/anime/Drawn/Season 02", "UpdateMyList": False}
        assert (await stage.client.post(url, json=body, headers=key)).status_code == 204
        assert (await accessible(stage, 1), await accessible(stage, 2)) == ([False] * 3, [])


async def test_a_new_file_is_unrecognized_until_anidb_answers() -> None:
    async with play(library()) as stage:
        stage.world.shoko_pause()
        download = stage.world.grab("tv", SHOW, [(2, 2)], automatic=False)
        stage.world.finish_download("tv", download)
        stage.world.import_download("tv", download)
        unmatched = f"{API}/File?include_only=Unrecognized&include=XRefs"
        assert (await stage.ask("shoko", unmatched)).json()["Total"] == 0
        stage.wait(30)
        (row,) = (await stage.ask("shoko", unmatched)).json()["List"]
        assert (row["SeriesIDs"], row["Imported"]) == ([], None)
        assert stage.world.shoko_match() == 1
        assert await accessible(stage, 2) == [True, True]
        path = (
            f"{API}/File/PathEndsWith?include=XRefs&path=Drawn - S02E02 - Episode 2 WEBDL-1080p.mkv"
        )
        (found,) = (await stage.ask("shoko", path)).json()
        (reference,) = found["SeriesIDs"]
        assert reference["SeriesID"]["ID"] == 2


async def test_series_are_found_by_the_immediate_folder_only() -> None:
    async with play(library()) as stage:
        found = (await stage.ask("shoko", f"{API}/Series/PathEndsWith/Drawn/Season 01")).json()
        assert [row["IDs"]["ID"] for row in found] == [1]
        assert (await stage.ask("shoko", f"{API}/Series/PathEndsWith/Drawn")).json() == []


async def test_episodes_without_files_are_listed_only_when_asked() -> None:
    async with play(library()) as stage:
        path = f"{API}/Series/2/Episode?pageSize=0"
        assert (await stage.ask("shoko", path)).json()["Total"] == 1
        assert (await stage.ask("shoko", f"{path}&includeMissing=true")).json()["Total"] == 3
        only = (await stage.ask("shoko", f"{path}&includeMissing=only&includeFiles=true")).json()
        assert [row["Files"] for row in only["List"]] == [[], []]


async def test_files_are_found_by_number_folder_and_pattern() -> None:
    async with play(library()) as stage:

        async def total(path: str) -> int:
            answer = await stage.ask("shoko", f"{API}{path}")
            assert answer.status_code == 200
            body = answer.json()
            return int(body["Total"]) if isinstance(body, dict) else len(body)

        assert await total("/ImportFolder/1/File?folderPath=Drawn&pageSize=0") == 4
        assert await total("/ImportFolder/1/File?folderPath=Drawn/Season 02") == 1
        assert await total("/File/PathRegex/Drawn.*S01E0%5B12%5D") == 2
        assert await total("/File?pageSize=0") == 4
        assert await total("/File/Unrecognized") == 0
        (location,) = (
            await stage.ask("shoko", f"{API}/File/2/Location?includeAbsolutePaths=true")
        ).json()
        assert location["AbsolutePath"].startswith("/anime/Drawn/")
        assert (await stage.ask("shoko", f"{API}/File/2")).json()["ID"] == 2
        anidb = (await stage.ask("shoko", f"{API}/Series/1")).json()["IDs"]["AniDB"]
        found = (await stage.ask("shoko", f"{API}/Series/AniDB/{anidb}/Series")).json()
        assert found["IDs"]["ID"] == 1
        for path, status in (
            ("/File/99", 404),
            ("/File/99/Location", 404),
            ("/ImportFolder/9/File", 404),
            ("/ImportFolder/9/Scan", 404),
            ("/Series/99", 404),
            ("/Series/99/File", 404),
            ("/Series/99/Episode", 404),
            ("/Series/AniDB/1/Series", 404),
            ("/File/PathRegex/(", 400),
            ("/Nothing", 404),
        ):
            assert ((await stage.ask("shoko", API + path)).status_code, path) == (status, path)


async def test_a_scan_takes_in_what_the_watcher_missed() -> None:
    async with play(library()) as stage:
        assert stage.world.shoko is not None
        stage.world.watchers.clear()
        stage.world.upgrade("tv", SHOW, [(2, 2)])
        stage.wait(30)
        assert len(stage.world.shoko.files) == 4
        assert (await stage.ask("shoko", f"{API}/ImportFolder/1/Scan")).status_code == 200
        queue = (await stage.ask("shoko", f"{API}/Queue")).json()
        assert [job["Type"] for job in queue["CurrentlyExecuting"]] == ["Hash File"]
        stage.wait(30)
        assert len(stage.world.shoko.files) == 5


async def test_version_4_has_its_own_queues() -> None:
    async with play(library("4.2.2")) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        assert stage.world.remove_missing_files(from_mylist=True) == 4
        summary = (await stage.ask("shoko", f"{API}/Dashboard/QueueSummary")).json()
        assert summary["AniDB_DeleteFileUDP"] == 4
        old = (await stage.ask("shoko", "/api/queue/get")).json()
        assert old["general"]["count"] == 8
        folder = (await stage.ask("shoko", f"{API}/ImportFolder")).json()
        assert [(row["ID"], row["Path"]) for row in folder] == [(1, "/anime/")]


async def test_version_6_takes_a_bearer_and_folders_by_number() -> None:
    async with play(library("6.0.0")) as stage:
        bearer = {"Authorization": "Bearer demo-shoko-key"}
        assert (await stage.ask("shoko", f"{API}/Series", headers=bearer)).status_code == 200
        stage.world.delete_series("tv", SHOW)
        stage.wait(5)
        base = stage.simulation.urls["shoko"] + f"{API}/ManagedFolder"
        body = {"RelativePath": "Drawn/Season 01"}
        good = await stage.client.post(f"{base}/1/NotifyChangeDetected", json=body, headers=bearer)
        assert good.status_code == 204
        bad = await stage.client.post(f"{base}/9/NotifyChangeDetected", json=body, headers=bearer)
        assert bad.status_code == 404
        assert (await accessible(stage, 1), await accessible(stage, 2)) == ([], [False])
        version = await stage.ask("shoko", f"{API}/Init/Version", headers={})
        assert version.json()["Server"]["Version"] == "6.0.0"
        assert "Shoko" in (await stage.ask("shoko", "/", headers={})).text


async def test_somebody_may_clean_up_by_himself() -> None:
    async with play(library(cleanup_seconds=20)) as stage:
        stage.world.delete_series("tv", SHOW)
        stage.wait(10)
        assert await accessible(stage) == [False] * 3
        stage.wait(30)
        assert await accessible(stage) == []
