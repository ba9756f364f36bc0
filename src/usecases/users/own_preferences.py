"""Read and replace what a person wants to be told."""

from dataclasses import dataclass

from core.users.preferences import Preferences, Wishes
from ports.clock import Clock
from ports.published.identity import VerifiedToken
from ports.users import UserTransactions
from usecases.users.person import must_not_be_erased, person_behind


@dataclass(frozen=True, slots=True)
class OwnPreferences:
    """For each person, about themselves. Who never said anything gets no advertising."""

    users: UserTransactions
    clock: Clock

    async def read(self, bearer: VerifiedToken) -> Preferences:
        """Return the preferences; raises AccountOfPersonNeededError, PersonErasedError."""
        account_id = person_behind(bearer)
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            found = await tx.person.preferences()
            return found or await tx.person.put_preferences(Preferences.begun(account_id, now=self.clock.now()))

    async def replace(self, wishes: Wishes, *, expected_version: int, bearer: VerifiedToken) -> Preferences:
        """Return the preferences as they are now; raises StaleVersionError beside those of `read`."""
        account_id = person_behind(bearer)
        now = self.clock.now()
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            found = await tx.person.preferences() or Preferences.begun(account_id, now=now)
            return await tx.person.put_preferences(found.changed(wishes, expected_version=expected_version, now=now))
