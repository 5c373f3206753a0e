"""`episodarr serve` as a process: it starts, says where, refuses well, and stops when asked."""

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

COMMAND = [sys.executable, "-m", "episodarr"]
SECRET = "hunter2-hunter2"


def environment(**changes: str) -> dict[str, str]:
    """A configuration whose Sonarr does not exist."""
    base = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    return {
        **base,
        "EPISODARR_SONARR__TV__URL": "http://127.0.0.1:9",
        "EPISODARR_SONARR__TV__API_KEY": SECRET,
        "EPISODARR_WEB__LISTEN": "127.0.0.1:0",
        "EPISODARR_STATE_DIR": tempfile.mkdtemp(prefix="episodarr-test-"),
        **changes,
    }


@contextmanager
def serving(
    env: dict[str, str], preparing: Callable[[], None] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The exporter, once it listens; `preparing` runs in its process before it starts."""
    process = subprocess.Popen(
        [*COMMAND, "serve"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=preparing,  # noqa: PLW1509  no thread of the tests holds a lock that it needs
    )
    try:
        assert process.stderr is not None
        opening, first = process.stderr.readline(), process.stderr.readline()
        assert f"opening the state directory {env['EPISODARR_STATE_DIR']}" in opening, opening
        while " CRITICAL " in first:
            first = process.stderr.readline()
        assert "listens on" in first, first + process.stderr.read()
        yield process, first.split()[-1]
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=env, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize(
    ("module", "not_needed"),
    [
        ("episodarr.cli.serve", "rich pygments requests qbittorrentapi"),
        ("episodarr.cli.matching.match", "rich httpx starlette pydantic"),
    ],
)
def test_nothing_is_imported_that_is_not_needed(module: str, not_needed: str) -> None:
    """`serve` draws nothing, and talks to a qBittorrent only where one is configured."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {*not_needed.split()} & {*done.stdout.split()}


def test_it_serves_before_any_upstream_answers_and_stops_on_sigterm() -> None:
    with serving(environment()) as (process, url):
        assert httpx.get(f"{url}/-/healthy").status_code == 200
        assert httpx.get(f"{url}/-/ready").status_code == 503
        deadline = time.monotonic() + 20
        wanted = 'episodarr_upstream_up{upstream="tv",system="sonarr"} 0'
        while wanted not in (body := httpx.get(f"{url}/metrics").text):
            assert time.monotonic() < deadline, body
            time.sleep(0.1)
        assert "episodarr_series_info{" not in body
        assert SECRET not in body + httpx.get(url).text
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
        assert process.returncode == 0
        assert "refused" in err
        assert SECRET not in err
        assert "Traceback" not in err


def test_a_taken_port_is_reported_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", env=environment(EPISODARR_WEB__LISTEN=f"127.0.0.1:{port}"))
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "choose another" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_configuration_ends_with_two_and_no_traceback() -> None:
    done = run("serve", env=environment(EPISODARR_SONARR__TV__URL="nonsense"))
    assert done.returncode == 2
    assert "EPISODARR_SONARR__TV__URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_folder_that_may_not_be_written_is_shown(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = "/proc/self"  # There not even root may make a file.
    else:
        folder = str(tmp_path)
        tmp_path.chmod(0o500)
    done = run("serve", env=environment(EPISODARR_STATE_DIR=folder))
    assert done.returncode == 2
    assert f"EPISODARR_STATE_DIR: this user may not write in {folder}" in done.stderr
    assert "listens on" not in done.stderr
    assert "Traceback" not in done.stderr


def without_room() -> None:
    """Have every write to a file fail, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_disk_that_is_full_at_the_start_stops_the_log_and_not_the_metrics() -> None:
    """There was no room for the name of the process that owns the store: a traceback."""
    with serving(environment(), without_room) as (process, url):
        assert "episodarr_build_info" in httpx.get(f"{url}/metrics").text
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
        assert process.returncode == 0
        assert "Traceback" not in err


def test_a_lock_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    """As that of another user, which a start by root left behind: it was a traceback."""
    (tmp_path / "episodarr.sqlite.lock").mkdir()
    done = run("serve", env=environment(EPISODARR_STATE_DIR=str(tmp_path)))
    assert done.returncode == 2
    assert f"this user may not write {tmp_path / 'episodarr.sqlite.lock'}" in done.stderr
    assert "mend the owner" in done.stderr
    assert "Traceback" not in done.stderr


def test_version_and_help_need_no_configuration() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    assert run("--version", env=env).stdout.startswith("episodarr")
    helped = run("--help", env=env).stdout
    for command in ("serve", "demo", "simulate", "status", "deletions", "match", "check"):
        assert command in helped


def test_check_says_what_is_wrong_and_ends_with_one() -> None:
    done = run("check", env=environment())
    assert done.returncode == 1
    assert "sonarr tv" in done.stdout
    assert "refused" in done.stdout
    assert SECRET not in done.stdout + done.stderr
