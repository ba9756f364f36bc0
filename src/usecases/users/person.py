"""Who asks about themselves."""

from core.shared.ids import AccountId
from core.users.errors import AccountOfPersonNeededError, PersonErasedError
from ports.published.identity import VerifiedToken
from ports.users import UserTransaction


def person_behind(bearer: VerifiedToken) -> AccountId:
    """Return the account of the token; raises AccountOfPersonNeededError for guests and API keys, which have none."""
    if bearer.guest or bearer.scopes is not None:
        raise AccountOfPersonNeededError("Only an account of a person has this; sign in with one.")
    return AccountId(bearer.account_id)


async def must_not_be_erased(tx: UserTransaction) -> None:
    """Raise PersonErasedError for a person who asked to be forgotten, while a token of theirs still runs."""
    if await tx.person.is_erased():
        raise PersonErasedError("You asked to be forgotten; nothing about you is taken any more.")
