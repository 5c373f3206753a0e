"""The status page in a real browser, with its script and without."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from episodarr.model.stage import Hold, Stage
from episodarr.model.view import Snapshot
from episodarr.server.contract import ServerOptions
from tests.builders import (
    a_deletion_view,
    a_partial_deletion_view,
    a_release_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    an_episode_view,
    spy_x_family,
)
from tests.processes import free_port
from tests.server.published import SECRET
from tests.server.served import Served

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        BROWSER is None or DRIVER is None, reason="chromium and chromium-driver are not installed"
    ),
]

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_SECONDS = 15.0


class Tab:
    """One page of a driven browser, over the WebDriver protocol."""

    def __init__(
        self, client: httpx.Client, profile: Path, *, has_script: bool, width: int
    ) -> None:
        self._client = client
        content = {"profile.managed_default_content_settings.javascript": 1 if has_script else 2}
        options = {
            "binary": BROWSER,
            "args": [*ARGUMENTS, f"--user-data-dir={profile}"],
            "prefs": content,
            "mobileEmulation": {"deviceMetrics": {"width": width, "height": 800, "pixelRatio": 1}},
        }
        capabilities = {
            "alwaysMatch": {
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
            }
        }
        answer = client.post("/session", json={"capabilities": capabilities}).json()["value"]
        self._session = f"/session/{answer['sessionId']}"

    def open(self, url: str) -> None:
        self._post("/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, script: str) -> None:
        """Until the script's expression is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.run(f"return {script};"):
            assert time.monotonic() < deadline, script
            time.sleep(0.05)

    def refresh_now(self) -> None:
        """What the page does by itself whenever it comes into sight."""
        self.run("document.dispatchEvent(new Event('visibilitychange'));")

    def text(self, selector: str) -> str:
        found: str = self.run("return document.querySelector(arguments[0]).innerText;", selector)
        return " ".join(found.split())

    def click(self, selector: str) -> None:
        script = "document.querySelector(arguments[0]).click();"
        self.run(script, selector)

    def complaints(self) -> list[str]:
        entries = self._post("/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries]

    def close(self) -> None:
        self._client.delete(self._session)

    def _post(self, path: str, body: dict[str, object]) -> Any:
        answer = self._client.post(self._session + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()["value"]


@pytest.fixture(scope="module")
def driver() -> Iterator[httpx.Client]:
    assert DRIVER is not None
    port = free_port()
    process = subprocess.Popen(
        [DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _is_ready(client):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/status").json()["value"]["ready"] is True
    except httpx.TransportError:
        return False


@pytest.fixture
def open_tab(driver: httpx.Client, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    tabs: list[Tab] = []

    def opened(*, has_script: bool = True, width: int = 1200) -> Tab:
        profile = tmp_path / f"profile{len(tabs)}"
        tabs.append(Tab(driver, profile, has_script=has_script, width=width))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.close()


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served(ServerOptions(secret=SECRET))
    server.published.snapshot = a_library_at(0.45)
    yield server
    server.stop()


def a_library_at(ratio: float, *, first: str = "") -> Snapshot:
    """The pictures of the design, and enough of a library to scroll and to search."""
    spy = spy_x_family()
    key = a_series_key(9)
    pack = a_series_view(
        "Frieren",
        [
            an_episode_view(
                1,
                number,
                Stage.DOWNLOADING,
                series=key,
                progress_ratio=ratio,
                release=a_release_view("[Group] Frieren " + "long " * 30),
                hold=Hold.STALLED if number == 3 else None,
            )
            for number in range(1, 29)
        ],
        key=key,
    )
    library = [a_series_view(f"Series {n:03d}", key=a_series_key(100 + n)) for n in range(120)]
    new = [a_series_view(first, [an_episode_view(1, 1, Stage.DOWNLOADING)], key=a_series_key(3))]
    return a_snapshot(
        *(new if first else []),
        pack,
        spy,
        *library,
        requests=[a_request_view(series=spy)],
        deletions=[a_deletion_view(), a_partial_deletion_view()],
    )


def test_the_page_is_patched_in_place(served: Served, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab()
    tab.open(served.url)
    assert tab.run("return document.querySelector('#series-tv-9-S01E01 progress').value;") == 450
    season = "#series-tv-405920-S01"
    assert tab.run("return document.querySelector(arguments[0]).open;", season) is False
    tab.run("document.querySelector(arguments[0]).open = true;", season)
    tab.run("document.querySelector('#series-tv-9-S01E01').mine = 7; scrollTo(0, 600);")
    served.published.snapshot = a_library_at(0.61, first="A new one")
    tab.refresh_now()
    tab.wait_for("document.querySelector('#series-tv-9-S01E01 progress').value === 610")
    assert "Downloading 61 %" in tab.text("#series-tv-9-S01E01")
    assert tab.run("return document.querySelector('#series-tv-9-S01E01').mine;") == 7
    assert tab.run("return document.querySelector(arguments[0]).open;", season) is True
    assert tab.run("return scrollY > 0;")
    headings = "[...document.querySelectorAll('#under-way h3')].map(h => h.innerText)"
    assert tab.run(f"return {headings};") == ["A new one", "Frieren", "SPY x FAMILY"]
    served.published.snapshot = a_snapshot()
    tab.refresh_now()
    tab.wait_for("!document.querySelector('#deletions')")
    assert "Nothing is being searched" in tab.text("#under-way")
    assert tab.complaints() == []


def test_an_unchanged_snapshot_touches_nothing(
    served: Served, open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab()
    tab.open(served.url)
    tab.run(
        """
        window.answers = [];
        const ask = window.fetch;
        window.fetch = async (...all) => {
          const answer = await ask(...all);
          window.answers.push(answer.status);
          return answer;
        };
        window.touched = 0;
        new MutationObserver((all) => { window.touched += all.length; }).observe(
          document.getElementById("board"),
          {subtree: true, childList: true, attributes: true, characterData: true},
        );
        """
    )
    for rounds in (1, 2, 3, 4):
        tab.refresh_now()
        tab.wait_for(f"window.answers.length === {rounds}")
    assert tab.run("return [window.touched, window.answers.at(-1)];") == [0, 304]


def test_searching_filters_while_typing_and_keeps_what_is_typed(
    served: Served, open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab()
    tab.open(served.url)
    tab.click("#library > summary")
    tab.run(
        "const q = document.getElementById('q'); q.focus(); q.value = 'series 07';"
        "q.dispatchEvent(new Event('input', {bubbles: true}));"
    )
    tab.wait_for("document.querySelectorAll('#library-lines .line').length === 10")
    tab.refresh_now()
    assert tab.run("return [document.activeElement.id, document.activeElement.value];") == [
        "q",
        "series 07",
    ]
    assert tab.run("return document.getElementById('library').open;") is True
    assert "q=series+07" in tab.run("return location.search;")


def test_a_series_opens_without_a_reload_and_back_closes_it(
    served: Served, open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab()
    tab.open(served.url)
    tab.run("window.mine = 7;")
    tab.click("#requests a.line-title")
    tab.wait_for("document.querySelector('#opened h3') !== null")
    assert tab.text("#opened h3") == "SPY x FAMILY"
    tab.run("history.back();")
    tab.wait_for("document.querySelector('#opened') === null")
    assert tab.run("return window.mine;") == 7


def test_an_exporter_that_is_gone_is_shown_as_gone(
    served: Served, open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab()
    tab.open(served.url)
    assert tab.run("return document.getElementById('offline').hidden;") is True
    served.stop()
    tab.refresh_now()
    tab.wait_for("document.getElementById('offline').hidden === false")
    assert "Downloading 45 %" in tab.text("#under-way")


def test_everything_is_there_without_a_script(served: Served, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(has_script=False)
    tab.open(f"{served.url}/?q=series+007")
    assert "E04–E12 ◷ Queued" in tab.text("#under-way")
    assert "Deleted 23/25 episodes, 2 failed" in tab.text("#deletions")
    assert "Series 007" in tab.text("#library-lines")
    assert tab.run("return document.documentElement.classList.contains('has-script');") is False
    assert "Reload" in tab.text("header.top")


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 2560])
def test_nothing_runs_over_the_edge(
    served: Served, open_tab: Callable[..., Tab], width: int
) -> None:
    tab = open_tab(width=width)
    tab.open(f"{served.url}/?q=series&series=tv:9")
    outside = tab.run(
        "return [...document.querySelectorAll('body *:not(.detail *)')]"
        ".filter(e => e.getBoundingClientRect().right > arguments[0] + 1)"
        ".map(e => `${e.tagName}.${e.className}: ${e.innerText.slice(0, 40)}`);",
        width,
    )
    assert outside == []
    assert tab.run("return document.scrollingElement.scrollWidth;") <= width
    overlapping = tab.run(
        """
        const touching = [];
        for (const row of document.querySelectorAll('.row, .line, .stuck-line, .card-head')) {
          const boxes = [...row.children].map(child => [child, child.getBoundingClientRect()]);
          for (const [one, a] of boxes) for (const [other, b] of boxes) {
            if (one === other) continue;
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 1) touching.push(one.innerText + ' / ' + other.innerText);
          }
        }
        return touching;
        """
    )
    assert overlapping == []
    squeezed = tab.run(
        "return [...document.querySelectorAll('.card-head > h3')]"
        ".filter(e => e.offsetWidth < Math.min(160, e.parentElement.offsetWidth - 1))"
        ".map(e => `${e.innerText}: ${e.offsetWidth}`);"
    )
    assert squeezed == []
    assert tab.complaints() == []
