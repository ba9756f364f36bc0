"""What the admission service keeps about a person; passes that nobody can reach any more end before they go."""

from typing import override

from ports.personal_data import Erasure, Person, PersonalData, Records
from usecases.admission.give_up_passes import GiveUpPasses


class AdmissionData(PersonalData):
    """The rows by their plan, after the passes to come were given up."""

    def __init__(self, rows: PersonalData, give_up: GiveUpPasses) -> None:
        self._rows = rows
        self._give_up = give_up

    @override
    async def collect(self, person: Person) -> Records:
        return await self._rows.collect(person)

    @override
    async def erase(self, person: Person) -> Erasure:
        ended = await self._give_up(person.account_id)
        erasure = await self._rows.erase(person)
        removed = {**erasure.removed, "passesToCome": ended} if ended else erasure.removed
        return Erasure(removed, erasure.kept)
