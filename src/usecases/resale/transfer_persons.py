"""By which address somebody is known whom passes are offered to."""

from core.resale.transfers.transfer_errors import EmailUnverifiedError
from core.shared.callers import Caller
from core.shared.emails import Email
from ports.published.identity import IdentityApi


async def email_of(identity: IdentityApi, caller: Caller) -> Email | None:
    """Return the caller's verified address; None for a guest, and for who has verified none."""
    address = None if caller.guest else await identity.email_of(account_id=caller.account_id)
    return Email.parse(address) if address is not None else None


async def recipient_email_of(identity: IdentityApi, caller: Caller) -> Email | None:
    """Return the address as above; None for a guest.

    Raises EmailUnverifiedError for an account that has verified none, whatever it asks about.
    """
    email = await email_of(identity, caller)
    if email is None and not caller.guest:
        raise EmailUnverifiedError
    return email
