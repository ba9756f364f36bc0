"""Choose a new password, knowing the old one."""

from dataclasses import dataclass

from core.identity.letters import Letter, LetterKind
from core.identity.mail_tokens import MailTokenPurpose
from core.identity.passwords import accepted_password
from ports.clock import Clock
from ports.identity import IdentityTransactions, PasswordHasher
from ports.ids import IdSource
from ports.published.identity import VerifiedToken
from usecases.identity.own_password import ConfirmPassword, must_still_be


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """For the signed-in account. Its other sessions end; letters for a reset that are under way are good no more."""

    identity: IdentityTransactions
    confirm: ConfirmPassword
    hasher: PasswordHasher
    ids: IdSource
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, old: str, new: str, address: str | None = None) -> None:
        """Store the new password, and tell the account.

        Raises AccountNeededError, InvalidTokenError, WrongPasswordError, PasswordRefusedError, TooManyAttemptsError.
        """
        account = await self.confirm(bearer, old, address=address)
        accepted = accepted_password(new, email=account.email, pointer="/newPassword")
        password_hash = await self.hasher.hash(accepted)
        now = self.clock.now()
        async with self.identity.begin(account_id=account.id) as tx:
            await must_still_be(account, tx)
            await tx.accounts.set_password_hash(account.id, password_hash, at=now)
            await tx.mail_tokens.spend_all(account.id, MailTokenPurpose.RESET_PASSWORD, at=now)
            await tx.refreshes.end_all(account.id, but=bearer.session_id, at=now)
            await tx.letters.add(Letter.notice(account, LetterKind.PASSWORD_CHANGED, id=self.ids.new(), now=now))
