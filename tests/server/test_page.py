import json
import re
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.model.reading import FailureReason
from episodarr.model.stage import Hold, Stage
from episodarr.server.contract import ServerOptions
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
from tests.replacing import replace
from tests.server.published import SECRET, Clock, FakePublishedState, an_app, ask

VOID = {"meta", "link", "input", "br", "rect", "path"}


class Document(HTMLParser):
    """Elements, ids and text of a page; complains where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], self._open

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def a_document(html: str) -> Document:
    document = Document(html)
    ids = [attributes["id"] for _, attributes in document.tags if "id" in attributes]
    assert sorted(set(ids)) == sorted(ids)
    return document


def a_full_library() -> FakePublishedState:
    spy = spy_x_family()
    blocked = a_series_view(
        "The Expanse",
        [
            an_episode_view(
                3, 4, Stage.IMPORTING, hold=Hold.IMPORT_BLOCKED, messages=["No files are eligible"]
            )
        ],
        key=a_series_key(8),
        links={"sonarr": "https://tv.example/series/expanse", "bad": "javascript:alert(1)"},
    )
    return FakePublishedState(
        a_snapshot(
            spy,
            blocked,
            requests=[a_request_view(series=spy), a_request_view(13, title="Dungeon Meshi")],
            deletions=[a_deletion_view(), a_partial_deletion_view()],
            upstreams=[
                an_upstream_health(),
                an_upstream_health(
                    "jellyfin", System.JELLYFIN, reason=FailureReason.TIMEOUT, message="10 s"
                ),
            ],
            held_disappearances={SonarrName("tv"): 60},
        )
    )


def test_the_page_tells_both_pictures() -> None:
    words = a_document(ask(an_app(published=a_full_library()), "/").text).words
    for sentence in (
        "Overall: 12/24 episodes (50 %)",
        "requested: seasons 1–2, 3 days ago",
        "↓ Downloading 45 %",
        "ETA 12 min",
        "stalled: no seeds",
        "import blocked: Sonarr needs a hand",
        "No files are eligible",
        "Deleted 23/25 episodes, 2 failed: S02E11 (disk), S02E12 (disk, Jellyfin)",
        "✓ 13 episodes removed",
        "Jellyfin took too long to answer",
        "60 series vanished from tv at once",
        "seasons 1–2, requested 3 days ago, in no Sonarr yet",
    ):
        assert sentence in words, sentence


def test_bars_are_real_and_say_their_value_to_everyone() -> None:
    bars = a_document(ask(an_app(published=a_full_library()), "/").text).all("progress")
    assert {"450", "120"} <= {bar["value"] for bar in bars}
    for bar in bars:
        assert bar["max"] == "1000"
        assert bar["aria-label"]
        assert bar["aria-valuetext"].endswith(" %")


def test_everything_works_under_a_base_path_and_without_a_script() -> None:
    document = a_document(ask(an_app(published=a_full_library()), "/?q=spy").text)
    addresses = [a["href"] for a in document.all("a") + document.all("link")]
    addresses += [a["src"] for a in document.all("script")]
    addresses += [a["action"] for a in document.all("form")]
    assert not [address for address in addresses if address.startswith("/")]
    assert [form["method"] for form in document.all("form")] == ["get"]
    assert any(address.startswith("?series=tv%3A405920") for address in addresses)


def test_nothing_is_inline_that_the_policy_would_stop() -> None:
    html = ask(an_app(published=a_full_library()), "/").text
    document = a_document(html)
    assert all("src" in script for script in document.all("script"))
    assert document.all("style") == []
    for tag, attributes in document.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag


def test_links_are_only_to_the_web() -> None:
    html = ask(an_app(published=a_full_library()), "/").text
    assert "https://tv.example/series/expanse" in html
    assert "javascript:" not in html


def test_the_fragment_is_the_part_that_changes() -> None:
    app = an_app(published=a_full_library())
    whole, fragment = ask(app, "/").text, ask(app, "/?fragment=1").text
    assert fragment in whole
    assert "<html" not in fragment
    a_document(fragment)


def test_an_unchanged_fragment_is_not_sent_again_but_its_moment_is() -> None:
    published = a_full_library()
    app = an_app(published=published)
    first = ask(app, "/?fragment=1")
    published.snapshot = a_snapshot(
        *published.snapshot.series_by_key.values(),
        requests=published.snapshot.requests,
        deletions=published.snapshot.deletions,
        upstreams=published.snapshot.upstreams,
        held_disappearances=published.snapshot.held_disappearances_by_sonarr,
        at=NOW + timedelta(seconds=15),
    )
    again = ask(app, "/?fragment=1", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["x-episodarr-snapshot-at"] == "2026-01-31T18:00:15Z"
    published.snapshot = a_snapshot()
    changed = ask(app, "/?fragment=1", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


def test_ages_move_on_although_the_snapshot_does_not() -> None:
    clock = Clock()
    app = an_app(published=a_full_library(), clock=clock)
    assert "requested 3 days ago" in ask(app, "/").text
    clock.now = NOW + timedelta(days=2)
    assert "requested 5 days ago" in ask(app, "/").text


def test_a_library_of_1700_series_is_a_small_page() -> None:
    library = []
    for number in range(1700):
        key = a_series_key(5000 + number)
        episodes = [
            an_episode_view(season, episode, series=key)
            for season in range(1, 4)
            for episode in range(1, 21)
        ]
        library.append(a_series_view(f"Series {number:04d}", episodes, key=key))
    app = an_app(a_snapshot(*library, spy_x_family()))
    answer = ask(app, "/", headers={"Accept-Encoding": "identity"})
    assert len(answer.content) < 80_000
    assert "1701 series" in a_document(answer.text).words


def test_the_library_is_searched_opened_and_paged_by_plain_links() -> None:
    library = [a_series_view(f"Series {n:03d}", key=a_series_key(n)) for n in range(1, 121)]
    app = an_app(a_snapshot(*library, spy_x_family()))
    found = a_document(ask(app, "/?q=series+007").text)
    assert "Series 007" in found.words
    assert "Series 008" not in found.words
    second = a_document(ask(app, "/?page=2&stage=available").text)
    assert "Page 2 of 3" in second.words
    opened = a_document(ask(app, "/?series=tv:7").text)
    assert "E01–E03 ✓ Available" in opened.words
    assert "There is no such series" in ask(app, "/?series=tv:99999").text


@pytest.mark.parametrize(
    "query",
    ["page=-1", "page=x", "page=99999999999", "page=²", "stage=nope", "q=%00%ff", "series=%"],
)
def test_odd_addresses_show_the_page(query: str) -> None:
    assert ask(an_app(a_snapshot(spy_x_family())), f"/?{query}").status_code == 200


def test_before_the_first_read_nothing_is_claimed() -> None:
    app = an_app(a_snapshot(upstreams=[], is_complete=False))
    words = a_document(ask(app, "/").text).words
    assert "what is missing here is not known" in words
    assert "The library is not known yet." in words
    assert "Nothing is being" not in words


def test_a_log_that_cannot_be_written_is_shown_on_the_page_at_once_as_by_the_probe() -> None:
    """Only one that could not be read was: a restart then lost what the page still showed."""
    trouble = "The deletion log cannot be written: <b>disk full</b>. " + "It is tried again. " * 20
    published = a_full_library()
    app = an_app(published=published)
    assert "cannot be written" not in ask(app, "/").text
    published.health_lines = (trouble,)
    for path in ("/", "/?fragment=1"):
        assert trouble.strip() in a_document(ask(app, path).text).words
    assert "cannot be written" in ask(app, "/-/healthy").text
    published.health_lines = ()
    assert "cannot be written" not in ask(app, "/").text


def test_the_page_holds_no_secret() -> None:
    options = ServerOptions(secret=SECRET, dashboard_url="https://grafana.example/")
    html = ask(an_app(published=a_full_library(), options=options), "/").text
    assert SECRET not in html
    assert "https://grafana.example/" in html


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("app.js", "text/javascript"), ("style.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
def test_static_files_are_served_and_kept(name: str, media_type: str) -> None:
    app = an_app()
    html = ask(app, "/").text
    versioned = re.findall(rf"static/{re.escape(name)}\?v=[0-9a-f]+", html)
    answer = ask(app, "/" + versioned[0])
    assert answer.headers["content-type"].startswith(media_type)
    assert "max-age=31536000" in answer.headers["cache-control"]
    known = {"If-None-Match": answer.headers["etag"]}
    assert ask(app, f"/static/{name}", headers=known).status_code == 304


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "</title></main></body>",
            "{{ 7*7 }}{% raw %}",
            "\x1b[2J\x1b]0;x\x07",
            "\u202egnp.exe",
            "'-alert(1)-'",
            "<!--",
            "\ud800",
            "&lt;b&gt;",
        ]
    ),
)


@cache
def tame_tags() -> frozenset[str]:
    """All that the page is made of when no text is hostile."""
    return frozenset(
        tag for tag, _ in Document(ask(an_app(published=a_full_library()), "/").text).tags
    )


@given(title=HOSTILE, release=HOSTILE, message=HOSTILE, name=HOSTILE)
def test_hostile_text_is_only_ever_text(title: str, release: str, message: str, name: str) -> None:
    key = a_series_key(sonarr=name)
    series = a_series_view(
        title,
        [
            an_episode_view(
                1,
                1,
                Stage.DOWNLOADING,
                series=key,
                progress_ratio=0.5,
                hold=Hold.STALLED,
                release=a_release_view(release),
                messages=[message],
            )
        ],
        key=key,
        links={name: "https://x.example/" + release},
    )
    snapshot = a_snapshot(
        series,
        requests=[a_request_view(series=series, requested_by=name)],
        deletions=[a_deletion_view(title=title, advice=[message], notes=[release], key=key)],
        upstreams=[an_upstream_health(name, reason=FailureReason.TIMEOUT, message=message)],
    )
    app = an_app(snapshot)
    hostile = ask(app, "/", headers={"Accept-Encoding": "identity"})
    shown = [tag for tag, _ in Document(hostile.text).tags]
    assert set(shown) <= tame_tags()
    assert shown.count("script") == 1
    for path in ("/api/v1/series", "/api/v1/series?under_way=1", "/api/v1/deletions"):
        assert json.loads(ask(app, path).content)["at"]


def test_a_bad_deletion_is_among_what_needs_attention_until_it_is_acknowledged() -> None:
    bad = a_partial_deletion_view()
    page = ask(an_app(a_snapshot(deletions=(bad,))), "/").text
    stuck = page.partition('id="stuck"')[2].partition("</section>")[0]
    assert "Deleted 23/25 episodes, 2 failed" in stuck
    seen = replace(bad, is_acknowledged=True)
    page = ask(an_app(a_snapshot(deletions=(seen,))), "/").text
    assert "Deleted 23/25" not in page.partition('id="stuck"')[2].partition("</section>")[0]


def test_a_blocked_download_of_no_known_series_is_on_the_page_and_in_the_api() -> None:
    blocked = a_download_view(
        None,
        release="Strange <06>",
        hold=Hold.IMPORT_BLOCKED,
        is_awaited=False,
        messages=("Series title mismatch",),
    )
    app = an_app(a_snapshot(downloads=(blocked,)))
    stuck = ask(app, "/").text.partition('id="stuck"')[2].partition("</section>")[0]
    assert "Strange &lt;06&gt;" in stuck
    assert "Series title mismatch" in stuck
    assert "<a" not in stuck, "there is no series to go to"
    for path in ("/api/v1/series", "/api/v1/series?under_way=1"):
        (stuck,) = json.loads(ask(app, path).content)["stuck_downloads"]
        assert (stuck["release"], stuck["series_id"], stuck["hold"], stuck["messages"]) == (
            "Strange <06>",
            None,
            "import_blocked",
            ["Series title mismatch"],
        )
