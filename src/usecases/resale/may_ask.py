"""Who may ask about a resale: decided here and nowhere else."""

from core.shared.callers import STAFF, ApiScope, Caller
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId
from ports.published.refusals import RefusedError


def must_be_allowed_to_ask(caller: Caller, *, seller: AccountId | None) -> None:
    """Anyone signed in may ask about passes issued elsewhere.

    About another account's verifications only staff may, and the organisation's services whose key is for it.

    Raises ForbiddenError: what a verdict requires of a seller tells whether somebody is verified.
    """
    if seller is not None and seller != caller.account_id and not _asks_for_all(caller):
        raise ForbiddenError("Only staff may ask about another seller; leave sellerId out to ask without one.")


def must_be_allowed_to_ask_about(caller: Caller, *, holder: AccountId) -> None:
    """Its holder, staff and services may ask about a pass; for everybody else it is not there."""
    if holder != caller.account_id and not _asks_for_all(caller):
        raise RefusedError("admission.pass_not_found", "There is no such pass.")


def _asks_for_all(caller: Caller) -> bool:
    return caller.role in STAFF or caller.may(ApiScope.RESALE_VALIDATE)
