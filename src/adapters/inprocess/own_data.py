"""What the user service itself keeps about a person."""

from dataclasses import asdict, dataclass
from typing import Any, override

from core.users.profile import ProfileFacts
from ports.personal_data import Erasure, Person, PersonalData, Records
from ports.published.personal_data import KeptRecord
from ports.users import UserTransactions

_KEPT = (
    KeptRecord(
        what="the request itself, under an account id that leads nowhere",
        why="so that the person stays forgotten, and the erasure can be proved (GDPR, articles 5 and 17)",
    ),
)


@dataclass(frozen=True, slots=True)
class OwnPersonalData(PersonalData):
    """Profile, preferences, billing address; copies that were made before are no part of a copy."""

    users: UserTransactions

    @override
    async def collect(self, person: Person) -> Records:
        found: dict[str, list[dict[str, Any]]] = {}
        async with self.users.begin(person.account_id) as tx:
            profile = await tx.person.profile()
            preferences = await tx.person.preferences()
            address = await tx.person.billing_address()
        if profile is not None:
            facts: ProfileFacts = profile.facts
            found["profile"] = [{**asdict(facts), "created_at": profile.created_at.isoformat()}]
        if preferences is not None:
            found["preferences"] = [asdict(preferences.wishes)]
        if address is not None:
            found["billingAddress"] = [asdict(address.address)]
        return found

    @override
    async def erase(self, person: Person) -> Erasure:
        async with self.users.begin(person.account_id) as tx:
            return Erasure(await tx.person.forget(), _KEPT)
