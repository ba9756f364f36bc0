"""Bring evidence, and judge it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from core.resale.errors import VerificationOpenError
from core.resale.trust.evidence import Evidence
from core.resale.trust.verifications import OPEN, Verification, VerificationStatus
from core.shared.callers import SELLERS, Caller
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import VenueId, VerificationId
from ports.clock import Clock
from ports.ids import IdSource
from ports.paging import Page, PageRequest
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransactions
from ports.resale.verification import Brought, Check, CheckAnswer, SellerVerifier
from usecases.resale.verification_news import announce


class Judgement(StrEnum):
    """What staff may make of a verification."""

    IN_REVIEW = "in_review"
    VERIFIED = "verified"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class BringVerification:
    """Everybody with an account may bring evidence about themselves, for a venue or for the whole organisation."""

    transactions: ResaleTransactions
    venues: VenuesApi
    verifier: SellerVerifier
    ids: IdSource
    clock: Clock

    async def __call__(
        self, evidence: Evidence, *, whole_number: str | None, venue_id: VenueId | None, caller: Caller
    ) -> Verification:
        """Have the evidence checked, and keep it with what the verifier answered at once.

        Raises ForbiddenError for a guest, VerificationOpenError while the same is not decided yet, RefusedError for a
        venue that is not there, InvalidVerificationError for a licence that has ended, and UnavailableError.
        """
        if caller.guest:
            raise ForbiddenError("A seller needs an account.")
        if venue_id is not None:
            await self.venues.venue(tenant_id=caller.tenant_id, venue_id=venue_id)
        now = self.clock.now()
        verification = Verification(
            id=VerificationId(self.ids.new()),
            account_id=caller.account_id,
            venue_id=venue_id,
            evidence=evidence,
            status=VerificationStatus.PENDING,
            provider=self.verifier.name,
            created_at=now,
            updated_at=now,
        )
        verification.must_be_current(now)
        async with self.transactions.begin(caller.tenant_id) as tx:
            others = await tx.verifications.of_account(caller.account_id)
        if any(other.is_of_the_same_as(verification) and other.status in OPEN for other in others):
            raise VerificationOpenError
        brought = Brought(
            verification_id=verification.id,
            account_id=caller.account_id,
            evidence=evidence,
            whole_number=whole_number,
        )
        checked = _checked(verification, await self.verifier.start(caller.tenant_id, brought), now)
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.verifications.add(checked)
            await announce(tx, None, checked, now=now)
        return checked

    async def own(self, caller: Caller) -> Sequence[Verification]:
        """Return what the caller brought, the newest first."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.verifications.of_account(caller.account_id)


@dataclass(frozen=True, slots=True)
class JudgeVerification:
    """Staff who may act for customers; nobody judges their own."""

    transactions: ResaleTransactions
    clock: Clock

    async def page(self, page: PageRequest, *, status: VerificationStatus | None, caller: Caller) -> Page[Verification]:
        """Return verifications, oldest first, all or of one status; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.verifications.page(page, status=status, now=self.clock.now())

    async def __call__(
        self,
        verification_id: VerificationId,
        judgement: Judgement,
        *,
        reason: str | None,
        expires_at: datetime | None,
        expected_version: int,
        caller: Caller,
    ) -> Verification:
        """Judge a verification, or take a verified one back; the seller's listings are judged again after that.

        Raises VerificationNotFoundError, VerificationDecidedError, InvalidVerificationError, StaleVersionError, and
        ForbiddenError.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.verifications.get(verification_id)
            if stored.account_id == caller.account_id:
                raise ForbiddenError("Somebody else judges what you brought yourself.")
            if stored.version != expected_version:
                raise StaleVersionError(
                    f"The verification is at version {stored.version}; you read {expected_version}."
                )
            if judgement is Judgement.IN_REVIEW:
                judged = stored.in_review(by=caller.account_id, now=now)
            elif judgement is Judgement.VERIFIED:
                judged = stored.verified(by=caller.account_id, now=now, reason=reason, expires_at=expires_at)
            else:
                judged = stored.rejected(by=caller.account_id, now=now, reason=reason)
            await tx.verifications.save(judged)
            await announce(tx, stored, judged, now=now)
        return judged


def _checked(verification: Verification, check: Check, now: datetime) -> Verification:
    """Return a new verification with what was answered at once, still in its first version."""
    answered = verification
    if check.answer is CheckAnswer.LOOKS:
        answered = replace(verification, status=VerificationStatus.IN_REVIEW)
    elif check.answer is CheckAnswer.VERIFIED:
        answered = verification.verified(by=None, now=now, reason=check.reason)
    elif check.answer is CheckAnswer.REJECTED:
        reason = check.reason or f"{verification.provider} did not say why."
        answered = verification.rejected(by=None, now=now, reason=reason)
    return replace(answered, provider_reference=check.reference, version=verification.version)
