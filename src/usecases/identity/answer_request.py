"""Answer who asked for a letter with a token."""

from dataclasses import dataclass

from core.identity.letters import ANSWERED_BY, Letter
from core.identity.mail_tokens import MailToken, MailTokenPurpose
from core.shared.emails import Email
from ports.clock import Clock
from ports.identity import IdentityTransactions, RefreshSecrets


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Background work on one request."""

    identity: IdentityTransactions
    secrets: RefreshSecrets
    clock: Clock

    async def __call__(self, request: Letter) -> None:
        """Write to the account with this address, if there is one; the same request again writes no second letter.

        Nobody verifies twice.
        """
        purpose = ANSWERED_BY[request.kind]
        async with self.identity.begin() as tx:
            account = await tx.accounts.by_email(Email.parse(request.to))
        if account is None:
            return
        if purpose is MailTokenPurpose.VERIFY_EMAIL and account.email_verified_at is not None:
            return
        now = self.clock.now()
        secret = self.secrets.new_mail_token()
        letter = Letter.with_token(account, purpose, secret, id=request.answer_id, now=now)
        async with self.identity.begin(account_id=account.id) as tx:
            if await tx.letters.add(letter):
                await tx.mail_tokens.add(MailToken.issued(secret, purpose, account_id=account.id, now=now))
