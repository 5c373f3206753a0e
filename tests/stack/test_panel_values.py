"""What the panels that matter show, for samples made to tell right from nearly right."""

from pathlib import Path

import pytest

from tests.stack.panel_answers import labels_of_first_row, shows
from tests.stack.shipped import panel_queries

UNKNOWN = -1


def _answers(system: str, **counts: int) -> dict[str, float]:
    every = ("removed", "remaining", "stale", "unknown", "not_applicable")
    return {
        f'episodarr_deletion_system_episodes{{deletion_id="d",series="A",system="{system}",check="{check}"}}':
        counts.get(check, 0)
        for check in every
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "failed", "code"),
    [
        ({"removed": 23, "remaining": 2}, 2, 4),
        ({"removed": 23, "remaining": 2}, 0, 5),
        ({"removed": 24, "unknown": 1}, 0, 3),
        ({"removed": 24, "unknown": 1}, 2, 3),
        ({"removed": 20, "stale": 5}, 0, 2),
        ({"removed": 25}, 0, 1),
        ({"removed": 25}, 2, 1),
        ({"not_applicable": 25}, 0, 0),
        ({"removed": 1, "not_applicable": 24}, 0, 1),
    ],
)
def test_a_system_shows_its_worst_answer(
    tmp_path: Path, counts: dict[str, int], failed: int, code: int
) -> None:
    given = _answers("disk", **counts)
    given['episodarr_deletion_failed_episodes{deletion_id="d",series="A"}'] = failed
    shows(tmp_path, "deletions/Every deletion/E", given, {'{deletion_id="d",series="A"}': code})


@pytest.mark.parametrize(
    ("check", "status", "code"),
    [
        ("remaining", "verifying", 5),
        ("remaining", "leftovers", 2),
        ("removed", "complete", 1),
        ("unknown", "unverified", 3),
        ("not_applicable", "complete", 0),
    ],
)
def test_a_request_is_a_record_and_never_a_failed_episode(
    tmp_path: Path, check: str, status: str, code: int
) -> None:
    key = 'deletion_id="d",series="A"'
    given = {
        f'episodarr_deletion_record{{{key},system="jellyseerr",check="{check}"}}': 1.0,
        f'episodarr_deletion_status{{{key},deletion_status="{status}"}}': 1.0,
    }
    shows(tmp_path, "deletions/Every deletion/H", given, {f"{{{key}}}": code})


def test_counts_are_a_fraction_that_people_read(tmp_path: Path) -> None:
    given = {
        'episodarr_deletion_deleted_episodes{deletion_id="d",series="A"}': 23.0,
        'episodarr_deletion_expected_episodes{deletion_id="d",series="A"}': 25.0,
        'episodarr_deletion_deleted_episodes{deletion_id="n",series="B"}': 0.0,
        'episodarr_deletion_expected_episodes{deletion_id="n",series="B"}': 25.0,
    }
    expected = {
        '{deletion_id="d",series="A",episodes="23/25"}': 1.0,
        '{deletion_id="n",series="B",episodes="0/25"}': 1.0,
    }
    shows(tmp_path, "deletions/Every deletion/B", given, expected)


SEERR = 'episodarr_upstream_up{upstream="jellyseerr",system="jellyseerr"}'
SEERR_ANSWERS = {SEERR: 1.0}
LAST_READ = "episodarr_upstream_last_success_timestamp_seconds"


def _seerr_of(exporter: str, at: float = 100) -> dict[str, float]:
    """When an exporter last read its Jellyseerr."""
    target = f'job="episodarr",instance="{exporter}"'
    return {f'{LAST_READ}{{upstream="jellyseerr",system="jellyseerr",{target}}}': at}


