"""The API's answers of one library with everything in it, byte for byte.

After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/server/test_answers_golden.py`, and read
the diff. A line a field, so that the diff can be read.
"""

import json
import os
from pathlib import Path

import msgspec
import pytest

from tests.metrics.scene import everything
from tests.server.published import SECRET, an_app, ask

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "api"
ADDRESSES = {
    "series": "/api/v1/series",
    "series-under-way": "/api/v1/series?under_way=1",
    "series-one": "/api/v1/series/{series}",
    "requests": "/api/v1/requests",
    "summary": "/api/v1/summary",
    "match": "/api/v1/downloads/aa/match",
    "deletions": "/api/v1/deletions",
    "deletions-one": "/api/v1/deletions/{deletion}",
}
ORDER = {"X-Episodarr-Secret": SECRET, "Content-Type": "application/json"}


def hold(name: str, answer: bytes) -> None:
    """Compares the answer with the file, fields in their order."""
    shown = msgspec.json.format(answer, indent=1) + b"\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN") and not os.environ.get("CI"):
        path.write_bytes(shown)
    assert shown == path.read_bytes()


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_answer_is_the_golden_one(name: str) -> None:
    snapshot = everything()
    address = ADDRESSES[name].format(series="tv:405920", deletion=snapshot.deletions[0].deletion_id)
    answer = ask(an_app(snapshot), address)
    assert answer.status_code == 200
    hold(name, answer.content)


def test_the_answer_to_an_announcement_is_the_golden_one() -> None:
    body = json.dumps({"series": "tv:405920", "dry_run": True}).encode()
    answer = ask(an_app(everything()), "/api/v1/deletions", "POST", headers=ORDER, content=body)
    hold("expect-deletion", answer.content)
