"""Begin a session."""

from dataclasses import dataclass

from core.identity.access import fan_access
from core.identity.account import Account
from core.identity.errors import InvalidCredentialsError
from core.identity.passwords import normal_password
from core.identity.sessions import RefreshFamily, RefreshToken
from core.shared.emails import Email
from core.shared.errors import InvalidInputError
from ports.clock import Clock
from ports.identity import IdentityTransactions, PasswordHasher, RefreshSecrets, TokenSigner
from ports.ids import IdSource
from usecases.identity.grants import Grant, grant_of


@dataclass(frozen=True, slots=True)
class LogIn:
    """Open to everyone. An unknown e-mail costs as much time as a wrong password, and gets the same answer."""

    identity: IdentityTransactions
    hasher: PasswordHasher
    signer: TokenSigner
    secrets: RefreshSecrets
    ids: IdSource
    clock: Clock

    async def __call__(self, *, email: str, password: str) -> Grant:
        """Return the tokens of a new session; raises InvalidCredentialsError."""
        account = await self._find(email)
        normal = normal_password(password)
        matches = await self.hasher.verify(normal, account.password_hash if account else None)
        if account is None or not matches:
            raise InvalidCredentialsError("The e-mail address and the password do not belong together.")
        new_hash = await self.hasher.hash(normal) if self.hasher.outdated(account.password_hash) else None
        now = self.clock.now()
        secret = self.secrets.new()
        family = RefreshFamily(id=self.ids.new(), account_id=account.id, started_at=now)
        async with self.identity.begin(account_id=account.id) as tx:
            if new_hash is not None:
                await tx.accounts.set_password_hash(account.id, new_hash, at=now)
            await tx.refreshes.start(family, RefreshToken.issued(secret, family_id=family.id, now=now))
        claims = fan_access(token_id=self.ids.new(), account_id=account.id, now=now)
        return await grant_of(claims, signer=self.signer, refresh_token=secret)

    async def _find(self, email: str) -> Account | None:
        try:
            parsed = Email.parse(email)
        except InvalidInputError:
            return None
        async with self.identity.begin() as tx:
            return await tx.accounts.by_email(parsed)
