"""What the program writes is for its owner alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from episodarr.app.storing import FILE_NAME, open_store
from episodarr.settings import load_settings


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_the_state_is_its_owners_alone_also_where_it_was_everybodys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    monkeypatch.setenv("EPISODARR_SONARR__TV__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("EPISODARR_SONARR__TV__API_KEY", "0123456789abcdef")
    monkeypatch.setenv("EPISODARR_STATE_DIR", str(folder))
    for _ in range(2):
        open_store(load_settings(), datetime(2026, 1, 31, tzinfo=UTC)).close()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert modes(folder) == {0o600}
        (folder / FILE_NAME).chmod(0o644)
