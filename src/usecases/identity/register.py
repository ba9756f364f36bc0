"""Open an account."""

from dataclasses import dataclass

from core.identity.account import Account
from core.identity.letters import Letter
from core.identity.mail_tokens import MailToken, MailTokenPurpose
from core.identity.passwords import accepted_password
from core.shared.emails import Email
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.identity import IdentityTransactions, PasswordHasher, RefreshSecrets
from ports.ids import IdSource
from ports.published.identity import AccountRegistered


@dataclass(frozen=True, slots=True)
class Register:
    """Open to everyone. An e-mail address has one account, whatever the case of its letters.

    A letter goes to the address, whose link verifies it.
    """

    identity: IdentityTransactions
    hasher: PasswordHasher
    secrets: RefreshSecrets
    ids: IdSource
    clock: Clock

    async def __call__(self, *, email: str, password: str, display_name: str) -> Account:
        """Return the new account; raises InvalidInputError, PasswordRefusedError, EmailTakenError."""
        parsed = Email.parse(email)
        accepted = accepted_password(password, email=parsed)
        now = self.clock.now()
        # Hashing is slow on purpose, so it comes before the transaction and holds no connection.
        account = Account.opened(
            id=AccountId(self.ids.new()),
            email=parsed,
            display_name=display_name,
            password_hash=await self.hasher.hash(accepted),
            now=now,
        )
        secret, purpose = self.secrets.new_mail_token(), MailTokenPurpose.VERIFY_EMAIL
        event = AccountRegistered(account_id=account.id, email=account.email.address, display_name=account.display_name)
        async with self.identity.begin(account_id=account.id) as tx:
            await tx.accounts.add(account)
            await tx.mail_tokens.add(MailToken.issued(secret, purpose, account_id=account.id, now=now))
            await tx.letters.add(Letter.with_token(account, purpose, secret, id=self.ids.new(), now=now))
            await tx.outbox.add(event, subject=account.id, at=now)
        return account
