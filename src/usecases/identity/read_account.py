"""Say who is signed in."""

from dataclasses import dataclass

from core.identity.account import Account
from core.identity.errors import InvalidTokenError
from ports.identity import IdentityTransactions
from ports.published.identity import VerifiedToken
from usecases.identity.grants import account_behind


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """For the signed-in account alone."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken) -> Account:
        """Return the account; raises AccountNeededError, and InvalidTokenError when it is gone."""
        account_id = account_behind(bearer)
        async with self.identity.begin(account_id=account_id) as tx:
            account = await tx.accounts.by_id(account_id)
        if account is None:
            raise InvalidTokenError("The account of this access token does not exist.")
        return account
