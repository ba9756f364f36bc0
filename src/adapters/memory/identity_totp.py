"""Second factors in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override

from core.identity.totp import TotpFactor
from core.shared.ids import AccountId
from ports.identity.second_factor import TotpStore


@dataclass(slots=True)
class TotpRows:
    """The apps, and the recovery codes by account and digest with when they were spent."""

    factors: dict[AccountId, TotpFactor] = field(default_factory=dict[AccountId, TotpFactor])
    codes: dict[tuple[AccountId, bytes], datetime | None] = field(
        default_factory=dict[tuple[AccountId, bytes], datetime | None]
    )

    def copy(self) -> "TotpRows":
        return TotpRows(dict(self.factors), dict(self.codes))


class MemoryTotp(TotpStore):
    """The second factors that one open transaction may see: its account's."""

    def __init__(self, rows: TotpRows, *, account_id: AccountId | None) -> None:
        self._rows = rows
        self._account_id = account_id

    @override
    async def find(self, account_id: AccountId) -> TotpFactor | None:
        return self._rows.factors.get(account_id) if account_id == self._account_id else None

    @override
    async def lock(self, account_id: AccountId) -> TotpFactor | None:
        return await self.find(account_id)

    @override
    async def enrol(self, factor: TotpFactor) -> bool:
        if factor.account_id != self._account_id:
            raise ValueError("a transaction writes only the account that it names")
        before = self._rows.factors.get(factor.account_id)
        if before is not None and before.counts:
            return False
        self._rows.factors[factor.account_id] = factor
        return True

    @override
    async def confirm(self, factor: TotpFactor, *, recovery_digests: Sequence[bytes]) -> None:
        if factor.account_id == self._account_id:
            self._forget_codes(factor.account_id)
            self._rows.factors[factor.account_id] = factor
            self._rows.codes |= {(factor.account_id, digest): None for digest in recovery_digests}

    @override
    async def use_step(self, account_id: AccountId, step: int) -> bool:
        factor = await self.find(account_id)
        if factor is None or factor.last_step is None or factor.last_step >= step:
            return False
        self._rows.factors[account_id] = replace(factor, last_step=step)
        return True

    @override
    async def use_recovery_code(self, account_id: AccountId, digest: bytes, *, at: datetime) -> bool:
        key = (account_id, digest)
        if account_id != self._account_id or key not in self._rows.codes or self._rows.codes[key] is not None:
            return False
        self._rows.codes[key] = at
        return True

    @override
    async def recovery_codes_left(self, account_id: AccountId) -> int:
        mine = account_id == self._account_id
        return sum(mine and owner == account_id and spent is None for (owner, _), spent in self._rows.codes.items())

    @override
    async def remove(self, account_id: AccountId) -> None:
        if account_id == self._account_id:
            self._rows.factors.pop(account_id, None)
            self._forget_codes(account_id)

    def _forget_codes(self, account_id: AccountId) -> None:
        for key in [key for key in self._rows.codes if key[0] == account_id]:
            del self._rows.codes[key]
