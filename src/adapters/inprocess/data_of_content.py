"""What the content service keeps about a person: what they said of venues, and what they made for venues as staff."""

from typing import override

from ports.personal_data import Erasure, Person, PersonalData, Records
from usecases.reviews.forget_reviewer import ForgetReviewer


class ContentData(PersonalData):
    """The documents by their plan; reviews and reactions are forgotten so that the numbers of others stay right."""

    def __init__(self, documents: PersonalData, forget: ForgetReviewer) -> None:
        self._documents = documents
        self._forget = forget

    @override
    async def collect(self, person: Person) -> Records:
        return await self._documents.collect(person)

    @override
    async def erase(self, person: Person) -> Erasure:
        removed = await self._forget(person.account_id)
        kept = (await self._documents.erase(person)).kept
        return Erasure(removed, kept)
