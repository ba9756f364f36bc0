"""Receipt keys in memory."""

from collections.abc import Sequence
from typing import override

from core.resale.receipts.receipt_key import ReceiptKey
from ports.resale.receipts import ReceiptKeyStore


class MemoryReceiptKeys(ReceiptKeyStore):
    """The twin of the table, for unit tests and demonstrations."""

    def __init__(self) -> None:
        self._keys: list[ReceiptKey] = []

    @override
    async def all(self) -> Sequence[ReceiptKey]:
        return sorted(self._keys, key=lambda key: (key.created_at, key.key_id), reverse=True)

    @override
    async def add_first(self, key: ReceiptKey) -> None:
        if not self._keys:
            self._keys.append(key)

    @override
    async def add(self, key: ReceiptKey) -> None:
        self._keys.append(key)
