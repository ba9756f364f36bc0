"""What receipts need: keys that are kept, and somebody who signs with them."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.resale.receipts.receipt_key import ReceiptKey


class ReceiptKeyStore(Protocol):
    """The receipt keys of the installation. They belong to no tenant, and none is ever deleted."""

    @abstractmethod
    async def all(self) -> Sequence[ReceiptKey]:
        """Return every key, the newest first: that one signs. Raises StoreUnavailableError."""

    @abstractmethod
    async def add_first(self, key: ReceiptKey) -> None:
        """Keep the key unless there is one already, so that processes that start at once agree."""

    @abstractmethod
    async def add(self, key: ReceiptKey) -> None:
        """Keep the key as the newest: from now on it signs, wherever the keys are read anew."""


class ReceiptVerifier(Protocol):
    """Ed25519 (RFC 8032), the public half."""

    @abstractmethod
    def verifies(self, public_key: bytes, *, signature: bytes, message: bytes) -> bool:
        """Tell whether the holder of the key signed exactly this message; needs no secret and no network."""


class ReceiptSigner(Protocol):
    """Ed25519 with private keys that leave it only sealed."""

    @abstractmethod
    def new_key(self, *, at: datetime) -> ReceiptKey:
        """Make a key of the installation."""

    @abstractmethod
    def sign(self, key: ReceiptKey, message: bytes) -> bytes:
        """Return the 64 bytes of the signature; the same key and message give the same.

        Raises ReceiptKeySealError when the key was sealed under another secret.
        """


class ReceiptKeySealError(Exception):
    """A stored private key cannot be opened: a fault in how Fairseat is set up, not in what was asked."""
