"""What a MongoDB database keeps about one person, and what it has sent and answered about them."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, override

import msgspec

from adapters.mongo.client import Database, Document, driver_errors_translated
from adapters.mongo.outbox import COLLECTION, MongoOutbox
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.events import Event
from ports.ids import IdSource
from ports.personal_data import Erasure, Person, PersonalData, PersonalDataAnswers, PersonMessages, Records
from ports.published.personal_data import KeptRecord
from ports.stores import StoreUnavailableError

type Shown = Callable[[Document, AccountId], Document]


@dataclass(frozen=True, slots=True)
class PersonDocuments:
    """Documents of one collection in which a member of `accounts` is the person's account id.

    `hidden` members are not shown; or `shown` says what of a document is, where others are named in it too.
    """

    kind: str
    collection: str
    accounts: tuple[str, ...] = ("accountId",)
    hidden: tuple[str, ...] = ("_id",)
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """All collections of one database that hold something of persons; what of it is kept; and the others, with why."""

    documents: tuple[PersonDocuments, ...]
    kept: tuple[KeptRecord, ...]
    about_nobody: Mapping[str, str]


class MongoPersonalData(PersonalData):
    """Shows the documents of every organisation by a plan.

    It forgets none: what is left under the account id is what the plan keeps, and what else is to go, the service's own
    use cases take away.
    """

    def __init__(self, database: Database, plan: DocumentPlan) -> None:
        self._database = database
        self._documents = plan.documents
        self._kept = plan.kept

    @override
    async def collect(self, person: Person) -> Records:
        found: dict[str, list[Mapping[str, Any]]] = {}
        async with driver_errors_translated():
            for each in self._documents:
                hidden = dict.fromkeys(each.hidden, False)
                # Across organisations on purpose: it is the person who asks, not an organisation.
                mine: Document = {"$or": [{member: person.account_id} for member in each.accounts]}
                cursor = self._database.get_collection(each.collection).find(mine, hidden)
                records = [
                    _plain(document if each.shown is None else each.shown(document, person.account_id))
                    async for document in cursor
                ]
                if records:
                    found[each.kind] = records
        return found

    @override
    async def erase(self, person: Person) -> Erasure:
        return Erasure({}, self._kept)


class MongoPersonMessages(PersonMessages):
    """Outbox and idempotency keys of one service."""

    def __init__(self, database: Database) -> None:
        self._outbox = database.get_collection(COLLECTION)
        self._keys = database.get_collection("idempotencyKeys")

    @override
    async def forget(self, person: Person, *, may_wait: Collection[str]) -> None:
        names = [str(person.account_id)] + ([re.escape(person.email)] if person.email is not None else [])
        named: Document = {"payload": {"$regex": "|".join(names), "$options": "i"}}
        async with driver_errors_translated():
            await self._keys.delete_many({"accountId": person.account_id})
            await self._outbox.delete_many(
                {**named, "$or": [{"publishedAt": {"$ne": None}}, {"deadAt": {"$ne": None}}]}
            )
            waits = await self._outbox.find_one({**named, "eventType": {"$nin": list(may_wait)}}, {"eventType": True})
        if waits is not None:
            raise StoreUnavailableError(f"{waits['eventType']}, which names the person, was not sent yet.")


class MongoPersonalDataAnswers(PersonalDataAnswers):
    """Adds to the outbox of the service; each answer is one of its own, since the same may be asked again."""

    def __init__(self, database: Database, ids: IdSource, clock: Clock) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock

    @override
    async def send(self, answers: Sequence[Event], *, about: AccountId) -> None:
        now = self._clock.now()
        outbox = MongoOutbox(self._database, tenant_id=None, cause=now.isoformat(), ids=self._ids)
        for answer in answers:
            await outbox.add(answer, subject=about, at=now)


def _plain(document: Document) -> Mapping[str, Any]:  # Any: as records are
    """Return the document as JSON can hold it; what is binary is left out."""
    kept = {name: value for name, value in document.items() if not isinstance(value, bytes)}
    plain: dict[str, Any] = msgspec.to_builtins(kept, enc_hook=str)
    return plain
