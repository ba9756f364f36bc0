"""What a service keeps about persons, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from adapters.memory.messaging import MemoryMessages
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.events import Event
from ports.personal_data import (
    Erasure,
    Person,
    PersonalData,
    PersonalDataAnswers,
    PersonMessages,
    Records,
)
from ports.published.personal_data import KeptRecord
from ports.stores import StoreUnavailableError


@dataclass(slots=True)
class MemoryPersonalData(PersonalData):
    """Records by account and kind. Those of `erased_kinds` go with the person, others lose these members."""

    records: dict[AccountId, dict[str, list[dict[str, object]]]] = field(
        default_factory=dict[AccountId, dict[str, list[dict[str, object]]]]
    )
    cleared: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    kept: tuple[KeptRecord, ...] = ()

    @override
    async def collect(self, person: Person) -> Records:
        found = self.records.get(person.account_id, {})
        return {kind: [dict(record) for record in records] for kind, records in found.items() if records}

    @override
    async def erase(self, person: Person) -> Erasure:
        removed: dict[str, int] = {}
        for kind, records in self.records.get(person.account_id, {}).items():
            if kind in self.cleared:
                named = [record for record in records if any(record.get(name) for name in self.cleared[kind])]
                for record in named:
                    record.update(dict.fromkeys(self.cleared[kind]))
                removed[kind] = len(named)
            else:
                removed[kind] = len(records)
                records.clear()
        return Erasure({kind: count for kind, count in removed.items() if count}, self.kept)


@dataclass(frozen=True, slots=True)
class MemoryPersonMessages(PersonMessages):
    """The messages of a service in memory."""

    messages: MemoryMessages

    @override
    async def forget(self, person: Person, *, may_wait: Collection[str]) -> None:
        named = [
            (key, row) for key, row in self.messages.rows.items() if _names(person, bytes(row.envelope.data).decode())
        ]
        for _, row in named:
            if row.waits and row.envelope.type not in may_wait:
                raise StoreUnavailableError("An event about the person was not sent yet.")
        for key, row in named:
            if not row.waits:
                del self.messages.rows[key]


@dataclass(frozen=True, slots=True)
class MemoryPersonalDataAnswers(PersonalDataAnswers):
    """Adds to the outbox of a service in memory."""

    messages: MemoryMessages
    clock: Clock

    @override
    async def send(self, answers: Sequence[Event], *, about: AccountId) -> None:
        now: datetime = self.clock.now()
        async with self.messages.transaction():
            for answer in answers:
                await self.messages.outbox(None).add(answer, subject=about, at=now)


def _names(person: Person, text: str) -> bool:
    text = text.lower()
    return str(person.account_id) in text or (person.email is not None and person.email in text)
