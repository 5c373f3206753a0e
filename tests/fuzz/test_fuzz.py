"""Spoiled answers give named errors or records, and nothing else; `make fuzz` has the long form."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

import msgspec
import pytest

from episodarr.errors import UpstreamError
from episodarr.model.records import Records
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


STORED = tuple(target for target in EVERY if UpstreamError in target.errors)


def numbers_in(value: object) -> Iterator[int]:
    """Every whole number in what a parser gave."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, msgspec.Struct):
        yield from numbers_in([getattr(value, name) for name in value.__struct_fields__])
    elif is_dataclass(value):
        yield from numbers_in([getattr(value, field.name) for field in fields(value)])
    elif isinstance(value, Mapping):
        yield from numbers_in([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from numbers_in(one)
        if isinstance(value, Records):
            yield from numbers_in(list(value.unread))


@pytest.mark.parametrize("target", STORED, ids=lambda target: target.name)
def test_no_system_hands_in_a_number_that_no_store_can_hold(target: Target) -> None:
    """Only webhooks were bounded: a number of 20 digits from a list failed when it was written."""
    for good in target.good:
        places = [match.span() for match in re.finditer(rb"(?<=[:\[,])\s*\d+(?=[,}\]\s])", good)]
        for start, end in places[:: max(1, len(places) // 20)]:
            for number in (2**63, 10**20, -(10**20)):
                body = good[:start] + str(number).encode() + good[end:]
                try:
                    read = target.read(body)
                except target.errors:
                    continue
                assert all(-(2**63) <= n < 2**63 for n in numbers_in(read)), json.loads(body)


def test_spoiled_requests_break_no_server() -> None:
    faults: list[str] = []
    assert spoil_the_server(Mutator(seed=2026), 1.0, faults)
    assert not faults, faults[0]
