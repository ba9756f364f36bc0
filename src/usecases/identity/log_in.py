"""Begin a session."""

from dataclasses import dataclass

from core.identity.access import fan_access
from core.identity.account import Account
from core.identity.errors import InvalidCredentialsError
from core.identity.passwords import normal_password
from core.identity.sessions import RefreshFamily, RefreshToken
from core.identity.throttling import Guarded
from core.shared.emails import Email
from core.shared.errors import InvalidInputError
from ports.clock import Clock
from ports.identity import IdentityTransactions, PasswordHasher, RefreshSecrets, TokenSigner
from ports.ids import IdSource
from usecases.identity.attempts import Attempts
from usecases.identity.grants import Grant, grant_of
from usecases.identity.second_factor import SecondFactor


@dataclass(frozen=True, slots=True)
class LogIn:
    """Open to everyone. An unknown e-mail costs as much time as a wrong password, and gets the same answer.

    What fails is counted, for the e-mail, whether anybody has it or not, and for the address that it came from.
    """

    identity: IdentityTransactions
    hasher: PasswordHasher
    signer: TokenSigner
    secrets: RefreshSecrets
    attempts: Attempts
    factor: SecondFactor
    ids: IdSource
    clock: Clock

    async def __call__(
        self, *, email: str, password: str, totp_code: str | None = None, address: str | None = None
    ) -> Grant:
        """Return the tokens of a new session.

        Raises TooManyAttemptsError, InvalidCredentialsError, and where the account has an authenticator app
        TotpRequiredError without a code and TotpWrongError for one that is wrong or was used before.
        """
        account, attempted = await self._find(email)
        attempt = await self.attempts.begin(Guarded.PASSWORD, account=attempted, address=address)
        normal = normal_password(password)
        matches = await self.hasher.verify(normal, account.password_hash if account else None)
        if account is None or not matches:
            raise _wrong()
        await self.attempts.forgive(attempt)
        code_attempt = await self.factor.begin(account, totp_code, address=address)
        new_hash = await self.hasher.hash(normal) if self.hasher.outdated(account.password_hash) else None
        now = self.clock.now()
        secret = self.secrets.new()
        family = RefreshFamily(id=self.ids.new(), account_id=account.id, started_at=now)
        async with self.identity.begin(account_id=account.id) as tx:
            # Whoever resets the password meanwhile ends this session too, or was here first.
            current = await tx.accounts.lock(account.id)
            if current is None or current.password_hash != account.password_hash:
                raise _wrong()
            await self.factor.spend(account, totp_code, tx)
            if new_hash is not None:
                await tx.accounts.set_password_hash(account.id, new_hash, at=now)
            await tx.refreshes.start(family, RefreshToken.issued(secret, family_id=family.id, now=now))
        if code_attempt is not None:
            await self.attempts.forgive(code_attempt)
        claims = fan_access(token_id=self.ids.new(), account_id=account.id, now=now, session_id=family.id)
        return await grant_of(claims, signer=self.signer, refresh_token=secret)

    async def _find(self, email: str) -> tuple[Account | None, str]:
        """Return the account, and by which name its attempts are counted."""
        try:
            parsed = Email.parse(email)
        except InvalidInputError:
            return None, email.casefold()
        async with self.identity.begin() as tx:
            return await tx.accounts.by_email(parsed), parsed.key


def _wrong() -> InvalidCredentialsError:
    return InvalidCredentialsError("The e-mail address and the password do not belong together.")
