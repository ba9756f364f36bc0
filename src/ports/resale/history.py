"""Where the histories of passes are kept."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.resale.transfers.history import HistoryEntry, KeptEntry, Lineage
from core.shared.ids import AccountId, PassId


class HistoryStore(Protocol):
    """Histories of the transaction's tenant; another tenant's are not there. No entry is ever changed or deleted."""

    @abstractmethod
    async def lock(self, lineage_id: PassId) -> Lineage:
        """Return where the chain ends, and keep everybody else from it until the transaction ends.

        An empty lineage is made by that, so that there is something to lock.
        """

    @abstractmethod
    async def count(self, lineage_id: PassId) -> int:
        """Lock the lineage, and return how many transfers and resales it has; only such a count may decide."""

    @abstractmethod
    async def peek(self, lineage_id: PassId) -> Lineage:
        """Return where the chain ends, without a lock: others may be adding to it. Empty for an unknown one."""

    @abstractmethod
    async def append(self, entry: HistoryEntry) -> KeptEntry:
        """Lock the entry's lineage, and store the entry as the next of its chain."""

    @abstractmethod
    async def entries(self, lineage_id: PassId) -> Sequence[KeptEntry]:
        """Return the chain from its first entry on; none for an unknown lineage."""

    @abstractmethod
    async def of_account(self, account_id: AccountId, *, since: datetime, entries_max: int) -> Sequence[KeptEntry]:
        """Return the newest entries since a moment in which the account gave or got a pass, the newest first."""
