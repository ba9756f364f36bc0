"""Policies and declared facts in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from typing import override

from core.resale.policies.settings import Setting, Target
from core.shared.errors import StaleVersionError
from ports.resale.settings import SettingStore

type SettingRows[T] = dict[Target, tuple[Setting[T], ...]]


class MemorySettingStore[T](SettingStore[T]):
    """The versions of one tenant, the oldest first; the transaction around it holds the lock."""

    def __init__(self, rows: SettingRows[T]) -> None:
        self._rows = rows

    @override
    async def find(self, target: Target) -> Setting[T] | None:
        versions = self._rows.get(target, ())
        return versions[-1] if versions else None

    @override
    async def of(self, targets: Sequence[Target]) -> Sequence[Setting[T]]:
        newest = [self._rows[target][-1] for target in targets if target in self._rows]
        return [setting for setting in newest if setting.value is not None]

    @override
    async def put(self, setting: Setting[T]) -> None:
        versions = self._rows.get(setting.target, ())
        if setting.version != len(versions) + 1:
            raise StaleVersionError("The setting was changed by somebody else.")
        self._rows[setting.target] = (*versions, setting)

    @override
    async def changes(self, target: Target, *, changes_max: int) -> Sequence[Setting[T]]:
        return self._rows.get(target, ())[::-1][:changes_max]