def _request(
    number: int,
    exporter: str = "e",
    *,
    tvdb_id: int = 1,
    series: str = "A",
    sonarr: str = "tv",
    status: str = "approved",
    counts: tuple[int, int] | None = None,
) -> dict[str, float]:
    """The samples of one request as one exporter has them; `counts` are available and tracked."""
    own = f'request_id="{number}",job="episodarr",instance="{exporter}"'
    place = f'sonarr="{sonarr}",tvdb_id="{tvdb_id}",series="{series}"'
    given: dict[str, float] = {
        f"episodarr_request_info{{{own},{place}}}": 1,
        f'episodarr_request_status{{{own},request_status="{status}"}}': 1,
        f"episodarr_request_created_timestamp_seconds{{{own}}}": 10 * number,
    }
    if counts is not None:
        given[f'episodarr_request_episodes{{{own},episode_stage="available"}}'] = counts[0]
        given[f"episodarr_request_tracked_episodes{{{own}}}"] = counts[1]
    return given


def _row(
    number: int, series: str = "A", sonarr: str = "tv", tvdb_id: int = 1, more: str = ""
) -> str:
    placed = f'sonarr="{sonarr}",' if sonarr else ""
    return f'{{request_id="{number}",{placed}tvdb_id="{tvdb_id}",series="{series}"{more}}}'


def test_a_request_is_counted_over_its_own_episodes(tmp_path: Path) -> None:
    done = _request(8, tvdb_id=2, series="Done", status="completed", counts=(3, 3))
    given = _seerr_of("e") | _request(7, counts=(12, 25)) | done
    shows(tmp_path, "overview/Requests/B", given, {_row(7, more=',episodes="12/25"'): 1.0})
    shows(tmp_path, "overview/Open requests/A", given | SEERR_ANSWERS, {"{}": 1})


def test_a_request_that_two_exporters_see_is_shown_by_the_one_whose_sonarr_has_it(
    tmp_path: Path,
) -> None:
    mine = _request(7, "e", counts=(12, 25))
    theirs = _request(7, "f", sonarr="", series="a in words", status="pending")
    given = mine | theirs | _seerr_of("e", 100) | _seerr_of("f", 160) | SEERR_ANSWERS
    status = ',request_status="approved"'
    shows(tmp_path, "overview/Requests/A", given, {_row(7, more=status): 1.0})
    shows(tmp_path, "overview/Requests/B", given, {_row(7, more=',episodes="12/25"'): 1.0})
    shows(tmp_path, "overview/Open requests/A", given, {"{}": 1})


def test_of_a_request_in_no_sonarr_the_freshest_answer_counts(tmp_path: Path) -> None:
    old, new = (
        _request(7, exporter, sonarr="", status=status)
        for exporter, status in (("e", "pending"), ("f", "approved"))
    )
    given = old | new | _seerr_of("e", 100) | _seerr_of("f", 160)
    row = _row(7, sonarr="", more=',request_status="approved"')
    shows(tmp_path, "overview/Requests/A", given, {row: 1.0})
    over = (
        old | _request(7, "f", sonarr="", status="declined") | _seerr_of("e") | _seerr_of("f", 160)
    )
    shows(tmp_path, "overview/Open requests/A", over | SEERR_ANSWERS, {"{}": 0})


def test_two_jellyseerrs_may_use_the_same_numbers(tmp_path: Path) -> None:
    given = _request(7, "e") | _request(7, "f", tvdb_id=2, series="B", sonarr="anime")
    given |= _seerr_of("e") | _seerr_of("f") | SEERR_ANSWERS
    status = ',request_status="approved"'
    expected = {_row(7, more=status): 1.0, _row(7, "B", "anime", 2, status): 1.0}
    shows(tmp_path, "overview/Requests/A", given, expected)
    shows(tmp_path, "overview/Open requests/A", given, {"{}": 2})


UNDER_WAY = (
    'episodarr_episode_stage{sonarr="tv",tvdb_id="1",series="A",season="1",episode="1",'
    'episode_code="S01E01",episode_stage="downloading"}'
)


