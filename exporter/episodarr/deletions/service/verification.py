"""The objects that work on one deletion log, composed."""

from dataclasses import dataclass
from typing import Self

from episodarr.deletions.inventory.summary import own_roots
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.carrying_out import CarryingOut
from episodarr.deletions.service.checks.passes import Passes
from episodarr.deletions.service.commands import Commands
from episodarr.deletions.service.inventories.keeping import Inventories
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.store.store import Store


@dataclass(frozen=True, slots=True)
class Verification:
    """The parts that work on the deletion log, once it was read.

    Its parts belong to one event loop, and `now` comes from the caller.
    """

    log: DeletionLog
    notices: CarryingOut
    passes: Passes
    inventories: Inventories
    commands: Commands

    @classmethod
    def read(cls, store: Store, witnesses: Witnesses, policy: Policy, bugs: Bugs) -> Self:
        """Load deletions and inventories from the store.

        Raises:
            StoreUnwritable: the file is there and cannot be read.
        """
        deletion_log = DeletionLog(store)
        if witnesses.disk is not None:
            witnesses.disk.recall(own_roots(deletion_log.summaries.values()))
        inventories = Inventories(deletion_log, witnesses, policy)
        return cls(
            log=deletion_log,
            notices=CarryingOut(deletion_log, policy),
            passes=Passes(deletion_log, witnesses, policy, bugs),
            inventories=inventories,
            commands=Commands(deletion_log, inventories, policy),
        )
