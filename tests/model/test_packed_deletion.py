"""A settled deletion is packed: it says the same, and takes a fraction of the memory."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from episodarr.deletions.shown.view import view_deletion
from episodarr.model.deletion import Answer, DeletionStatus
from episodarr.model.evidence import (
    Control,
    Evidence,
    Finding,
    NotApplicable,
    Proof,
    RecordLeft,
    Remaining,
    Removed,
    Sighting,
    Unclear,
)
from episodarr.model.health import System
from episodarr.model.packed_deletion import PackedInventory, pack_evidence
from episodarr.model.reading import FailureReason
from tests.bench.memory import bytes_below
from tests.builders import NOW
from tests.model.settled import EPISODES, a_settled_deletion

moments = st.timedeltas(timedelta(), timedelta(days=900)).map(lambda length: NOW + length)
proofs = st.builds(
    Proof,
    sighting=st.builds(Sighting, what=st.text(), at=moments),
    control=st.builds(Control, what=st.text()),
    checked_at=moments,
)
findings: st.SearchStrategy[Finding] = st.one_of(
    st.builds(Removed, proof=proofs),
    st.builds(Remaining, what=st.text()),
    st.builds(RecordLeft, what=st.text(), disk_proof=proofs),
    st.builds(
        Unclear,
        why=st.text(),
        reason=st.none() | st.sampled_from(FailureReason),
        is_not_listed=st.booleans(),
    ),
    st.builds(NotApplicable, why=st.text()),
)
evidence = st.builds(
    Evidence,
    finding=findings,
    checked_at=st.none() | moments,
    method=st.text(),
    doubt=st.text(),
)


@given(st.lists(st.dictionaries(st.sampled_from(System), evidence), max_size=4))
def test_packed_evidence_is_what_was_packed(given_: list[dict[System, Evidence]]) -> None:
    packed = pack_evidence(given_)
    assert packed == given_
    assert [list(one) for one in packed] == [list(one) for one in given_], "in the same order"
    assert [len(one) for one in packed] == [len(one) for one in given_]
    assert all(
        one.get(system) == packed[n].get(system)
        for n, one in enumerate(given_)
        for system in System
    )


def test_a_packed_deletion_is_equal_and_shown_alike() -> None:
    record = a_settled_deletion()
    packed = record.packed()
    assert isinstance(packed.held_inventory, PackedInventory)
    assert packed == record
    assert packed.inventory == record.inventory
    assert packed.seen_at == record.seen_at != {}
    assert _everything(view_deletion(packed)) == _everything(view_deletion(record))
    assert packed.packed() is packed
    assert packed.unpacked() == record
    assert not isinstance(packed.unpacked().held_inventory, PackedInventory)


def test_what_changes_after_it_was_packed_is_packed_again() -> None:
    packed = a_settled_deletion().packed()
    found = {System.DISK: Evidence(finding=Remaining(what="it is back"), checked_at=NOW)}
    first, *others = packed.episodes
    changed = replace(packed, episodes=(replace(first, evidence_by_system=found), *others))
    again = changed.packed()
    assert again == changed != packed
    assert again.episodes[0].evidence_by_system == found
    assert bytes_below([again]) < 1.2 * bytes_below([packed])


@pytest.mark.parametrize(
    "changes",
    [
        {"status": DeletionStatus.VERIFYING, "due_by_system": {System.DISK: NOW}},
        {"status": DeletionStatus.PARTIAL, "due_by_system": {System.DISK: NOW}},
        {"status": DeletionStatus.HELD},
        {"status": DeletionStatus.FILES_KEPT},
    ],
)
def test_what_is_still_checked_or_says_whose_a_folder_is_stays_unpacked(
    changes: dict[str, object],
) -> None:
    record = replace(a_settled_deletion(), **changes)
    assert record.packed() is record


def test_one_that_stays_bad_is_packed_once_nothing_is_due() -> None:
    record = replace(a_settled_deletion(), status=DeletionStatus.PARTIAL, due_by_system={})
    assert record.packed() is not record
    assert record.packed() == record


def test_equal_answers_are_kept_once() -> None:
    packed = a_settled_deletion().packed()
    assert len({id(e.answer_by_system) for e in packed.episodes}) == 1
    first, *others = packed.episodes
    odd = replace(first, answer_by_system={System.DISK: Answer.REMAINING})
    again = replace(packed, episodes=(odd, *others)).packed()
    assert again.episodes[0].answer_by_system == {System.DISK: Answer.REMAINING}


def test_a_settled_deletion_takes_a_quarter_of_the_memory() -> None:
    record = a_settled_deletion()
    assert bytes_below([record.packed()]) < bytes_below([record]) / 4
    assert bytes_below([record.packed()]) < 900 * EPISODES


def _everything(view: Struct) -> object:
    """A view with all that is made where it is read."""
    fields = {name: getattr(view, name) for name in view.__struct_fields__}
    return {
        name: [_everything(one) if isinstance(one, Struct) else one for one in value]
        if isinstance(value, tuple) or name == "evidence"
        else value
        for name, value in fields.items()
    }
