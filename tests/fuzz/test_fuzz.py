"""Spoiled answers give named errors or records, and nothing else; `make fuzz` has the long form."""

import pytest

from tests.fuzz.mutating import Mutator
from tests.fuzz.spoiling import spoil, spoil_the_server
from tests.fuzz.targets import Target, targets

EVERY = tuple(targets())


@pytest.mark.parametrize("target", EVERY, ids=lambda target: target.name)
def test_there_is_a_good_body_to_spoil(target: Target) -> None:
    def is_read(body: bytes) -> bool:
        try:
            target.read(body)
        except target.errors:
            return False  # Some recordings are of refusals.
        return True

    assert any(map(is_read, target.good))


@pytest.mark.parametrize("target", EVERY, ids=lambda target: target.name)
def test_what_is_spoiled_is_read_or_refused_by_name(target: Target) -> None:
    mutator = Mutator(seed=2026)
    faults = [fault for _ in range(60) for _, fault in [spoil(target, mutator)] if fault]
    assert not faults, faults[0]


def test_spoiled_requests_break_no_server() -> None:
    faults: list[str] = []
    assert spoil_the_server(Mutator(seed=2026), 1.0, faults)
    assert not faults, faults[0]
