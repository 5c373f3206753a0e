import gzip
import json
from typing import override

import httpx
import pytest

from episodarr.metrics.rendering.bodies import Body
from episodarr.server.contract import ServerOptions
from episodarr.server.replies import takes_gzip
from episodarr.views.shapes import SeriesListDocument
from tests.builders import (
    a_deletion_view,
    a_download_view,
    a_partial_deletion_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    spy_x_family,
)
from tests.replacing import replace
from tests.server.published import TEXT_TYPE, FakePublishedState, an_app, ask


def test_the_library_is_listed_with_what_is_under_way_marked() -> None:
    quiet = a_series_view("Quiet", key=a_series_key(1))
    answer = ask(an_app(a_snapshot(spy_x_family(), quiet)), "/api/v1/series")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    listed = answer.json()
    assert listed["at"] == "2026-01-31T18:00:00Z"
    assert listed["series_count"] == 2
    assert {one["title"]: one["is_under_way"] for one in listed["series"]} == {
        "SPY x FAMILY": True,
        "Quiet": False,
    }
    assert listed["upstreams"][0]["name"] == "tv"


def test_what_is_under_way_can_be_had_whole_in_one_answer() -> None:
    quiet = a_series_view("Quiet", key=a_series_key(1))
    spy = spy_x_family()
    app = an_app(a_snapshot(spy, quiet, requests=[a_request_view(series=spy)]))
    listed = ask(app, "/api/v1/series?under_way=1").json()
    assert [one["title"] for one in listed["series"]] == ["SPY x FAMILY"]
    assert len(listed["series"][0]["seasons"][1]["episodes"]) == 12
    assert [one["request_id"] for one in listed["series"][0]["requests"]] == [12]
    assert listed["series_count"] == 2


def test_a_list_follows_the_snapshot_although_it_is_kept_in_pieces() -> None:
    published = FakePublishedState(a_snapshot(spy_x_family()))
    app = an_app(published=published)
    assert [s["title"] for s in ask(app, "/api/v1/series").json()["series"]] == ["SPY x FAMILY"]
    renamed = replace(spy_x_family(), title="Renamed")
    published.snapshot = a_snapshot(renamed, a_series_view("New", key=a_series_key(2)))
    listed = ask(app, "/api/v1/series").json()["series"]
    assert [one["title"] for one in listed] == ["Renamed", "New"]
    published.snapshot = a_snapshot(
        renamed, requests=[a_request_view(series=renamed, is_finished=False)]
    )
    assert [one["title"] for one in ask(app, "/api/v1/series").json()["series"]] == ["Renamed"]


def test_a_series_that_is_only_waited_for_becomes_under_way_in_the_kept_pieces() -> None:
    view = a_series_view()
    published = FakePublishedState(a_snapshot(view))
    app = an_app(published=published)
    assert not ask(app, "/api/v1/series").json()["series"][0]["is_under_way"]
    published.snapshot = a_snapshot(view, requests=[a_request_view(series=view)])
    assert ask(app, "/api/v1/series").json()["series"][0]["is_under_way"]


def test_one_series_has_its_downloads_and_requests() -> None:
    spy = spy_x_family()
    snapshot = a_snapshot(
        spy, downloads=[a_download_view(spy)], requests=[a_request_view(series=spy)]
    )
    series = ask(an_app(snapshot), "/api/v1/series/tv:405920").json()["series"]
    assert series["id"] == "tv:405920"
    assert [one["release"] for one in series["downloads"]] == ["[Group] SPY x FAMILY S02E01 1080p"]
    assert [one["seasons"] for one in series["requests"]] == [[1, 2]]


def test_requests_and_deletions_are_listed_and_opened() -> None:
    snapshot = a_snapshot(
        requests=[a_request_view()], deletions=[a_deletion_view(), a_partial_deletion_view()]
    )
    app = an_app(snapshot)
    assert len(ask(app, "/api/v1/requests").json()["requests"]) == 1
    listed = ask(app, "/api/v1/deletions").json()["deletions"]
    assert [one["id"] for one in listed] == ["d2", "d1"]
    assert "episodes" not in listed[0]
    deletion = ask(app, "/api/v1/deletions/d2").json()["deletion"]
    assert deletion["failed"] == 2
    assert len(deletion["episodes"]) == 25


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/series/tv:1", 404),
        ("GET", "/api/v1/deletions/none", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/page.html", 404),
        ("POST", "/api/v1/series", 405),
        ("DELETE", "/api/v1/deletions", 405),
        ("GET", "/webhooks/sonarr/tv", 405),
        ("GET", "/api/v1/deletions/d1/ack", 405),
        ("POST", "/metrics", 405),
    ],
)
def test_refusals_are_json_with_a_sentence(method: str, path: str, status: int) -> None:
    answer = ask(an_app(), path, method)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert (status == 405) is ("allow" in answer.headers)


