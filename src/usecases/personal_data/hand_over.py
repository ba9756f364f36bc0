"""Gather what this service keeps about a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any, override

from core.shared.ids import AccountId
from ports.events import Consumer, Delivery
from ports.personal_data import Person, PersonalData, PersonalDataAnswers, Record, Records, ServiceName
from ports.published.personal_data import PersonalDataCollected
from ports.published.users import ExportRequested

RECORDS_A_PAGE_MAX = 200
"""So that no message outgrows what a broker carries."""


@dataclass(frozen=True, slots=True)
class HandOverPersonalData(Consumer[ExportRequested]):
    """For events. Asked again it gathers again: the pages that come last count, so it needs no inbox."""

    service: ServiceName
    data: PersonalData
    answers: PersonalDataAnswers

    @override
    async def __call__(self, event: ExportRequested, delivery: Delivery) -> None:
        person = Person(AccountId(event.account_id), event.email)
        pages = list(_pages(await self.data.collect(person))) or [{}]
        answers = [
            PersonalDataCollected(
                request_id=event.request_id,
                account_id=event.account_id,
                service=self.service,
                page=number,
                pages=len(pages),
                data=page,
            )
            for number, page in enumerate(pages, start=1)
        ]
        await self.answers.send(answers, about=person.account_id)


def _pages(records: Records) -> Iterator[dict[str, list[dict[str, Any]]]]:
    every: list[tuple[str, Record]] = [(kind, record) for kind, found in records.items() for record in found]
    for some in batched(every, RECORDS_A_PAGE_MAX, strict=False):
        page: dict[str, list[dict[str, Any]]] = {}
        for kind, record in some:
            page.setdefault(kind, []).append(dict(record))
        yield page
