"""What a person wants to be told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId


@dataclass(frozen=True, slots=True)
class Wishes:
    """About which things a person wants mail. Advertising needs a yes (GDPR, article 6); the rest goes without one."""

    marketing_opt_in: bool = False
    order_updates: bool = True
    product_updates: bool = False


@dataclass(frozen=True, slots=True)
class Preferences:
    """USER_PREFERENCES of the brief: one a person; `version` grows by one with each change."""

    account_id: AccountId
    wishes: Wishes
    version: int
    updated_at: datetime

    @classmethod
    def begun(cls, account_id: AccountId, *, now: datetime) -> Self:
        return cls(account_id, Wishes(), version=1, updated_at=now)

    def changed(self, wishes: Wishes, *, expected_version: int, now: datetime) -> Self:
        """Return the preferences with new wishes; raises StaleVersionError."""
        if expected_version != self.version:
            message = f"The preferences are at version {self.version}; you read version {expected_version}."
            raise StaleVersionError(message)
        return replace(self, wishes=wishes, version=self.version + 1, updated_at=now)
