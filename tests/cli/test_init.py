"""`episodarr init` as a person at a terminal runs it, and what it says without one."""

import os
import pty
import re
import select
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from episodarr.cli import main
from episodarr.cli.setup.written import as_env, as_toml, write
from episodarr.settings import load_settings
from tests.cli.test_check import simulated

LONGEST_WAIT_SECONDS = 30


class Person:
    """Reads a terminal until a prompt is there, and types."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self._terminal = terminal
        self.process = process
        self.read = ""
        self._unread = ""

    def see(self, words: str) -> None:
        while words not in self._unread:
            ready, _, _ = select.select([self._terminal], [], [], LONGEST_WAIT_SECONDS)
            assert ready, f"no {words!r} after:\n{self.read}"
            more = os.read(self._terminal, 65536).decode(errors="replace")
            plain = re.sub(r"\x1b\[\d*m", "", more)
            self.read += plain
            self._unread += plain
        self._unread = self._unread.partition(words)[2]

    def answer(self, words: str, line: str) -> None:
        self.see(words)
        os.write(self._terminal, line.encode() + b"\n")


@contextmanager
def at_a_terminal(folder: Path, *arguments: str) -> Iterator[Person]:
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    # A session leader's first terminal is its own, which the hidden answers need.
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(theirs), sys.executable, "-m",
         "episodarr", "init", *arguments],
        cwd=folder, env={**env, "TERM": "dumb"}, start_new_session=True,
    )  # fmt: skip
    try:
        yield Person(ours, process)
    finally:
        process.kill()
        process.wait()
        # Open until here: a terminal that is not open on the other side cannot be read.
        os.close(theirs)
        os.close(ours)


def test_each_system_is_tried_and_a_file_for_its_owner_is_written(tmp_path: Path) -> None:
    with (
        simulated(tmp_path / "media") as env,
        at_a_terminal(tmp_path, "--media", str(tmp_path / "media")) as person,
    ):
        person.answer("Sonarr: address", env["EPISODARR_SONARR__TV__URL"].removeprefix("http://"))
        person.answer("API key", "wrong")
        person.see("✗ sonarr tv")
        person.answer("Keep it all the same?", "n")
        person.answer("Sonarr: address", env["EPISODARR_SONARR__TV__URL"])
        person.answer("API key", env["EPISODARR_SONARR__TV__API_KEY"])
        person.see("✓ sonarr tv")
        person.answer("Another Sonarr?", "n")
        person.answer("qBittorrent: address", env["EPISODARR_QBITTORRENT__MAIN__URL"])
        person.answer("API key", "")
        person.answer("User name", env["EPISODARR_QBITTORRENT__MAIN__USERNAME"])
        person.answer("Password", env["EPISODARR_QBITTORRENT__MAIN__PASSWORD"])
        person.see("✓ qbittorrent main")
        person.answer("Jellyfin: address", env["EPISODARR_JELLYFIN__URL"])
        person.answer("API key", env["EPISODARR_JELLYFIN__API_KEY"])
        person.see("✓ jellyfin")
        person.answer("Shoko: address", "")
        person.answer("Seerr: address", "")
        person.see("Written: .env")
        assert person.process.wait(timeout=20) == 0
        assert env["EPISODARR_SONARR__TV__API_KEY"] not in person.read, "typed keys are not shown"
        assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
        shell = 'set -a; . ./.env; set +a; exec "$0" -m episodarr check'
        done = subprocess.run(
            ["sh", "-c", shell, sys.executable], cwd=tmp_path, capture_output=True, text=True,
            check=False, env={k: v for k, v in os.environ.items() if "EPISODARR" not in k},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert str(tmp_path / "media") in done.stdout


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MINE=1\n")
    with at_a_terminal(tmp_path) as person:
        person.see("is there already")
        assert person.process.wait(timeout=20) == 2
    assert (tmp_path / ".env").read_text() == "MINE=1\n"


def test_without_a_terminal_it_says_what_to_set(tmp_path: Path) -> None:
    asked = CliRunner().invoke(main, ["init", str(tmp_path / ".env")])
    first = CliRunner().invoke(main, ["serve"])
    for result in (asked, first):
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 3
        assert "EPISODARR_SONARR__TV__URL=http" in result.stderr
        assert "EPISODARR_SONARR__TV__API_KEY=" in result.stderr
        assert "episodarr init" in result.stderr
    assert not list(tmp_path.iterdir())


VARIABLES = {
    "EPISODARR_SONARR__TV__URL": "http://sonarr:8989",
    "EPISODARR_SONARR__TV__API_KEY": "0123456789abcdef",
    "EPISODARR_QBITTORRENT__MAIN__URL": "http://qbittorrent:8080",
    "EPISODARR_QBITTORRENT__MAIN__USERNAME": "me",
    "EPISODARR_QBITTORRENT__MAIN__PASSWORD": 'it\'s “$HOME” \\ `id` "#"',
    "EPISODARR_PATHS": '{"/tv": "/media/Bob\\u0027s tv"}',
    "EPISODARR_WEB__SECRET": "f00",
}


def test_what_is_written_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "episodarr.toml"
    write(file, as_toml(VARIABLES))
    assert tomllib.loads(file.read_text())["qbittorrent"]["main"]["username"] == "me"
    monkeypatch.setenv("EPISODARR_CONFIG", str(file))
    settings = load_settings()
    assert settings.paths == {"/tv": "/media/Bob's tv"}
    password = settings.qbittorrent["main"].password.get_secret_value()
    assert password == VARIABLES["EPISODARR_QBITTORRENT__MAIN__PASSWORD"]
    write(file, as_env(VARIABLES))
    shell = f'. {file}; printf %s "$EPISODARR_QBITTORRENT__MAIN__PASSWORD$EPISODARR_PATHS"'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout == password + VARIABLES["EPISODARR_PATHS"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        write(tmp_path / "none/.env", "x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write(tmp_path / "taken", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
