"""The simulated Seerr answers in the shape of a real one, field by field."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.drive import play
from tests.simulator.test_jellyseerr import API, requested

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "seerr"
PATHS = {
    "requests-first-page": "/request?take=12&skip=0&filter=all&sort=added&sortDirection=asc",
    "media-page": "/media?take=14&filter=all&sort=added",
    "about": "/settings/about",
    "settings-sonarr": "/settings/sonarr",
    "status": "/status",
    "request-one": "/request/1",
    "request-count": "/request/count",
    "unknown-parameter-400": "/request?bogus=1",
    "request-404": "/request/99999",
    "tv-404": "/tv/31337",
}
ELSEWHERE = {"mediaUrl", "serviceUrl", "serviceUrl4k", "settings"}
"""Addresses, only where Seerr has something to make them of; and a user's own settings."""
FAILING = {"serviceErrors.sonarr.[].id", "serviceErrors.sonarr.[].name"}
"""Only while a Sonarr does not answer Seerr."""


def fields(value: Any, above: str = "") -> set[str]:
    """Every field of an answer by its path."""
    if isinstance(value, dict):
        own = {above + name for name in value}
        return own.union(*(fields(v, f"{above}{name}.") for name, v in value.items()))
    if isinstance(value, list):
        return set().union(*(fields(item, f"{above}[].") for item in value))
    return set()


@pytest.mark.parametrize("name", PATHS)
async def test_every_recorded_field_is_in_the_simulated_answer(name: str) -> None:
    async with play(requested("3.1.0")) as stage:
        answer = await stage.ask("jellyseerr", API + PATHS[name])
        expected = fields(json.loads((RECORDED / f"{name}.json").read_bytes())) - FAILING
        missing = {f for f in expected - fields(answer.json()) if f.split(".")[-1] not in ELSEWHERE}
        assert not missing
        refused = name.rpartition("-")[2]
        assert answer.status_code == {"400": 400, "404": 404}.get(refused, 200) or name == "tv-404"
