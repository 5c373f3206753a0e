"""The commands against a real server on a free port of this machine."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from episodarr.cli.running.show import COMMANDS
from episodarr.cli.terminal.draw import draw_deletions, draw_series, draw_status, row_lines
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import Snapshot
from episodarr.server.contract import ServerOptions
from episodarr.views.deletion_documents import deletion_summary
from episodarr.views.documents import series_document, series_list_head
from episodarr.views.tree import series_picture
from tests.builders import (
    NOW,
    a_deletion_view,
    a_download_view,
    a_partial_deletion_view,
    a_release_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    an_episode_view,
    an_upstream_health,
    spy_x_family,
)
from tests.processes import free_port
from tests.server.published import SECRET
from tests.server.served import Served

FIRST_PICTURE = """\
SPY x FAMILY                                Downloading
Overall: 12/24 episodes (50 %)              requested: seasons 1–2, 3 days ago
Season 1
  E01–E12  ✓ Available
Season 2
  E01      ↓ Downloading 45 %   [Group] SPY x FAMILY S02E01 1080p   ETA 12 min
  E02      ↓ Downloading 12 %   [Group] SPY x FAMILY S02E02 1080p   stalled: no seeds
  E03      ⌕ Searching
  E04–E12  ⏳ Queued
"""

SECOND_PICTURE = """\
Charlotte (2015)                            COMPLETE   d1
  Episodes     13/13 deleted
  Sonarr       ✓ series removed
  Disk         ✓ 13 files gone
  Shoko        ✓ series unlinked
  Jellyfin     ✓ 13 episodes removed
  Jellyseerr   ✓ request cleared
"""

BAD_PICTURE = """\
Mushishi (2005)                             PARTIAL   d2
Deleted 23/25 episodes, 2 failed: S02E11 (disk), S02E12 (disk, Jellyfin)
  Episodes     23/25 deleted
  Sonarr       ✓ series removed
  Disk         ✗ 23 gone, 2 still there
  Shoko        ✓ series unlinked
  Jellyfin     ✗ 24 gone, 1 still there
  Jellyseerr   ✓ request cleared
  → Delete the 2 files by hand: the disk refused because they are read-only.
