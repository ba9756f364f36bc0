"""What is known of a seller: evidence, who judged it, and how long that counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from core.resale.errors import InvalidVerificationError, VerificationDecidedError
from core.resale.policies.policy import VerificationKind
from core.resale.trust.evidence import Evidence, StateLicenceEvidence
from core.shared.errors import Problem
from core.shared.ids import AccountId, VenueId, VerificationId

REASON_LENGTH_MAX = 500
VALIDITY_MAX = timedelta(days=5 * 366)
VALIDITY: Mapping[VerificationKind, timedelta] = {
    VerificationKind.IDENTITY: timedelta(days=2 * 365),
    VerificationKind.TRADER_TRACEABILITY: timedelta(days=365),
    VerificationKind.STATE_LICENCE: timedelta(days=365),
    VerificationKind.SALES_TAX_REGISTRATION: timedelta(days=365),
    VerificationKind.LAST_OWNER_NAME: timedelta(days=365),
    VerificationKind.ORGANISER_AUTHORISATION: timedelta(days=365),
}
"""How long a verdict counts where nobody says otherwise."""


class VerificationStatus(StrEnum):
    """Where a verification stands."""

    PENDING = "pending"
    IN_REVIEW = "in_review"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"


OPEN = frozenset({VerificationStatus.PENDING, VerificationStatus.IN_REVIEW})
"""Nobody has decided yet."""

TRANSITIONS: Mapping[VerificationStatus, frozenset[VerificationStatus]] = {
    VerificationStatus.PENDING: frozenset(
        {VerificationStatus.IN_REVIEW, VerificationStatus.VERIFIED, VerificationStatus.REJECTED}
    ),
    VerificationStatus.IN_REVIEW: frozenset({VerificationStatus.VERIFIED, VerificationStatus.REJECTED}),
    VerificationStatus.VERIFIED: frozenset({VerificationStatus.REJECTED, VerificationStatus.EXPIRED}),
    VerificationStatus.REJECTED: frozenset(),
    VerificationStatus.EXPIRED: frozenset(),
}
"""Every change there is. What was rejected or has expired is brought again, as a new verification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One kind of evidence of one seller, for one venue or, without one, for the whole organisation.

    `provider` names who checks it and `provider_reference` how that one calls it. A verified one ends at `expires_at`.
    """

    id: VerificationId
    account_id: AccountId
    venue_id: VenueId | None
    evidence: Evidence
    status: VerificationStatus
    provider: str
    created_at: datetime
    updated_at: datetime
    provider_reference: str | None = None
    reason: str | None = None
    decided_by: AccountId | None = None
    decided_at: datetime | None = None
    expires_at: datetime | None = None
    version: int = 1

    @property
    def kind(self) -> VerificationKind:
        """Return which kind it is."""
        return self.evidence.kind

    def status_at(self, now: datetime) -> VerificationStatus:
        """Return where it stands at this moment: one whose time has come is expired, tidied up or not."""
        if self.status is VerificationStatus.VERIFIED and self.expires_at is not None and now >= self.expires_at:
            return VerificationStatus.EXPIRED
        return self.status

    def counts_for(self, venue_id: VenueId, now: datetime) -> bool:
        """Return whether it is verified, at this moment, for passes of this venue."""
        return self.venue_id in {None, venue_id} and self.status_at(now) is VerificationStatus.VERIFIED

    def is_of_the_same_as(self, other: Self) -> bool:
        """Return whether both are of one seller, kind, venue and subject."""
        return _subject(self) == _subject(other)

    def must_be_current(self, now: datetime) -> None:
        """Raise InvalidVerificationError for evidence of a licence that has ended."""
        if self._ends_with_evidence() <= now:
            raise InvalidVerificationError([Problem("/evidence/validUntil", "the licence has ended")])

    def in_review(self, *, by: AccountId, now: datetime) -> Self:
        """Return it as looked at by somebody; raises VerificationDecidedError."""
        return replace(self._moved(VerificationStatus.IN_REVIEW, now), decided_by=by)

    def verified(
        self, *, by: AccountId | None, now: datetime, reason: str | None, expires_at: datetime | None = None
    ) -> Self:
        """Return it as verified until `expires_at`, or as long as its kind usually counts.

        Nothing outlasts the licence that it is about. Raises VerificationDecidedError, and InvalidVerificationError for
        an end that is past, or more than VALIDITY_MAX away, or after the licence's.
        """
        ends_at = min(expires_at or now + VALIDITY[self.kind], self._ends_with_evidence())
        fault = None
        if expires_at is not None and expires_at > self._ends_with_evidence():
            fault = "must not be after the licence has ended"
        elif ends_at <= now:
            fault = "must be in the future"
        elif ends_at > now + VALIDITY_MAX:
            fault = f"must be within {VALIDITY_MAX.days} days"
        if fault is not None:
            raise InvalidVerificationError([Problem("/expiresAt", fault)])
        moved = self._moved(VerificationStatus.VERIFIED, now)
        return replace(moved, reason=reason, decided_by=by, decided_at=now, expires_at=ends_at)

    def rejected(self, *, by: AccountId | None, now: datetime, reason: str | None) -> Self:
        """Return it as refused or, if it was verified, taken back.

        Raises VerificationDecidedError, and InvalidVerificationError without a reason.
        """
        if reason is None or not reason.strip():
            raise InvalidVerificationError([Problem("/reason", "a refusal says why")])
        moved = self._moved(VerificationStatus.REJECTED, now)
        return replace(moved, reason=reason, decided_by=by, decided_at=now)

    def expired(self, *, now: datetime) -> Self:
        """Return it as expired; raises VerificationDecidedError unless its time has come."""
        if self.status_at(now) is not VerificationStatus.EXPIRED:
            raise VerificationDecidedError("The verification has not expired.")
        return replace(self, status=VerificationStatus.EXPIRED, updated_at=now, version=self.version + 1)

    def _ends_with_evidence(self) -> datetime:
        if isinstance(self.evidence, StateLicenceEvidence):
            last = self.evidence.valid_until
            return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
        return datetime.max.replace(tzinfo=UTC)

    def _moved(self, to: VerificationStatus, now: datetime) -> Self:
        status = self.status_at(now)
        if to not in TRANSITIONS[status]:
            raise VerificationDecidedError(f"The verification is {status}, so it cannot become {to}.")
        return replace(self, status=to, updated_at=now, version=self.version + 1)


def kinds_verified(
    verifications: Iterable[Verification], *, venue_id: VenueId, now: datetime
) -> frozenset[VerificationKind]:
    """Return the kinds that count for passes of this venue at this moment.

    What is about one place, pass or ticket counts as its kind here; whoever needs it for one looks at its evidence.
    """
    return frozenset(one.kind for one in verifications if one.counts_for(venue_id, now))


def _subject(one: Verification) -> tuple[object, ...]:
    return (one.account_id, one.kind, one.evidence.about, one.venue_id)
