"""How use cases make sure that it is the account's owner who asks, not who found their device open."""

from dataclasses import dataclass

from core.identity.account import Account
from core.identity.errors import InvalidTokenError, WrongPasswordError
from core.identity.passwords import normal_password
from core.identity.throttling import Guarded
from core.shared.ids import AccountId
from ports.identity import IdentityTransaction, IdentityTransactions, PasswordHasher
from ports.published.identity import VerifiedToken
from usecases.identity.attempts import Attempts
from usecases.identity.grants import account_behind


@dataclass(frozen=True, slots=True)
class ConfirmPassword:
    """For the use cases that change how somebody signs in."""

    identity: IdentityTransactions
    hasher: PasswordHasher
    attempts: Attempts

    async def __call__(self, bearer: VerifiedToken, password: str, *, address: str | None) -> Account:
        """Return the account whose password this is.

        Raises AccountNeededError, InvalidTokenError when the account is gone, TooManyAttemptsError, and
        WrongPasswordError.
        """
        return await self.of(account_behind(bearer), password, address=address)

    async def of(self, account_id: AccountId, password: str, *, address: str | None) -> Account:
        """Do the same for whoever is known to be the account's; raises as above, but for AccountNeededError."""
        async with self.identity.begin(account_id=account_id) as tx:
            account = await tx.accounts.by_id(account_id)
        if account is None:
            raise InvalidTokenError("The account of this access token does not exist.")
        attempt = await self.attempts.begin(Guarded.PASSWORD, account=account.email.key, address=address)
        if not await self.hasher.verify(normal_password(password), account.password_hash):
            raise wrong_password()
        await self.attempts.forgive(attempt)
        return account


async def must_still_be(account: Account, tx: IdentityTransaction) -> None:
    """Lock the account; raises WrongPasswordError when its password was changed since it was asked for."""
    now = await tx.accounts.lock(account.id)
    if now is None or now.password_hash != account.password_hash:
        raise wrong_password()


def wrong_password() -> WrongPasswordError:
    """Return the refusal."""
    return WrongPasswordError("This is not the password of the account.")
