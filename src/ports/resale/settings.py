"""Where policies and declared facts are kept."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from core.resale.policies.settings import Setting, Target


class SettingStore[T](Protocol):
    """Settings of one kind of the transaction's tenant, every version of them; another tenant's are not there."""

    @abstractmethod
    async def find(self, target: Target) -> Setting[T] | None:
        """Return the newest version, which may have been taken back; None for what was never set."""

    @abstractmethod
    async def of(self, targets: Sequence[Target]) -> Sequence[Setting[T]]:
        """Return the newest versions of those targets that have one with a value, in the order of the targets."""

    @abstractmethod
    async def put(self, setting: Setting[T]) -> None:
        """Store the next version; raises StaleVersionError unless the stored one is the one before.

        Of two that put the same version at once, one succeeds. No version is ever changed or forgotten.
        """

    @abstractmethod
    async def changes(self, target: Target, *, changes_max: int) -> Sequence[Setting[T]]:
        """Return the last versions, the newest first."""