"""


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Served]:
    server = Served(ServerOptions(secret=SECRET))
    yield server
    server.stop()


@pytest.fixture
def served(shared_server: Served) -> Served:
    spy = spy_x_family()
    shared_server.published.snapshot = a_snapshot(
        spy,
        a_series_view("Frieren", key=a_series_key(2)),
        requests=[a_request_view(series=spy)],
        deletions=[a_deletion_view(), a_partial_deletion_view()],
    )
    shared_server.actions.forget()
    return shared_server


def run(*arguments: str, url: str = "", environment: dict[str, str] | None = None) -> Result:
    group = click.Group(commands={command.name or "": command for command in COMMANDS})
    variables: dict[str, str | None] = {
        "EPISODARR_URL": url or None,
        "EPISODARR_WEB__SECRET": None,
        "EPISODARR_WEB__SECRET_FILE": None,
        "FORCE_COLOR": None,
        "NO_COLOR": None,
    }
    return CliRunner().invoke(group, arguments, env=variables | (environment or {}))


def test_status_draws_the_first_picture(served: Served) -> None:
    result = run("status", url=served.url)
    assert (result.stdout, result.stderr, result.exit_code) == (FIRST_PICTURE, "", 0)


@pytest.mark.parametrize("words", ["spy", "405920", "tv:405920", "spy-x-family"])
def test_status_draws_the_series_that_is_meant(served: Served, words: str) -> None:
    result = run("status", words, "--url", served.url)
    assert (result.stdout, result.exit_code) == (FIRST_PICTURE, 0)


def test_status_says_what_fails_and_who_waits_besides(served: Served) -> None:
    served.published.snapshot = a_snapshot(
        requests=[a_request_view(9, title="Dungeon Meshi", seasons=(1,))],
        upstreams=[
            an_upstream_health("main", System.QBITTORRENT, reason=FailureReason.UNREACHABLE)
        ],
    )
    assert run("status", url=served.url).stdout == (
        "✗ qBittorrent main fails: qBittorrent main cannot be reached: "
        "see whether it runs, and check its URL.\n"
        "\n"
        "Dungeon Meshi, season 1, requested 3 days ago, in no Sonarr yet\n"
        "\n"
        "Nothing is being searched, downloaded or imported; 0 series in the library.\n"
    )


def test_an_incomplete_cycle_is_shown_as_such(served: Served) -> None:
    served.published.snapshot = a_snapshot(is_complete=False)
    assert "first cycle is not complete yet" in run("status", url=served.url).stdout


def test_several_series_are_suggested(served: Served) -> None:
    served.published.snapshot = a_snapshot(
        *(a_series_view(f"The Office {n}", key=a_series_key(n)) for n in (1, 2))
    )
    result = run("status", "office", url=served.url)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "2 series match “office”." in result.stderr
    assert "tv:2 The Office 2 (2022)" in result.stderr


def test_an_unknown_series_is_shown_as_such(served: Served) -> None:
    result = run("status", "frierin", url=served.url)
    assert result.exit_code == 1
    assert "No series matches “frierin”.\nDid you mean:\n  tv:2 Frieren (2022)" in result.stderr


def test_json_is_the_apis_answer_in_ascii(served: Served) -> None:
    served.published.snapshot = a_snapshot(
        a_series_view("\x9b2J スパイ \u202e", key=a_series_key(3))
    )
    result = run("status", "tv:3", "--json", url=served.url)
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["series"]["title"] == "\x9b2J スパイ \u202e"
    listed = json.loads(run("status", "--json", url=served.url).stdout)
    assert listed["series_count"] == 1


def test_deletions_draw_the_second_picture_the_bad_one_first(served: Served) -> None:
    result = run("deletions", url=served.url)
    assert (result.stdout, result.exit_code) == (f"{BAD_PICTURE}\n{SECOND_PICTURE}", 0)


def test_one_deletion_is_drawn_with_its_evidence(served: Served) -> None:
    result = run("deletions", "d2", url=served.url)
    assert result.stdout.startswith(BAD_PICTURE + "Season 1\n  E01      ✓ deleted\n")
    assert "  E12      ✗ failed   Disk, Jellyfin\n" in result.stdout
    assert "Disk: remaining — not there; control seen (/media/anime/" in result.stdout
    deletion = json.loads(run("deletions", "d2", "--json", url=served.url).stdout)["deletion"]
    assert deletion["failed"] == 2


def test_without_deletions_that_is_shown(served: Served) -> None:
    served.published.snapshot = a_snapshot()
    assert run("deletions", url=served.url).stdout == "No deletions are known.\n"


def test_an_unknown_deletion_is_refused(served: Served) -> None:
    result = run("deletions", "nope", url=served.url)
    assert "There is no deletion with this id" in result.stderr
    for odd in ("nope", "../series", "..", "%2e%2e", "a?b#c"):
        result = run("deletions", odd, url=served.url)
        assert (result.exit_code, result.stdout) == (1, "")


def test_a_deletion_is_announced(served: Served, tmp_path: Path) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_text(SECRET + "\n")
    by_file = {"EPISODARR_WEB__SECRET_FILE": str(secret_file)}
    result = run("expect-deletion", "spy", url=served.url, environment=by_file)
    assert result.stdout == (
        "SPY x FAMILY\n"
        "1 episode with a file, 1.4 GiB\n"
        "  Disk         ✓ sees 1 of 1 files\n"
        "  Shoko        – does not know the series\n"
        "  → Keep the exporter running while you delete.\n"
        "Announced as d9; follow it with: episodarr deletions d9\n"
    )
    assert served.actions.expected == [("tv:405920", False)]


def test_a_dry_run_announces_nothing(served: Served) -> None:
    secret = {"EPISODARR_WEB__SECRET": SECRET}
    result = run("expect-deletion", "spy", "--dry-run", url=served.url, environment=secret)
    assert result.stdout.endswith("Nothing was announced: this was a dry run.\n")
    assert served.actions.expected == [("tv:405920", True)]
    shown = run("expect-deletion", "spy", "--dry-run", "--json", url=served.url, environment=secret)
    assert json.loads(shown.stdout)["is_dry_run"] is True


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("recheck", "Deletion d1 is being checked again.\n"),
        ("ack", "Deletion d1 is acknowledged.\n"),
    ],
)
def test_deletions_are_acted_on(served: Served, command: str, sentence: str) -> None:
    secret = {"EPISODARR_WEB__SECRET": SECRET}
    done = run(command, "d1", url=served.url, environment=secret)
    assert (done.stdout, done.exit_code) == (sentence, 0)
    unknown = run(command, "d8", url=served.url, environment=secret)
    assert (unknown.stdout, unknown.exit_code) == ("", 1)
    assert served.actions.acknowledged + served.actions.rechecked == ["d1", "d8"]


@pytest.mark.parametrize("secret", [None, "wrong", "ключ", "a\nb"])
def test_without_the_secret_nothing_is_done(served: Served, secret: str | None) -> None:
    environment = {} if secret is None else {"EPISODARR_WEB__SECRET": secret}
    result = run("ack", "d1", url=served.url, environment=environment)
    assert result.exit_code == 1
    assert result.stderr.strip().endswith(".")
    assert "EPISODARR_WEB__SECRET" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert served.actions.did_nothing


def test_an_unreadable_secret_file_is_a_sentence(served: Served, tmp_path: Path) -> None:
    missing = {"EPISODARR_WEB__SECRET_FILE": str(tmp_path / "missing")}
    result = run("ack", "d1", url=served.url, environment=missing)
    assert result.exit_code == 1
    assert "EPISODARR_WEB__SECRET_FILE cannot be read" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["status"], ["status", "spy"], ["status", "--watch"], ["deletions"]]
)
def test_an_exporter_that_is_not_there_is_a_sentence_with_a_remedy(arguments: list[str]) -> None:
    url = f"http://someone:hush@127.0.0.1:{free_port()}"
    result = run(*arguments, url=url)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "episodarr serve" in result.stderr
    assert "EPISODARR_URL" in result.stderr
    assert "hush" not in result.stderr


@pytest.mark.parametrize("url", ["ftp://nas:1", "http://", "http://[::1", "http://a:b:c"])
def test_an_odd_address_is_a_sentence(url: str) -> None:
    result = run("status", "--url", url)
    assert result.exit_code == 3
    assert "is no address" in result.stderr


def not_an_exporter(status: int, body: str) -> Starlette:
    async def answer(_: Request) -> Response:
        return Response(body, status, media_type="text/html")

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>Welcome to nginx</html>"),
        (200, "[]"),
        (200, '{"deletions": 5, "at": "x"}'),
        (404, "<html>not found</html>"),
        (502, ""),
        (302, '{"x": 1}'),
    ],
)
def test_something_else_at_the_address_is_shown_as_such(status: int, body: str) -> None:
    server = Served(ServerOptions(), not_an_exporter(status, body))
    try:
        result = run("deletions", url=server.url)
    finally:
        server.stop()
    assert (result.exit_code, result.stdout) == (3, "")
    assert "is not Episodarr, or one of another version" in result.stderr


def test_a_locked_exporter_says_how_to_give_the_password() -> None:
    server = Served(ServerOptions(username="reader", password="made-up"))
    try:
        result = run("status", url=server.url)
        assert result.exit_code == 3
        assert "user:password@" in result.stderr
        address = server.url.replace("http://", "http://reader:made-up@")
        assert run("status", url=address).exit_code == 0
    finally:
        server.stop()


def test_wrong_usage_is_two_and_help_names_the_exit_codes() -> None:
    assert run("status", "--nonsense").exit_code == 2
    for command in COMMANDS:
        shown = run(command.name or "", "--help")
        assert shown.exit_code == 0
        assert "3  the exporter cannot be reached" in shown.stdout


def half_done(ratio: float) -> Snapshot:
    episodes = [
        an_episode_view(1, 1),
        an_episode_view(1, 2, Stage.DOWNLOADING, progress_ratio=ratio),
    ]
    return a_snapshot(a_series_view(episodes=episodes))


def test_watching_in_a_pipe_prints_each_change_once(served: Served) -> None:
    served.published.rounds = [half_done(0.5), half_done(0.75), half_done(0.75)]
    result = run("status", "--watch", "--every", "0.05", "--rounds", "4", url=served.url)
    assert result.stdout.splitlines() == [
        "SPY x FAMILY: Downloading, Overall: 1/2 episodes (50 %)",
        "SPY x FAMILY S01E01   ✓ Available",
        "SPY x FAMILY S01E02   ↓ Downloading 50 %",
        "SPY x FAMILY S01E02   ↓ Downloading 75 %",
    ]


def test_watching_as_json_prints_a_document_a_line(served: Served) -> None:
    options = ("--watch", "--every", "0.05", "--rounds", "2", "--json")
    result = run("status", "spy", *options, url=served.url)
    assert [json.loads(line)["series"]["id"] for line in result.stdout.splitlines()] == [
        "tv:405920",
        "tv:405920",
    ]


TERMINAL = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "90"}
COLORS = re.compile(r"\x1b\[[0-9;]*(3|9)[0-7][0-9;]*m")


def test_a_terminal_has_colors_unless_they_are_not_wanted(served: Served) -> None:
    colored = run("status", url=served.url, environment=TERMINAL).stdout
    assert COLORS.search(colored)
    gray = run("status", url=served.url, environment=TERMINAL | {"NO_COLOR": "1"}).stdout
    assert not COLORS.search(gray)
    assert re.sub(r"\x1b\[[0-9;]*m", "", gray) == FIRST_PICTURE
    assert "\x1b" not in run("status", url=served.url).stdout


def test_watching_on_a_terminal_draws_over_the_last_picture(served: Served) -> None:
    served.published.rounds = [half_done(0.5), half_done(0.75)]
    options = ("--watch", "--every", "0.05", "--rounds", "2")
    drawn = run("status", *options, url=served.url, environment=TERMINAL).stdout
    shown, _, left = drawn.partition("\x1b[?1049l")
    first = shown.index("Downloading 50 %")
    assert "\x1b[H" in shown[first : shown.index("Downloading 75 %", first)]
    # What was shown last stays when the alternate screen is left.
    assert left.count("Downloading 75 %") == 1
    assert "Ctrl-C" not in left


def test_an_exporter_that_restarts_while_watched_is_waited_for(served: Served) -> None:
    served.published.rounds = [half_done(0.5), half_done(0.5)]
    served.published.breaks_after_reads = 2
    result = run("status", "--watch", "--every", "0.05", "--rounds", "3", url=served.url)
    assert result.exit_code == 0
    assert "SPY x FAMILY S01E02   ↓ Downloading 50 %" in result.stdout
    assert "Trying again." in result.stderr


def test_a_terminal_is_never_overrun_and_a_pipe_is_never_cut() -> None:
    long = "[Group] A very long release name of a season pack " + "x" * 120
    view = a_series_view(
        episodes=[
            an_episode_view(
                1, n, Stage.DOWNLOADING, progress_ratio=0.5, release=a_release_view(long)
            )
            for n in (1, 2)
        ]
    )
    document = series_document(view, [], [])
    narrow = [line.plain for line in draw_series(document, NOW, 80)]
    assert max(cell_len(line) for line in narrow) <= 80
    assert "…" in narrow[3]
    assert "″" in narrow[4]
    piped = [line.plain for line in draw_series(document, NOW, None)]
    assert [line.count(long) for line in piped[3:]] == [1, 1]


def test_what_to_do_and_what_else_is_known_are_distinguished() -> None:
    deletion = deletion_summary(a_deletion_view(advice=["Scan it."], notes=["Shoko: 2 records."]))
    lines = [line.plain for line in draw_deletions([deletion], NOW, 100)]
    assert lines[-2:] == ["  → Scan it.", "  · Shoko: 2 records."]


def test_long_advice_goes_on_under_its_first_word() -> None:
    advice = (
        "Shoko still lists it: 消えた run its action and wait until it is over, then look again."
    )
    deletion = deletion_summary(a_deletion_view(advice=[advice]))
    drawn = [line.plain for line in draw_deletions([deletion], NOW, 40)]
    start = next(number for number, line in enumerate(drawn) if line.startswith("  → Shoko"))
    first, *others = drawn[start:]
    assert len(others) > 1
    assert all(line.startswith("    ") and line[4] != " " for line in others)
    assert max(cell_len(line) for line in drawn[start:]) <= 40
    assert " ".join([first.removeprefix("  → "), *(line.strip() for line in others)]) == advice
    assert f"  → {advice}" in [line.plain for line in draw_deletions([deletion], NOW, None)]


def test_a_blocked_download_that_no_episode_waits_for_is_in_the_status() -> None:
    series = spy_x_family()
    blocked = {"hold": Hold.IMPORT_BLOCKED, "is_awaited": False}
    downloads = [
        a_download_view(None, release="Strange\x1b[2J 06", messages=("Title mismatch",), **blocked),
        a_download_view(series, release="Again", messages=(), **blocked),
    ]
    head = series_list_head(a_snapshot(series, downloads=downloads))
    lines = [line.plain for line in draw_status(head, [], [], NOW, None)]
    assert "Strange[2J 06 (of no known series): import blocked: Sonarr needs a hand" in lines
    assert "   Title mismatch" in lines
    assert "Again (SPY x FAMILY): import blocked: Sonarr needs a hand" in lines


def test_old_snapshots_are_shown_as_old() -> None:
    head = series_list_head(a_snapshot(at=NOW))
    later = NOW.replace(minute=10)
    assert draw_status(head, [], [], later, None)[0].plain == (
        "As of 10 min ago: no newer cycle was good."
    )


_HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["\x1b[2J", "\x9b31m", "\x1b]0;t\x07", "\u202eevil", "[red]x[/red]", "\r\n", "[/]"]
    ),
)


@given(title=_HOSTILE, release=_HOSTILE, message=_HOSTILE)
def test_hostile_text_never_reaches_the_terminal(title: str, release: str, message: str) -> None:
    view = a_series_view(
        title,
        [
            an_episode_view(
                1,
                1,
                Stage.DOWNLOADING,
                hold=Hold.STALLED,
                release=a_release_view(release),
                messages=[message],
            )
        ],
    )
    document = series_document(view, [a_request_view(series=view, requested_by=title)], [])
    deletion = deletion_summary(a_deletion_view(title=title, advice=[message], notes=[release]))
    lines = draw_series(document, NOW, 100) + draw_deletions([deletion], NOW, 40)
    lines += draw_deletions([deletion], NOW, None)
    texts = [line.plain for line in lines] + list(row_lines(series_picture(document, NOW)).values())
    for text in texts:
        categories = {
            unicodedata.category(letter) for letter in text if letter not in "\u200c\u200d"
        }
        assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
