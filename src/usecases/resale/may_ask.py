"""Who may ask about a resale: decided here and nowhere else."""

from core.shared.callers import STAFF, Caller
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId
from ports.published.refusals import RefusedError


def must_be_allowed_to_ask(caller: Caller, *, seller: AccountId | None) -> None:
    """Anyone signed in may ask about passes issued elsewhere; about another account's verifications only staff may.

    Raises ForbiddenError: what a verdict requires of a seller tells whether somebody is verified.
    """
    if seller is not None and seller != caller.account_id and caller.role not in STAFF:
        raise ForbiddenError("Only staff may ask about another seller; leave sellerId out to ask without one.")


def must_be_allowed_to_ask_about(caller: Caller, *, holder: AccountId) -> None:
    """Its holder and staff may ask about a pass; for everybody else it is not there."""
    if holder != caller.account_id and caller.role not in STAFF:
        raise RefusedError("admission.pass_not_found", "There is no such pass.")
