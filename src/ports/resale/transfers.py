"""Where transfers of passes to persons are kept, and what finds those that something is due for."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from core.resale.transfers.transfer import Transfer
from core.shared.emails import Email
from core.shared.ids import AccountId, PassId, TenantId, TransferId
from ports.paging import Page, PageRequest


class TransferStore(Protocol):
    """Transfers of the transaction's tenant; another tenant's are not there. None is ever deleted."""

    @abstractmethod
    async def add(self, transfer: Transfer) -> None:
        """Store a new one; raises TransferOpenError while the pass has one that is live.

        Of many that are added at once for one pass, one is stored. The transaction goes on after the error.
        """

    @abstractmethod
    async def get(self, transfer_id: TransferId) -> Transfer | None:
        """Return the transfer, or None."""

    @abstractmethod
    async def locked(self, transfer_id: TransferId) -> Transfer | None:
        """Return the transfer, locked until the transaction ends, or None.

        Whoever also locks the lineage of its pass does that first.
        """

    @abstractmethod
    async def save(self, transfer: Transfer) -> None:
        """Store a changed one; raises StaleVersionError unless the stored version is the one before."""

    @abstractmethod
    async def live_of_passes(self, pass_ids: Collection[PassId]) -> Sequence[TransferId]:
        """Return the live transfers of these passes, by id."""

    @abstractmethod
    async def made_since(self, account_id: AccountId, since: datetime) -> int:
        """Count what the account offered after a moment, and let nobody else count it until the transaction ends."""

    @abstractmethod
    async def sent(self, account_id: AccountId, page: PageRequest) -> Page[Transfer]:
        """Return what the account offered, in the order of the ids."""

    @abstractmethod
    async def received(self, email: Email, page: PageRequest) -> Page[Transfer]:
        """Return what was ever offered to the owner of the address, in the order of the ids."""


class DueTransfers(Protocol):
    """The sweep's view, across tenants."""

    @abstractmethod
    async def due(self, *, now: datetime, transfers_max: int) -> Sequence[tuple[TenantId, TransferId]]:
        """Return transfers whose time to be looked at has come, the longest due first."""
