"""Real readers: httpx, which unpacks gzip by itself, and a real Prometheus."""

import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import override

import httpx
import pytest

from episodarr.metrics.rendering.bodies import Bodies
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.metrics.rendering.negotiation import OPENMETRICS_TYPE, TEXT_TYPE, choose_body
from tests.metrics.reading import read_text
from tests.metrics.scene import HOSTILE_TITLE, FixedInstruments, everything, some_counters
from tests.processes import free_port


def scene() -> Bodies:
    return Exposition(instruments=FixedInstruments()).update(everything(), some_counters())


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers every GET with the body that fits."""

    bodies: Bodies
    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        accept, encodings = self.headers.get("Accept", ""), self.headers.get("Accept-Encoding", "")
        self.seen.append((accept, encodings))
        content_type, encoding, parts = choose_body(self.bodies, accept, encodings)
        body = b"".join(parts)
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if encoding is not None:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def served(bodies: Bodies) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The bodies at a free port of this machine: the address, and what clients asked for."""
    seen: list[tuple[str, str]] = []
    handler = type("Handler", (_Handler,), {"bodies": bodies, "seen": seen})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("accept", ["*/*", "application/openmetrics-text"], ids=["text", "strict"])
@pytest.mark.parametrize("encoding", ["gzip, deflate", "identity"])
def test_an_http_client_gets_the_page_in_every_form(accept: str, encoding: str) -> None:
    bodies = scene()
    with served(bodies) as (address, _):
        headers = {"Accept": accept, "Accept-Encoding": encoding}
        response = httpx.get(f"http://{address}/metrics", headers=headers, trust_env=False)
    is_text = accept == "*/*"
    assert response.content == b"".join(bodies.text if is_text else bodies.openmetrics)
    assert response.headers["content-type"] == (TEXT_TYPE if is_text else OPENMETRICS_TYPE)
    assert response.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)


def _until[T](ask: Callable[[], T | None], seconds: float = 20.0) -> T:
    """Ask again until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(0.05)
    pytest.fail(f"no answer within {seconds} s")


@contextmanager
def prometheus(target: str, folder: Path, port: int) -> Iterator[str]:
    """A real Prometheus that scrapes the target every 200 ms: the address of its API."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: the page was NOT scraped by the real one")
    configuration = folder / "prometheus.yml"
    scrape = {"job_name": "page", "static_configs": [{"targets": [target]}]}
    timing = {"scrape_interval": "200ms", "scrape_timeout": "200ms"}
    configuration.write_text(json.dumps({"global": timing, "scrape_configs": [scrape]}))
    options = [
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, *options], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}/api/v1"
        finally:
            process.terminate()
            process.wait(10)


@pytest.mark.e2e
def test_a_real_prometheus_takes_every_sample(tmp_path: Path) -> None:
    bodies = scene()
    with served(bodies) as (target, seen), prometheus(target, tmp_path, free_port()) as api:

        def query(expression: str) -> list[dict[str, object]] | None:
            address = f"{api}/query?query={urllib.parse.quote(expression)}"
            try:
                answer = httpx.get(address, trust_env=False).json()
            except (httpx.TransportError, ValueError):
                return None
            return list(answer["data"]["result"]) or None

        up = _until(lambda: query('up{job="page"} == 1'))
        assert len(up) == 1
        stored = _until(lambda: query('count({job="page",__name__=~"episodarr_.+|process_.+"})'))
        value = stored[0]["value"]
        assert isinstance(value, list)
        assert int(value[1]) == len(read_text(b"".join(bodies.text)))
        hostile = _until(lambda: query('episodarr_series_info{sonarr="anime"}'))
        labels = hostile[0]["metric"]
        assert isinstance(labels, dict)
        assert labels["series"] == HOSTILE_TITLE
        joined = _until(
            lambda: query(
                "episodarr_episode_progress_ratio"
                " * on (sonarr, tvdb_id, season, episode) group_left (release)"
                " episodarr_episode_release_info"
            )
        )
        assert len(joined) == 4
        metadata = httpx.get(f"{api}/targets/metadata?limit=9999", trust_env=False).json()["data"]
        kinds = {entry["metric"]: entry["type"] for entry in metadata}
        assert kinds["episodarr_episode_stage_duration_seconds"] == "histogram"
        assert "counter" in {kinds.get("episodarr_grabs"), kinds.get("episodarr_grabs_total")}
    accepts, encodings = seen[0]
    assert "openmetrics" in accepts
    assert "gzip" in encodings
