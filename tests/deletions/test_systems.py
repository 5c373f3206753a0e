"""Every system has its row, its part of an inventory, and a way to be checked."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from msgspec.structs import replace

import episodarr
from episodarr.cli.setup.questions import OTHERS, SONARR
from episodarr.deletions.service.checks.checking import CHECKS, LISTS
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.deletions.systems import VERIFIED
from episodarr.model.check import CheckFailed, QbittorrentSeen
from episodarr.model.deletion import ALL_SYSTEMS, EPISODE_SYSTEMS
from episodarr.model.health import System
from episodarr.model.inventory import PartNotConfigured, SeriesInventory
from episodarr.settings import Settings
from episodarr.settings.problems import EXAMPLE_URLS
from episodarr.simulator import Scenario
from tests.deletions.test_judges import LATER, a_deletion, an_inventory


def _steps(system: System) -> Mapping[str, bool]:
    """The steps of "Adding a system" in CONTRIBUTING.md, in its order, and whether each is done."""
    steps = {
        "a place in the order of systems, in model/deletion.py": system in ALL_SYSTEMS,
        "a field of SeriesInventory, in model/inventory.py": (
            system.value in SeriesInventory.__struct_fields__
        ),
        "its part in SeriesInventory.part_by_system": system in an_inventory().part_by_system,
        "a client.py in a folder of its name in systems/": (
            Path(episodarr.__file__).parent / "systems" / system.value / "client.py"
        ).exists(),
        "a row in deletions/systems.py": system in VERIFIED,
        "a field of Witnesses": system.value in {field.name for field in fields(Witnesses)},
        "a line of CHECKS or LISTS, in checks/checking.py": system in {*CHECKS, *LISTS},
    }
    if system is System.DISK:
        return steps  # It is configured by paths, and simulated by folders.
    scenario = {field.name for field in fields(Scenario)}
    return steps | {
        "a field of Settings": system.value in Settings.model_fields,
        "an example of its address, in settings/problems.py": system.value in EXAMPLE_URLS,
        "questions of `episodarr init`": (
            system.value in {asked.section for asked in (SONARR, *OTHERS)}
        ),
        "a simulated one": bool({system.value, f"{system.value}s"} & scenario),
    }


@pytest.mark.parametrize("system", System)
def test_nothing_of_a_system_was_forgotten(system: System) -> None:
    assert [step for step, is_done in _steps(system).items() if not is_done] == []


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