def _sonarr(name: str) -> str:
    return f'episodarr_upstream_up{{upstream="{name}",system="sonarr"}}'


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({UNDER_WAY: 1, _sonarr("tv"): 1}, {"{}": 1}),
        ({UNDER_WAY: 1, _sonarr("tv"): 1, _sonarr("anime"): 0}, {"{}": 1}),
        ({UNDER_WAY: 1, _sonarr("tv"): 0}, {"{}": UNKNOWN}),
        ({_sonarr("tv"): 1, _sonarr("anime"): 1}, {"{}": 0}),
        ({_sonarr("tv"): 1, _sonarr("anime"): 0}, {"{}": UNKNOWN}),
        ({}, {"{}": UNKNOWN}),
    ],
    ids=["one", "of one Sonarr", "kept from before", "none", "one is silent", "nothing is known"],
)
def test_zero_under_way_is_only_shown_when_every_sonarr_answered(
    tmp_path: Path, given: dict[str, float], expected: dict[str, float]
) -> None:
    shows(tmp_path, "overview/Coming/A", given, expected)


def test_acknowledged_deletions_do_not_count_as_wrong(tmp_path: Path) -> None:
    given: dict[str, float] = {"episodarr_snapshot_timestamp_seconds": 100}
    for deletion, acknowledged in (("d", 0), ("e", 1)):
        key = f'deletion_id="{deletion}",series="A"'
        given[f'episodarr_deletion_status{{{key},deletion_status="partial"}}'] = 1
        given[f"episodarr_deletion_acknowledged{{{key}}}"] = acknowledged
    shows(tmp_path, "overview/Bad deletions/A", given, {"{}": 1})
    del given['episodarr_deletion_status{deletion_id="d",series="A",deletion_status="partial"}']
    shows(tmp_path, "overview/Bad deletions/A", given, {"{}": 0})


def test_only_what_is_acknowledged_says_so(tmp_path: Path) -> None:
    given = {
        'episodarr_deletion_acknowledged{deletion_id="d",series="A"}': 1.0,
        'episodarr_deletion_acknowledged{deletion_id="e",series="B"}': 0.0,
    }
    shows(tmp_path, "deletions/Every deletion/N", given, {'{deletion_id="d",series="A"}': 1.0})


def test_the_eta_of_a_pack_stands_at_each_of_its_episodes(tmp_path: Path) -> None:
    given: dict[str, float] = {'episodarr_download_eta_seconds{sonarr="tv",download_id="aa"}': 720}
    expected: dict[str, float] = {}
    for number in (1, 2):
        key = (
            f'sonarr="tv",tvdb_id="1",series="A",season="2",episode="{number}",'
            f'episode_code="S02E0{number}"'
        )
        given[f'episodarr_episode_release_info{{{key},release="r",download_id="aa"}}'] = 1
        given[f'episodarr_episode_stage{{{key},episode_stage="downloading"}}'] = 1
        given[f"episodarr_episode_progress_ratio{{{key}}}"] = 0.5
        expected[f"{{{key}}}"] = 720
    shows(tmp_path, "overview/Under way/C", given, expected)


def test_what_is_stuck_has_its_reason_and_failures_are_among_it(tmp_path: Path) -> None:
    key = 'sonarr="tv",tvdb_id="1",series="A",season="2"'
    one, two, three = (f'{key},episode="{n}",episode_code="S02E0{n}"' for n in (1, 2, 3))
    given: dict[str, float] = {
        f'episodarr_episode_hold{{{one},hold="no_seeds"}}': 1,
        f'episodarr_episode_stage{{{two},episode_stage="failed"}}': 1,
        f'episodarr_episode_hold{{{three},hold="jellyfin_scan"}}': 1,
    }
    expected: dict[str, float] = {
        f'{{{one},hold="no_seeds",what="A S02E01"}}': 1,
        f'{{{two},hold="download_failed",what="A S02E02"}}': 1,
    }
    shows(tmp_path, "overview/Stuck, and why/A", given, expected)


