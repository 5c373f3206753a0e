"""What the program writes is for its owner alone."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from episodarr.app.storing import FILE_NAME, LOCK_NAME, open_store, own_state
from episodarr.errors import SettingsError
from episodarr.settings import Settings, load_settings


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", "0123456789abcdef")
    monkeypatch.setenv("EPISODARR_STATE_DIR", str(tmp_path / "state"))
    return load_settings()


def test_the_state_is_its_owners_alone_also_where_it_was_everybodys(settings: Settings) -> None:
    folder = settings.state_dir
    for _ in range(2):
        open_store(settings, datetime(2026, 1, 31, tzinfo=UTC)).close()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert modes(folder) == {0o600}
        (folder / FILE_NAME).chmod(0o644)


def refuse_to_open(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Have opening a lock fail with this error."""
    really = os.open

    def opening(path: Path, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith(LOCK_NAME):
            raise OSError(number, os.strerror(number), str(path))
        return really(path, flags, mode)

    monkeypatch.setattr(os, "open", opening)


def test_another_users_lock_is_a_fault_of_the_configuration(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_open(monkeypatch, errno.EACCES)
    with pytest.raises(SettingsError, match=r"may not write \S+lock \(Permission denied\); mend"):
        own_state(settings)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_without_room_for_a_lock_is_named_and_ends_nothing(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    refuse_to_open(monkeypatch, number)
    own_state(settings)
    assert f"nothing keeps a second process from {settings.state_dir}" in caplog.text
