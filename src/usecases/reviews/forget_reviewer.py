"""Forget who wrote reviews, and who said something of others' reviews."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.shared.ids import AccountId
from ports.clock import Clock
from ports.ids import IdSource
from ports.reviews import ReactionKind, ReactionStore, ReviewInTenant, ReviewStore
from ports.stores import StoreUnavailableError
from usecases.reviews.count_reactions import ReactionCount

_TRIES_MAX = 100


@dataclass(frozen=True, slots=True)
class ForgetReviewer:
    """For the saga of a person who is to be forgotten; safe to repeat, and to be cut off at any point.

    A review goes with all that it says, and with what others said of it: texts and reasons tell of people. What the
    person found helpful is taken back and counted anew. Their reports stay, since verdicts rest on how many there were,
    but nobody's: a number that was made for each stands in the reporter's place.
    """

    reviews: ReviewStore
    reactions: ReactionStore
    count: ReactionCount
    ids: IdSource
    clock: Clock

    async def __call__(self, account_id: AccountId) -> Mapping[str, int]:
        """Return how many reviews, reactions and reports were about the person; raises StoreUnavailableError."""
        removed = Counter[str]()
        for review in await self.reviews.written_by(account_id):
            removed["reviews"] += await self._forget_review(review)
        for review in await self.reactions.made_by(account_id, ReactionKind.HELPFUL):
            removed["reactions"] += await self._take_back(review, account_id)
        for review in await self.reactions.made_by(account_id, ReactionKind.REPORT):
            removed["reports"] += await self.reactions.without_person(
                review.tenant_id,
                review.review_id,
                account_id,
                ReactionKind.REPORT,
                stand_in=AccountId(self.ids.new()),
            )
        return {kind: count for kind, count in removed.items() if count}

    async def _forget_review(self, review: ReviewInTenant) -> bool:
        for _ in range(_TRIES_MAX):
            # Before the numbers of the review: whoever counts meanwhile has to read it again.
            await self.reactions.forget_review(review.tenant_id, review.review_id)
            before = await self.reviews.get(review.tenant_id, review.review_id)
            if before is None:
                return False
            after = before.forgotten(now=self.clock.now())
            if after is before:
                return False
            if await self.reviews.save(review.tenant_id, before, after):
                return True
        raise StoreUnavailableError("The review is being changed by too many at once; try again.")

    async def _take_back(self, review: ReviewInTenant, account_id: AccountId) -> bool:
        taken = await self.reactions.take_back(
            review.tenant_id, review.review_id, account_id, ReactionKind.HELPFUL, at=self.clock.now()
        )
        await self.count(review)
        return taken