def test_a_stuck_download_that_no_episode_waits_for_is_named_by_its_release(tmp_path: Path) -> None:
    given: dict[str, float] = {}
    for download, series, tvdb_id in (("d1", "", ""), ("d2", "A", "1"), ("d3", "B", "2")):
        key = f'sonarr="tv",download_id="{download}"'
        given[f'episodarr_download_hold{{{key},hold="import_blocked"}}'] = 1
        given[
            f'episodarr_download_info{{{key},tvdb_id="{tvdb_id}",series="{series}",'
            f'release="r-{download}"}}'
        ] = 1
    waiting = 'sonarr="tv",tvdb_id="2",series="B",season="1",episode="1",episode_code="S01E01"'
    given[f'episodarr_episode_release_info{{{waiting},download_id="d3"}}'] = 1
    expected: dict[str, float] = {
        '{sonarr="tv",episode_code="r-d1",hold="import_blocked r-d1"}': 1,
        '{sonarr="tv",tvdb_id="1",series="A",episode_code="r-d2",hold="import_blocked",'
        'what="A r-d2"}': 1,
    }
    shows(tmp_path, "overview/Stuck, and why/A", given, expected)


def test_the_library_leaves_out_what_was_not_read_yet(tmp_path: Path) -> None:
    read, unread = 'sonarr="tv",tvdb_id="1",series="A"', 'sonarr="tv",tvdb_id="2",series="B"'
    given: dict[str, float] = {
        f'episodarr_series_episodes{{{read},episode_stage="available"}}': 12,
        f"episodarr_series_tracked_episodes{{{read}}}": 24,
        f'episodarr_series_episodes{{{unread},episode_stage="available"}}': 100,
    }
    shows(tmp_path, "overview/Library/A", given, {"{}": 0.5})


def test_the_stage_of_a_series_is_a_word_by_its_code(tmp_path: Path) -> None:
    series = 'sonarr="tv",tvdb_id="405920",series="A",episode_stage="searching"'
    shows(
        tmp_path, "series/Now/A", {f"episodarr_series_stage{{{series}}}": 1}, {'{sonarr="tv"}': 40}
    )


def test_what_an_outage_of_the_client_holds_is_one_row(tmp_path: Path) -> None:
    given: dict[str, float] = {_sonarr("tv"): 1}
    for number in range(1, 14):
        key = (
            f'sonarr="tv",tvdb_id="1",series="A",season="2",episode="{number}",'
            f'episode_code="S02E{number:02}"'
        )
        given[f'episodarr_episode_hold{{{key},hold="client_unavailable"}}'] = 1
    expected: dict[str, float] = {'{hold="client_unavailable 13 episodes"}': 1}
    shows(tmp_path, "overview/Stuck, and why/A", given, expected)
    shows(tmp_path, "overview/Stuck/A", given, {"{}": 1})


SNAPSHOT = "episodarr_snapshot_timestamp_seconds"
HELD = 'episodarr_deletion_status{deletion_id="d",series="A",deletion_status="held"}'
STAGE = 'episodarr_series_stage{sonarr="tv",tvdb_id="405920",series="A",episode_stage="available"}'
WATCHDOG = 'ALERTS{alertname="EpisodarrWatchdog",alertstate="firing"}'
EMPTY = [
    ("overview/Under way", "episode_stage", _sonarr("tv"), "✓ Nothing is under way"),
    ("overview/Stuck, and why", "hold", _sonarr("tv"), "✓ Nothing is stuck"),
    (
        "overview/Deletions to check",
        "deletion_status",
        SNAPSHOT,
        "✓ None to check",
    ),
    ("overview/Requests", "request_status", SEERR, "✓ None is open"),
    ("overview/Alerts", "about", WATCHDOG, "✓ No alert fires"),
    ("deletions/Every deletion", "deletion_status", SNAPSHOT, "✓ None lately"),
    ("deletions/Episodes that are still there", "episode_code", SNAPSHOT, "✓ None is left"),
    ("deletions/Records that are left", "system", SNAPSHOT, "✓ None is left"),
    ("series/Its downloads", "release", STAGE, "✓ None"),
    ("exporter/Left out, by family", "family", SNAPSHOT, "✓ Nothing is left out"),
]
"""Tables, the column that tells, a fact by which nothing is known to be nothing, and the words."""
SHOWN_OF_NOTHING = dict.fromkeys(
    (
        "overview/Alerts",
        "deletions/Episodes that are still there",
        "exporter/Left out, by family",
    ),
    UNKNOWN,
)
"""The tables that show the value beside the words, which must not read as a time or a count."""


