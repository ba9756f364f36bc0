"""Choose a new password with a token that was mailed."""

from dataclasses import dataclass

from core.identity.letters import Letter, LetterKind
from core.identity.mail_tokens import MailTokenPurpose, digest_of_mail_token, unknown_mail_token
from core.identity.passwords import accepted_password
from core.identity.throttling import Guarded
from ports.clock import Clock
from ports.identity import IdentityTransactions, PasswordHasher
from ports.ids import IdSource
from ports.published.identity import EmailVerified
from usecases.identity.attempts import Attempts


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Open to whoever has the token; an authenticator app stays needed.

    Every session of the account ends, and what else was mailed is spent. Who got the letter has the address, so it
    counts as verified from then on.
    """

    identity: IdentityTransactions
    hasher: PasswordHasher
    attempts: Attempts
    ids: IdSource
    clock: Clock

    async def __call__(self, token: str, password: str, *, address: str | None = None) -> None:
        """Store the new password, and tell the account.

        Raises MailTokenError, PasswordRefusedError, which leaves the token good, and TooManyAttemptsError for an
        address that tries many.
        """
        attempt = await self.attempts.begin(Guarded.MAIL_TOKEN, account=None, address=address)
        digest = digest_of_mail_token(token)
        async with self.identity.begin() as tx:
            found = await tx.mail_tokens.find(digest)
            account = await tx.accounts.by_id(found.account_id) if found is not None else None
        if found is None or account is None:
            raise unknown_mail_token()
        found.spent(MailTokenPurpose.RESET_PASSWORD, now=self.clock.now())  # before the work of a hash
        password_hash = await self.hasher.hash(accepted_password(password, email=account.email))
        now = self.clock.now()
        async with self.identity.begin(account_id=account.id) as tx:
            current = await tx.accounts.lock(account.id)
            locked = await tx.mail_tokens.lock(digest)
            if current is None or locked is None:
                raise unknown_mail_token()
            await tx.mail_tokens.spend(locked.spent(MailTokenPurpose.RESET_PASSWORD, now=now))
            for purpose in MailTokenPurpose:
                await tx.mail_tokens.spend_all(account.id, purpose, at=now)
            await tx.accounts.set_password_hash(account.id, password_hash, at=now)
            if current.email_verified_at is None:
                await tx.accounts.set_email_verified(account.id, at=now)
                event = EmailVerified(account_id=account.id, email=account.email.address)
                await tx.outbox.add(event, subject=account.id, at=now)
            await tx.refreshes.end_all(account.id, but=None, at=now)
            await tx.letters.add(Letter.notice(account, LetterKind.PASSWORD_WAS_RESET, id=self.ids.new(), now=now))
        await self.attempts.forgive(attempt)