def test_metrics_are_the_published_bytes_untouched() -> None:
    published = FakePublishedState()
    published.encoding = "gzip"
    published.metrics_body = gzip.compress(b"episodarr_cycles_total 1\n")
    answer = ask(
        an_app(published=published),
        "/metrics",
        headers={"Accept": "application/openmetrics-text", "Accept-Encoding": "gzip"},
    )
    assert answer.headers["content-type"] == TEXT_TYPE
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert answer.text == "episodarr_cycles_total 1\n"
    assert published.accepts == [("application/openmetrics-text", "gzip")]


@pytest.mark.parametrize("lines", [0, 1, 150_000])
def test_metrics_of_any_size_are_whole(lines: int) -> None:
    published = FakePublishedState()
    published.metrics_body = b"episodarr_cycles_total 1\n" * lines
    answer = ask(an_app(published=published), "/metrics")
    assert answer.headers["content-length"] == str(len(published.metrics_body))
    assert answer.content == published.metrics_body


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/-/healthy", "/api/v1/series", "/static/app.js"]
)
def test_head_has_the_headers_of_get_and_no_body(path: str) -> None:
    app = an_app()
    plain = {"Accept-Encoding": "identity"}
    got = ask(app, path, headers=plain)
    head = ask(app, path, "HEAD", headers=plain)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))
    assert head.headers["content-type"] == got.headers["content-type"]


def test_ready_only_after_the_first_good_cycle() -> None:
    published = FakePublishedState()
    app = an_app(published=published)
    assert ask(app, "/-/ready").status_code == 200
    published.is_ready = False
    assert ask(app, "/-/ready").status_code == 503


def test_healthy_says_what_is_wrong_nonetheless() -> None:
    published = FakePublishedState()
    published.health_lines = ("The disk is full: the log is not written.",)
    answer = ask(an_app(published=published), "/-/healthy")
    assert answer.status_code == 200
    assert answer.text == "Episodarr is healthy.\nThe disk is full: the log is not written.\n"


@pytest.mark.parametrize("path", ["/", "/api/v1/series", "/metrics", "/nothing", "/static/app.js"])
def test_every_answer_carries_the_security_headers(path: str) -> None:
    headers = ask(an_app(), path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_large_answers_are_compressed_for_those_who_take_it() -> None:
    app = an_app(a_snapshot(*(a_series_view(key=a_series_key(n)) for n in range(30))))
    packed = ask(app, "/api/v1/series", headers={"Accept-Encoding": "gzip"})
    plain = ask(app, "/api/v1/series", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br, *", True),
        ("identity", False),
    ],
)
def test_accept_encoding_is_read_right(header: str, taken: bool) -> None:
    assert takes_gzip(header) is taken


def test_a_bug_is_a_sentence_without_its_insides() -> None:
    class BrokenPublishedState(FakePublishedState):
        @override
        def metrics_response(
            self, accept: str, accept_encoding: str
        ) -> tuple[str, str | None, Body]:
            raise RuntimeError(f"the password is in here, {accept}, {accept_encoding}")

    answer = ask(an_app(published=BrokenPublishedState()), "/metrics", raises=False)
    assert answer.status_code == 500
    assert "password" not in answer.text
    assert answer.json()["error"].endswith(".")


def test_paths_that_are_no_text_do_not_break_an_answer() -> None:
    broken = a_series_view("bad \udcff name")
    listed = ask(an_app(a_snapshot(broken)), "/api/v1/series").json()
    assert listed["series"][0]["title"] == "bad ? name"
    assert ask(an_app(a_snapshot(broken)), "/?series=tv:405920").status_code == 200


BASIC = httpx.BasicAuth("reader", "made-up")
LOCKED = ServerOptions(username="reader", password="made-up")


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/series", "/static/app.js", "/nothing"])
def test_reading_needs_the_password_where_one_is_configured(path: str) -> None:
    app = an_app(options=LOCKED)
    refused = ask(app, path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert ask(app, path, headers={"Authorization": "Basic cmVhZGVyOndyb25n"}).status_code == 401
    assert ask(app, path, headers={"Authorization": "Basic ???"}).status_code == 401
    right = {"Authorization": "Basic cmVhZGVyOm1hZGUtdXA="}
    assert ask(app, path, headers=right).status_code in {200, 404}


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_probes_need_no_password(path: str) -> None:
    assert ask(an_app(options=LOCKED), path).status_code == 200


def test_options_keep_their_secrets_out_of_their_repr() -> None:
    shown = repr(ServerOptions(secret="hush", username="me", password="hush"))
    assert "hush" not in shown


def test_the_list_is_what_its_type_says() -> None:
    answer = ask(an_app(a_snapshot(spy_x_family())), "/api/v1/series")
    assert set(json.loads(answer.content)) == set(SeriesListDocument.__struct_fields__)