@pytest.mark.parametrize(("table", "label", "known", "text"), EMPTY, ids=[e[0] for e in EMPTY])
def test_an_empty_table_says_whether_it_is_known_to_be_empty(
    tmp_path: Path, table: str, label: str, known: str, text: str
) -> None:
    shown = SHOWN_OF_NOTHING.get(table, 0)
    shows(tmp_path, f"{table}/A", {known: 1}, {f'{{{label}="{text}"}}': shown})
    # With nothing in Prometheus, and with the exporter down.
    (one,) = labels_of_first_row(tmp_path, f"{table}/A", {"up": 0})
    assert f'{label}="? ' in one


def test_where_deletions_are_held_nothing_is_known_to_be_gone(tmp_path: Path) -> None:
    for table, label in (
        ("Episodes that are still there", "episode_code"),
        ("Records that are left", "system"),
    ):
        shown = SHOWN_OF_NOTHING.get(f"deletions/{table}", 0)
        row = {f'{{{label}="? some are held"}}': float(shown)}
        shows(tmp_path, f"deletions/{table}/A", {SNAPSHOT: 1, HELD: 1}, row)


@pytest.mark.parametrize("given", [{}, {"up": 0.0}], ids=["nothing", "down"])
def test_no_number_reads_as_zero_where_nothing_is_known(
    tmp_path: Path, given: dict[str, float]
) -> None:
    numbers = [
        query.where.replace(f"{query.where.split('/')[1].split(' ')[0]} ", "", 1)
        for query in panel_queries()
        if "or on () vector(-1)" in query.expr
    ]
    assert len(numbers) > 15
    for where in numbers:
        shows(tmp_path, where, given, {"{}": UNKNOWN})


def test_a_system_that_is_down_says_so_for_how_long_and_others_that_they_answer(
    tmp_path: Path,
) -> None:
    up = "episodarr_upstream_up"
    given: dict[str, float] = {
        f'{up}{{upstream="jellyfin",system="jellyfin"}}': 0,
        'episodarr_upstream_last_success_timestamp_seconds{upstream="jellyfin",system="jellyfin"}': 60,
        f'{up}{{upstream="shoko",system="shoko"}}': 1,
        f'{up}{{upstream="jellyseerr",system="jellyseerr"}}': 0,
    }
    expected = {
        '{name="Jellyfin down",upstream="jellyfin",system="jellyfin"}': 120.0,
        '{name="Shoko",upstream="shoko",system="shoko"}': 0.0,
        '{name="Jellyseerr down",upstream="jellyseerr",system="jellyseerr"}': UNKNOWN,
    }
    shows(tmp_path, "overview/Library and requests/A", given, expected)


def test_a_system_that_one_of_two_exporters_cannot_reach_is_down(tmp_path: Path) -> None:
    of = 'upstream="jellyfin",system="jellyfin",job="episodarr"'
    given: dict[str, float] = {
        f'episodarr_upstream_up{{{of},instance="e"}}': 1,
        f'episodarr_upstream_up{{{of},instance="f"}}': 0,
        f'{LAST_READ}{{{of},instance="e"}}': 170,
        f'{LAST_READ}{{{of},instance="f"}}': 60,
    }
    name = 'name="Jellyfin down",upstream="jellyfin",system="jellyfin"'
    shows(tmp_path, "overview/Library and requests/A", given, {f"{{{name}}}": 120.0})
    row = '{name="Jellyfin",upstream="jellyfin",system="jellyfin"}'
    shows(tmp_path, "exporter/Systems in detail/A", given, {row: 0.0})


def test_what_two_exporters_leave_out_is_added_up(tmp_path: Path) -> None:
    of = 'family="episodarr_episode_stage",job="episodarr"'
    given: dict[str, float] = {
        f'episodarr_dropped_objects{{{of},instance="{exporter}"}}': count
        for exporter, count in (("e", 3), ("f", 4))
    }
    row = '{family="episodarr_episode_stage"}'
    shows(tmp_path, "exporter/Left out, by family/A", given, {row: 7.0})
    shows(tmp_path, "exporter/Left out/A", given, {"{}": 7.0})
