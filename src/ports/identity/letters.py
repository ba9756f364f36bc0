"""What identity needs to write to people: letters that wait in its own database, and tokens that go with them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.identity.letters import Letter
from core.identity.mail_tokens import MailToken, MailTokenPurpose
from core.shared.ids import AccountId


class MailTokenStore(Protocol):
    """The mailed tokens, by digest only. They are written by transactions that name their account."""

    @abstractmethod
    async def add(self, token: MailToken) -> None:
        """Store a new token."""

    @abstractmethod
    async def find(self, digest: bytes) -> MailToken | None:
        """Return the token, or None; any transaction may ask, since who brings one is not known yet."""

    @abstractmethod
    async def lock(self, digest: bytes) -> MailToken | None:
        """Return a token of the transaction's account as `find` does, locked until the transaction ends."""

    @abstractmethod
    async def spend(self, token: MailToken) -> None:
        """Store the spent state of a token that is locked."""

    @abstractmethod
    async def spend_all(self, account_id: AccountId, purpose: MailTokenPurpose, *, at: datetime) -> None:
        """Spend what the account has left of these."""

    @abstractmethod
    async def forget_expired(self, *, before: datetime, tokens_max: int) -> int:
        """Delete tokens that expired before this, at most `tokens_max`; return how many went."""


class Letters(Protocol):
    """Letters that go out when the transaction ends well."""

    @abstractmethod
    async def add(self, letter: Letter) -> bool:
        """Store a letter; False where one with this id waits already. It is for the transaction's account, or for none.

        What it says is stored so that nobody can read it in the database.
        """


@dataclass(frozen=True, slots=True)
class ClaimedLetter:
    """A letter to be sent now, and how often that has failed. `letter` is None where it cannot be read any more."""

    id: UUID
    tries: int
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class LetterBacklog:
    """Letters that wait, those that were given up, the age of the oldest that waits, and what went wrong last."""

    waiting: int
    dead: int
    oldest_age_s: float
    last_error: str | None


class LetterQueue(Protocol):
    """The letters that wait, of all accounts; several senders may share it."""

    @abstractmethod
    async def claim(self, *, now: datetime, letters_max: int, lease_s: float) -> Sequence[ClaimedLetter]:
        """Return letters that are due, oldest first, and show them to no other sender for `lease_s`.

        A sender that dies leaves them to the next when that is over.
        """

    @abstractmethod
    async def done(self, letter_id: UUID) -> None:
        """Forget a letter that was sent; nothing happens for one that is gone."""

    @abstractmethod
    async def failed(self, letter_id: UUID, *, error: str, at: datetime, retry_at: datetime | None) -> None:
        """Put a letter off until `retry_at`; with None it is given up: kept without what it says, for people to see."""

    @abstractmethod
    async def backlog(self, *, now: datetime) -> LetterBacklog:
        """Return how the queue stands."""

    @abstractmethod
    async def forget_dead(self, *, before: datetime, letters_max: int) -> int:
        """Delete letters that were given up before this, at most `letters_max`; return how many went."""
