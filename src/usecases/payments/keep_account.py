"""Stores a change of a connected account together with the news of it."""

from datetime import datetime

from core.payments.accounts import AccountChange, ConnectedAccount
from ports.payments import PaymentTransaction
from ports.published.payments import AccountChanged


async def keep_account(
    tx: PaymentTransaction, change: AccountChange | None, *, current: ConnectedAccount, now: datetime
) -> ConnectedAccount:
    """Return the account as it is from now on; None for the change leaves `current` alone."""
    if change is None:
        return current
    account = change.account
    await tx.accounts.save(account)
    if change.is_news and account.account_id is not None:
        news = AccountChanged(
            venue_id=account.venue_id,
            stripe_account=account.account_id,
            charges_enabled=account.charges_enabled,
            payouts_enabled=account.payouts_enabled,
            deauthorized=account.deauthorized_at is not None,
            missing=account.requirements.missing,
            disabled_reason=account.requirements.disabled_reason,
            version=account.version,
        )
        await tx.outbox.add(news, subject=account.venue_id, at=now)
    return account
