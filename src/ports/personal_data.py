"""What every service can do with what it keeps about one person: gather it, and forget it."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NewType, Protocol

from core.shared.ids import AccountId
from ports.events import Event
from ports.published.personal_data import KeptRecord

ServiceName = NewType("ServiceName", str)
"""Which service this is, such as `order`: it signs its answers with that."""

type Record = Mapping[str, Any]
"""A row or document as it may be shown to the person. Any: records are as different as tables."""

type Records = Mapping[str, Sequence[Record]]
"""Records by the name of their kind."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data it is; `email` is their own in lower case, None where they did not prove that it is."""

    account_id: AccountId
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was forgotten, as counts by kind, and what stays, with the reason."""

    removed: Mapping[str, int]
    kept: tuple[KeptRecord, ...]


class PersonalData(Protocol):
    """What one service keeps about persons, in every organisation.

    Both raise StoreUnavailableError when the store cannot be reached.
    """

    @abstractmethod
    async def collect(self, person: Person) -> Records:
        """Return all that is kept about the person, without secrets and without what is about others."""

    @abstractmethod
    async def erase(self, person: Person) -> Erasure:
        """Forget the person; safe to repeat. Nothing that is left says who they were, and nobody else's data changes.

        Their account id stays where records would not hang together without it: an opaque number, by then nobody's.
        """


class PersonMessages(Protocol):
    """What one service has sent and answered: events in its outbox, answers to idempotent requests."""

    @abstractmethod
    async def forget(self, person: Person, *, may_wait: Collection[str]) -> None:
        """Delete what names the person, but for events that still wait to be sent.

        Raises StoreUnavailableError when such an event waits that is of no type in `may_wait`: try again later.
        """


class PersonalDataAnswers(Protocol):
    """The way out for the service's answers."""

    @abstractmethod
    async def send(self, answers: Sequence[Event], *, about: AccountId) -> None:
        """Store the events in the outbox in one transaction, which belongs to no organisation."""
