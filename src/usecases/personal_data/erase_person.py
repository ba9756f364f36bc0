"""Forget a person."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import AccountId
from ports.events import Consumer, Delivery
from ports.personal_data import Person, PersonalData, PersonalDataAnswers, PersonMessages, ServiceName
from ports.published.personal_data import PersonalDataCollected, PersonalDataErased
from ports.published.users import ErasureRequested, ExportRequested, PersonErased

_OF_THE_ERASURE = frozenset(
    {ExportRequested.event_type, ErasureRequested.event_type, PersonalDataCollected.event_type}
    | {PersonalDataErased.event_type, PersonErased.event_type}
)
_NAME_NOBODY = frozenset({PersonalDataErased.event_type, PersonErased.event_type})


@dataclass(frozen=True, slots=True)
class ErasePerson(Consumer[ErasureRequested]):
    """For events. Safe to repeat, so it needs no inbox: asked again it says what was left to forget.

    An event about the person that was not sent yet is waited for; the request comes again.
    """

    service: ServiceName
    data: PersonalData
    messages: PersonMessages
    answers: PersonalDataAnswers

    @override
    async def __call__(self, event: ErasureRequested, delivery: Delivery) -> None:
        person = Person(AccountId(event.account_id), event.email)
        erasure = await self.data.erase(person)
        await self.messages.forget(person, may_wait=_OF_THE_ERASURE)
        answer = PersonalDataErased(
            request_id=event.request_id,
            account_id=event.account_id,
            service=self.service,
            removed=dict(erasure.removed),
            kept=erasure.kept,
        )
        await self.answers.send([answer], about=person.account_id)


@dataclass(frozen=True, slots=True)
class ForgetMessages(Consumer[PersonErased]):
    """For events: the messages of the erasure itself, and of exports before it, go when it is over."""

    messages: PersonMessages

    @override
    async def __call__(self, event: PersonErased, delivery: Delivery) -> None:
        await self.messages.forget(Person(AccountId(event.account_id)), may_wait=_NAME_NOBODY)
