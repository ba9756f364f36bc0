"""Begin what is kept of a person when their account is opened."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import AccountId
from core.users.preferences import Preferences
from core.users.profile import Profile
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.identity import AccountRegistered
from ports.users import UserTransactions

CONSUMER = "users.welcome_person"


@dataclass(frozen=True, slots=True)
class WelcomePerson(Consumer[AccountRegistered]):
    """For events. Somebody may have looked at their profile before the news came; what they said by then stays."""

    users: UserTransactions
    clock: Clock

    @override
    async def __call__(self, event: AccountRegistered, delivery: Delivery) -> None:
        account_id, now = AccountId(event.account_id), self.clock.now()
        async with self.users.begin(account_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=CONSUMER, at=now) or await tx.person.is_erased():
                return
            known = await tx.person.profile()
            if known is None:
                await tx.person.put_profile(Profile.begun(account_id, display_name=event.display_name, now=now))
            else:
                await tx.person.put_profile(known.introduced(event.display_name, now=now))
            if await tx.person.preferences() is None:
                await tx.person.put_preferences(Preferences.begun(account_id, now=now))
