"""By which address somebody is known whom passes are offered to."""

from core.shared.callers import Caller
from core.shared.emails import Email
from ports.published.identity import IdentityApi


async def email_of(identity: IdentityApi, caller: Caller) -> Email | None:
    """Return the caller's address; None for a guest."""
    address = None if caller.guest else await identity.email_of(account_id=caller.account_id)
    return Email.parse(address) if address is not None else None
