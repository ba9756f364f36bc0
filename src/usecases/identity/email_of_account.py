"""Say which e-mail address an account has shown to be its own."""

from dataclasses import dataclass

from core.shared.emails import Email
from core.shared.ids import AccountId
from ports.identity import IdentityTransactions


@dataclass(frozen=True, slots=True)
class EmailOfAccount:
    """For the other contexts, which have asked who may know."""

    identity: IdentityTransactions

    async def __call__(self, account_id: AccountId) -> Email | None:
        """Return the verified address; None where it is not verified, for a guest, and for who is not there."""
        async with self.identity.begin(account_id=account_id) as tx:
            account = await tx.accounts.by_id(account_id)
        return account.email if account is not None and account.email_verified_at is not None else None
