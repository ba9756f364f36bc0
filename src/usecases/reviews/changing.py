"""Change a review that others may change at the same time."""

from collections.abc import Callable

from core.reviews.errors import ReviewNotFoundError
from core.reviews.review import Review
from core.shared.callers import Caller
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import ReviewId, TenantId
from ports.reviews import ReviewStore
from ports.stores import StoreUnavailableError

_TRIES_MAX = 50


async def change_review(
    reviews: ReviewStore, tenant_id: TenantId, review_id: ReviewId, rule: Callable[[Review], Review]
) -> Review:
    """Apply a rule to the review and return it as it was kept; the rule is asked again when somebody was faster.

    Raises ReviewNotFoundError, what the rule raises, and StoreUnavailableError when others are always faster.
    """
    for _ in range(_TRIES_MAX):
        before = await reviews.get(tenant_id, review_id)
        if before is None:
            raise ReviewNotFoundError
        after = rule(before)
        if after == before or await reviews.save(tenant_id, before, after):
            return after
    raise StoreUnavailableError("The review is being changed by too many at once; try again.")


def must_be_version(review: Review, expected_version: int) -> None:
    """Raise StaleVersionError when the review changed since that version; counts do not matter."""
    if review.version != expected_version:
        raise StaleVersionError("The review was changed meanwhile; read it again.")


def must_have_account(caller: Caller) -> None:
    """Raise ForbiddenError for guests, whose accounts end with their purchase."""
    if caller.guest:
        raise ForbiddenError("Sign in with an account of your own to take part in reviews.")
