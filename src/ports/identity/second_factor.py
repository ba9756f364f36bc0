"""What identity needs for the second factor."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.identity.totp import TotpFactor
from core.shared.ids import AccountId


class TotpStore(Protocol):
    """The authenticator apps and recovery codes of the transaction's account; there are no others for it."""

    @abstractmethod
    async def find(self, account_id: AccountId) -> TotpFactor | None:
        """Return the account's app, or None. Raises StoreUnavailableError for a secret that cannot be unsealed."""

    @abstractmethod
    async def lock(self, account_id: AccountId) -> TotpFactor | None:
        """Return the app as `find` does, locked until the transaction ends."""

    @abstractmethod
    async def enrol(self, factor: TotpFactor) -> bool:
        """Store an app in place of one that was never confirmed; False where one is, which stays as it is.

        The secret is stored so that nobody can read it in the database.
        """

    @abstractmethod
    async def confirm(self, factor: TotpFactor, *, recovery_digests: Sequence[bytes]) -> None:
        """Store that the app counts, and its recovery codes in place of any before."""

    @abstractmethod
    async def use_step(self, account_id: AccountId, step: int) -> bool:
        """Note that the code of this step was accepted; False where this or a later one was before.

        Of two callers with one code at once, one gets True.
        """

    @abstractmethod
    async def use_recovery_code(self, account_id: AccountId, digest: bytes, *, at: datetime) -> bool:
        """Spend a recovery code; False where the account has none such that is unspent. Of two at once, one spends."""

    @abstractmethod
    async def recovery_codes_left(self, account_id: AccountId) -> int:
        """Return how many are unspent."""

    @abstractmethod
    async def remove(self, account_id: AccountId) -> None:
        """Delete the app and its recovery codes; nothing happens where there is none."""


class OneTimePasswords(Protocol):
    """Secrets and codes of authenticator apps."""

    @abstractmethod
    def new_secret(self) -> bytes:
        """Return 20 new bytes that cannot be guessed."""

    @abstractmethod
    def new_recovery_code(self) -> str:
        """Return a new code of 80 random bits, in groups that people can type."""

    @abstractmethod
    def shown(self, secret: bytes) -> str:
        """Return the secret as apps want it typed (base32)."""

    @abstractmethod
    def uri(self, secret: bytes, *, account: str) -> str:
        """Return the `otpauth://` address that apps read."""

    @abstractmethod
    def qr_code(self, uri: str) -> bytes:
        """Return the address as a QR code, an SVG drawing."""

    @abstractmethod
    def step_of(self, secret: bytes, code: str, *, now: datetime) -> int | None:
        """Return the time step whose code this is: now's, or the one before or after; None for no such code."""
