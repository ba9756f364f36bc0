"""Stores a change of a connected account together with the news of it."""

from datetime import datetime

from core.payments.accounts import AccountChange, ConnectedAccount, OwnerKind
from ports.payments import PaymentTransaction
from ports.published.payments import AccountChanged


async def keep_account(
    tx: PaymentTransaction, change: AccountChange | None, *, current: ConnectedAccount, now: datetime
) -> ConnectedAccount:
    """Return the account as it is from now on; None for the change leaves `current` alone.

    What is owed to an account that may receive money now is sent by the sweep at once. Only of venues others are told.
    """
    if change is None:
        return current
    account = change.account
    await tx.accounts.save(account)
    if account.receives is not None and account.receives != current.receives:
        await tx.payouts.wake_owed(account.owner, at=now)
    if change.is_news and account.account_id is not None and account.owner.kind is OwnerKind.VENUE:
        news = AccountChanged(
            venue_id=account.owner.id,
            stripe_account=account.account_id,
            charges_enabled=account.charges_enabled,
            payouts_enabled=account.payouts_enabled,
            deauthorized=account.deauthorized_at is not None,
            missing=account.requirements.missing,
            disabled_reason=account.requirements.disabled_reason,
            version=account.version,
        )
        await tx.outbox.add(news, subject=account.owner.id, at=now)
    return account
