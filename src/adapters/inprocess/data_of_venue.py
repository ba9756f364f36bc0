"""What the venue service keeps about a person; what they have on the market is taken off it before they go."""

from typing import override

from ports.personal_data import Erasure, Person, PersonalData, Records
from usecases.resale.leave_market import LeaveMarket


class VenueData(PersonalData):
    """The rows by their plan, after the market was left."""

    def __init__(self, rows: PersonalData, leave: LeaveMarket) -> None:
        self._rows = rows
        self._leave = leave

    @override
    async def collect(self, person: Person) -> Records:
        return await self._rows.collect(person)

    @override
    async def erase(self, person: Person) -> Erasure:
        await self._leave(person.account_id, email=person.email)
        return await self._rows.erase(person)
