"""Read and change what a person goes by."""

from collections.abc import Callable
from dataclasses import dataclass

from core.users.profile import Profile, ProfileFacts
from ports.clock import Clock
from ports.published.identity import VerifiedToken
from ports.users import UserTransactions
from usecases.users.person import must_not_be_erased, person_behind


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """For each person, about themselves. A profile is there as soon as somebody asks for it."""

    users: UserTransactions
    clock: Clock

    async def read(self, bearer: VerifiedToken) -> Profile:
        """Return the profile; it begins empty where the news of the account did not come yet.

        Raises AccountOfPersonNeededError, PersonErasedError.
        """
        account_id = person_behind(bearer)
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            found = await tx.person.profile()
            return found or await tx.person.put_profile(Profile.begun(account_id, now=self.clock.now()))

    async def change(
        self, change: Callable[[ProfileFacts], ProfileFacts], *, expected_version: int, bearer: VerifiedToken
    ) -> Profile:
        """Return the profile as it is now; raises InvalidInputError and StaleVersionError beside those of `read`."""
        account_id = person_behind(bearer)
        now = self.clock.now()
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            found = await tx.person.profile() or Profile.begun(account_id, now=now)
            return await tx.person.put_profile(
                found.changed(change(found.facts), expected_version=expected_version, now=now)
            )
