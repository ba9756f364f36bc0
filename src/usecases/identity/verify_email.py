"""Show that an e-mail address is one's own."""

from dataclasses import dataclass

from core.identity.mail_tokens import MailTokenPurpose, digest_of_mail_token, unknown_mail_token
from core.identity.throttling import Guarded
from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.published.identity import EmailVerified
from usecases.identity.attempts import Attempts


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Open to whoever has the token that was mailed, signed in or not."""

    identity: IdentityTransactions
    attempts: Attempts
    clock: Clock

    async def __call__(self, token: str, *, address: str | None = None) -> None:
        """Note that the address is the account's, and spend every such token of it.

        Raises MailTokenError, and TooManyAttemptsError for an address that tries many.
        """
        attempt = await self.attempts.begin(Guarded.MAIL_TOKEN, account=None, address=address)
        digest = digest_of_mail_token(token)
        now = self.clock.now()
        async with self.identity.begin() as tx:
            found = await tx.mail_tokens.find(digest)
        if found is None:
            raise unknown_mail_token()
        async with self.identity.begin(account_id=found.account_id) as tx:
            account = await tx.accounts.lock(found.account_id)
            locked = await tx.mail_tokens.lock(digest)
            if account is None or locked is None:
                raise unknown_mail_token()
            await tx.mail_tokens.spend(locked.spent(MailTokenPurpose.VERIFY_EMAIL, now=now))
            await tx.mail_tokens.spend_all(account.id, MailTokenPurpose.VERIFY_EMAIL, at=now)
            if account.email_verified_at is None:
                await tx.accounts.set_email_verified(account.id, at=now)
                event = EmailVerified(account_id=account.id, email=account.email.address)
                await tx.outbox.add(event, subject=account.id, at=now)
        await self.attempts.forgive(attempt)
