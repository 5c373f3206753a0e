"""Whatever hangs, the process goes on without it, and ends when it is asked to."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.cli.test_serve import environment, run, serving

pytestmark = pytest.mark.e2e

SLOW_NAMES = """
import socket, time
whole = socket.getaddrinfo
def slow(host, *rest, **more):
    if str(host).endswith("slow.test"):
        time.sleep(60)
    return whole(host, *rest, **more)
socket.getaddrinfo = slow
"""


@pytest.fixture
def hole() -> Iterator[int]:
    """The port of a server that accepts and never answers."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()


def sabotaged(folder: Path, code: str) -> dict[str, str]:
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": f"{folder}:{Path(__file__).resolve().parents[2]}"}


def cycles(url: str) -> int:
    text = httpx.get(f"{url}/metrics", timeout=5).text
    found = [line for line in text.splitlines() if line.startswith("episodarr_cycles_total ")]
    return int(float(found[0].split()[1]))


def hung(port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    return {
        "EPISODARR_SONARR__TV__URL": url,
        "EPISODARR_QBITTORRENT__MAIN__URL": url,
        "EPISODARR_QBITTORRENT__MAIN__USERNAME": "u",
        "EPISODARR_QBITTORRENT__MAIN__PASSWORD": "password",
        "EPISODARR_JELLYFIN__URL": url,
        "EPISODARR_JELLYFIN__API_KEY": "key-of-jellyfin",
        "EPISODARR_CYCLE_SECONDS": "0.5",
    }


def end(process: subprocess.Popen[str]) -> tuple[float, str]:
    """How long it took from SIGTERM on, in seconds, and its output."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, output = process.communicate(timeout=20)
    return time.monotonic() - began, output


def test_systems_that_never_answer_are_neither_up_nor_down_and_hold_up_no_end(hole: int) -> None:
    with serving(environment(**hung(hole))) as (process, url):
        while cycles(url) < 1:
            time.sleep(0.1)
        metrics = httpx.get(f"{url}/metrics").text
        assert "\nepisodarr_upstream_up{" not in metrics
        assert httpx.get(f"{url}/-/ready").status_code == 503
        assert "has not answered yet" in httpx.get(url).text
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        assert cycles(url) >= 1, "SIGHUP does not end it"
        took, output = end(process)
        assert process.returncode == 0
        assert took < 5
        assert (
            output.count("SIGHUP: the log is opened anew, and refused logins are tried again") == 1
        )
        assert "answers" not in output
        assert "Traceback" not in output


def test_names_that_resolve_slowly_stop_no_cycle_and_no_end(tmp_path: Path) -> None:
    slow = {
        f"EPISODARR_SONARR__S{n}__{name}": value
        for n in range(8)
        for name, value in (("URL", f"http://x{n}.slow.test:8989"), ("API_KEY", "a-key-of-it"))
    }
    changes = {**slow, **sabotaged(tmp_path, SLOW_NAMES), "EPISODARR_CYCLE_SECONDS": "1"}
    with serving(environment(**changes, EPISODARR_SONARR__TV__URL="http://localhost:9")) as (
        process,
        url,
    ):
        deadline = time.monotonic() + 15
        wanted = 'episodarr_upstream_up{upstream="tv",system="sonarr"} 0'
        while wanted not in httpx.get(f"{url}/metrics").text:
            assert time.monotonic() < deadline, "a name that does resolve was not looked up"
            time.sleep(0.1)
        took, output = end(process)
        assert process.returncode == 0
        assert took < 5
        assert "Traceback" not in output


def test_a_second_process_on_one_state_directory_says_so_and_ends(tmp_path: Path) -> None:
    state = {"EPISODARR_STATE_DIR": str(tmp_path)}
    with serving(environment(**state)) as (process, _):
        done = run("serve", env=environment(**state))
        assert done.returncode == 3
        assert f"Another Episodarr (process {process.pid} on" in done.stderr
        assert "EPISODARR_STATE_DIR" in done.stderr
        assert "listens on" not in done.stderr
        assert "Traceback" not in done.stderr
        process.kill()
        process.wait()
    with serving(environment(**state)) as (process, _):
        assert end(process)[0] < 5


def test_an_end_that_hangs_for_ever_is_cut_off() -> None:
    code = (
        "import threading\n"
        "from episodarr.runtime.ending import Ending\n"
        "Ending(0.2).begin()\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=10)
    assert done.returncode == 0
