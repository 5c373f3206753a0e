"""Every system has its row, its part of an inventory, and a way to be checked."""

import pytest
from msgspec.structs import replace

from episodarr.deletions.service.checks.checking import CHECKS, LISTS
from episodarr.deletions.systems import VERIFIED
from episodarr.model.check import CheckFailed, QbittorrentSeen
from episodarr.model.deletion import ALL_SYSTEMS, EPISODE_SYSTEMS
from episodarr.model.health import System
from episodarr.model.inventory import PartNotConfigured
from tests.deletions.test_judges import LATER, a_deletion, an_inventory


def test_the_rows_are_in_the_one_order_of_systems() -> None:
    assert tuple(VERIFIED) == ALL_SYSTEMS
    assert set(ALL_SYSTEMS) == set(System)
    assert {s for s, row in VERIFIED.items() if row.episodes is not None} == set(EPISODE_SYSTEMS)


@pytest.mark.parametrize("system", System)
def test_a_part_of_an_inventory_is_the_field_of_its_system(system: System) -> None:
    part = PartNotConfigured()
    inventory = replace(an_inventory(), **{system.value: part})
    assert [s for s, one in inventory.part_by_system.items() if one is part] == [system]


def test_every_system_is_checked_for_one_deletion_or_for_all() -> None:
    assert not CHECKS.keys() & LISTS.keys()
    assert CHECKS.keys() | LISTS.keys() == set(System)


@pytest.mark.parametrize("system", System)
def test_a_judge_takes_checks_of_its_own_system_only(system: System) -> None:
    judge = VERIFIED[system].judge
    failed = CheckFailed(at=LATER, method="", reason=None, message="not yet")
    assert judge(a_deletion(), failed).at == LATER
    torrents = QbittorrentSeen(at=LATER, method="", torrent_by_hash={})
    if system is System.QBITTORRENT:
        assert judge(a_deletion(), torrents).at == LATER
    else:
        with pytest.raises(TypeError, match="QbittorrentSeen"):
            judge(a_deletion(), torrents)
