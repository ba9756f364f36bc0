"""Sellers' verifications in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from core.resale.errors import VerificationNotFoundError, VerificationOpenError
from core.resale.trust.verifications import OPEN, Verification, VerificationStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, VerificationId
from ports.paging import Page, PageRequest
from ports.resale.verifications import VerificationStore

type VerificationRows = dict[VerificationId, Verification]


class MemoryVerificationStore(VerificationStore):
    """The verifications of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: VerificationRows) -> None:
        self._rows = rows

    @override
    async def add(self, verification: Verification) -> None:
        if any(other.status in OPEN and other.is_of_the_same_as(verification) for other in self._rows.values()):
            raise VerificationOpenError
        self._rows[verification.id] = verification

    @override
    async def get(self, verification_id: VerificationId) -> Verification:
        if verification_id not in self._rows:
            raise VerificationNotFoundError
        return self._rows[verification_id]

    @override
    async def save(self, verification: Verification) -> None:
        stored = self._rows.get(verification.id)
        if stored is None or stored.version != verification.version - 1:
            raise StaleVersionError("The verification was changed by somebody else.")
        self._rows[verification.id] = verification

    @override
    async def of_account(self, account_id: AccountId) -> Sequence[Verification]:
        return [one for _, one in sorted(self._rows.items(), reverse=True) if one.account_id == account_id]

    @override
    async def page(self, page: PageRequest, *, status: VerificationStatus | None, now: datetime) -> Page[Verification]:
        found = [
            one
            for verification_id, one in sorted(self._rows.items())
            if status in {None, one.status_at(now)} and (page.after is None or verification_id > page.after)
        ]
        items = tuple(found[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(found) > page.limit else None)
