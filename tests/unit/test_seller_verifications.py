"""The states of a verification, its end, what is kept of numbers, blocks at their end, and the chain of a history."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.resale.errors import (
    InvalidBlockError,
    InvalidVerificationError,
    VerificationDecidedError,
    VerificationOpenError,
)
from core.resale.policies.policy import VerificationKind
from core.resale.transfers.history import START, HistoryEntry, HistoryKind, Lineage, first_broken, hash_of
from core.resale.trust.blocks import Block
from core.resale.trust.evidence import AuthorisationEvidence, SalesTaxEvidence, StateLicenceEvidence, ending
from core.resale.trust.verifications import (
    TRANSITIONS,
    VALIDITY,
    VALIDITY_MAX,
    Verification,
    VerificationStatus,
    kinds_verified,
)
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, PassId, ResaleBlockId, TicketId, VenueId, VerificationId
from tests.resale_house import World
from tests.resale_neighbours import TENANT
from usecases.resale.purchases import begun

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ANN, STAFF = AccountId(UUID(int=1)), AccountId(UUID(int=2))
HERE, THERE = VenueId(UUID(int=7)), VenueId(UUID(int=8))
PENDING = Verification(
    id=VerificationId(UUID(int=5)),
    account_id=ANN,
    venue_id=None,
    evidence=SalesTaxEvidence(place="US-GA", number_end="4567"),
    status=VerificationStatus.PENDING,
    provider="staff",
    created_at=NOW,
    updated_at=NOW,
)
LICENCE = StateLicenceEvidence(place="US-GA", authority="State", licence_number="1", valid_until=date(2026, 12, 1))


def moved(verification: Verification, to: VerificationStatus) -> Verification:
    if to is VerificationStatus.IN_REVIEW:
        return verification.in_review(by=STAFF, now=NOW)
    if to is VerificationStatus.VERIFIED:
        return verification.verified(by=STAFF, now=NOW, reason=None)
    return verification.rejected(by=STAFF, now=NOW, reason="no")


@pytest.mark.parametrize("status", VerificationStatus)
@pytest.mark.parametrize("to", [VerificationStatus.IN_REVIEW, VerificationStatus.VERIFIED, VerificationStatus.REJECTED])
def test_only_the_changes_of_the_table_are_made(status: VerificationStatus, to: VerificationStatus) -> None:
    verification = replace(PENDING, status=status, expires_at=NOW + timedelta(days=1))
    if to in TRANSITIONS[status]:
        after = moved(verification, to)
        assert (after.status, after.version, after.updated_at) == (to, 2, NOW)
    else:
        with pytest.raises(VerificationDecidedError):
            moved(verification, to)


def test_what_was_verified_ends_at_its_time_marked_or_not() -> None:
    verified = moved(PENDING, VerificationStatus.VERIFIED)
    end = NOW + VALIDITY[VerificationKind.SALES_TAX_REGISTRATION]
    just_before = end - timedelta(microseconds=1)
    assert verified.expires_at == end
    assert verified.status_at(just_before) is VerificationStatus.VERIFIED
    assert verified.status_at(end) is VerificationStatus.EXPIRED
    assert verified.counts_for(HERE, just_before)
    assert not verified.counts_for(HERE, end)
    assert verified.expired(now=end).status is VerificationStatus.EXPIRED
    with pytest.raises(VerificationDecidedError):
        verified.expired(now=just_before)
    with pytest.raises(VerificationDecidedError):
        verified.rejected(by=STAFF, now=end, reason="too late")


@pytest.mark.parametrize(
    ("ends_in", "fine"),
    [
        (timedelta(0), False),
        (timedelta(microseconds=1), True),
        (VALIDITY_MAX, True),
        (VALIDITY_MAX + timedelta(microseconds=1), False),
    ],
)
def test_an_end_is_in_the_future_and_not_too_far(ends_in: timedelta, fine: bool) -> None:
    if fine:
        verified = PENDING.verified(by=STAFF, now=NOW, reason=None, expires_at=NOW + ends_in)
        assert verified.expires_at == NOW + ends_in
    else:
        with pytest.raises(InvalidVerificationError):
            PENDING.verified(by=STAFF, now=NOW, reason=None, expires_at=NOW + ends_in)


def test_nothing_outlasts_the_licence_that_it_is_about() -> None:
    of_licence = replace(PENDING, evidence=LICENCE)
    end = datetime(2026, 12, 2, tzinfo=UTC)
    assert of_licence.verified(by=STAFF, now=NOW, reason=None).expires_at == end
    assert of_licence.verified(by=STAFF, now=NOW, reason=None, expires_at=end).expires_at == end
    with pytest.raises(InvalidVerificationError):
        of_licence.verified(by=STAFF, now=NOW, reason=None, expires_at=end + timedelta(microseconds=1))
    of_licence.must_be_current(end - timedelta(microseconds=1))
    with pytest.raises(InvalidVerificationError):
        of_licence.must_be_current(end)


def test_a_kind_counts_at_its_venue_or_everywhere() -> None:
    everywhere = moved(PENDING, VerificationStatus.VERIFIED)
    here = moved(
        replace(PENDING, venue_id=HERE, evidence=AuthorisationEvidence(reference="x")), VerificationStatus.VERIFIED
    )
    of_state = replace(PENDING, evidence=LICENCE)
    assert kinds_verified([everywhere, here, of_state], venue_id=HERE, now=NOW) == {
        VerificationKind.SALES_TAX_REGISTRATION,
        VerificationKind.ORGANISER_AUTHORISATION,
    }
    assert kinds_verified([everywhere, here], venue_id=THERE, now=NOW) == {VerificationKind.SALES_TAX_REGISTRATION}


@pytest.mark.parametrize(
    ("number", "end"),
    [("C01X00T47", "0T47"), ("20-1234567", "4567"), ("12345678", "5678"), ("1234567", "567"), ("1 2", "2"), ("1", "")],
)
def test_of_a_number_never_more_than_half_is_kept(number: str, end: str) -> None:
    assert ending(number) == end


@pytest.mark.parametrize(("until", "holds"), [(None, True), (NOW, False), (NOW + timedelta(microseconds=1), True)])
def test_a_block_is_over_at_its_end(until: datetime | None, holds: bool) -> None:
    before = NOW - timedelta(days=1)
    block = Block(
        id=ResaleBlockId(UUID(int=1)), account_id=ANN, reason="x", blocked_by=STAFF, blocked_at=before, until=until
    )
    assert block.holds_at(NOW) is holds
    assert (block.ended(by=STAFF, now=NOW).ended_at == NOW) is holds
    for wrong in ({"until": before}, {"reason": " "}, {"reason": "x" * 501}):
        with pytest.raises(InvalidBlockError):
            replace(block, **wrong)


ENTRY = HistoryEntry(
    lineage_id=PassId(UUID(int=11)),
    kind=HistoryKind.PURCHASE,
    at=NOW,
    ticket_id=TicketId(UUID(int=8)),
    pass_id=PassId(UUID(int=11)),
    to_account=ANN,
)


def test_the_hash_of_an_entry_stays_what_it_was() -> None:
    """A change of the canonical form would break every chain that is stored."""
    assert hash_of(ENTRY, position=1, prev_hash=START).hex() == GOLDEN


GOLDEN = "e681783801ead91afe7bdd736f6e1a65ad21482e5557c48afcdc710616679108"


def test_an_entry_that_is_put_elsewhere_or_into_another_chain_breaks_it() -> None:
    empty = Lineage(ENTRY.lineage_id)
    first = empty.linked(ENTRY)
    second = empty.after(first).linked(replace(ENTRY, kind=HistoryKind.TRANSFER))
    lineage = empty.after(first).after(second)
    assert first_broken([first, second], lineage) is None
    assert first_broken([second, first], lineage) == 1
    assert first_broken([first, replace(second, position=3)], lineage) == 2
    assert first_broken([first], lineage) == 2
    assert first_broken([first, second], empty.after(first)) == 2
    assert first_broken([], empty) is None
    assert first_broken([first], Lineage(PassId(UUID(int=99)), 1, 0, first.hash)) == 1
    with pytest.raises(ValueError, match="another lineage"):
        empty.linked(replace(ENTRY, lineage_id=PassId(UUID(int=12))))


async def test_a_history_begins_with_the_purchase_once() -> None:
    world = World()
    for _ in range(2):
        async with world.transactions.begin(TENANT) as tx:
            assert (await begun(tx.history, ENTRY)).entries_count == 1
    history = await world.history.verified(TENANT, ENTRY.pass_id)
    assert ([kept.entry for kept in history.entries], history.broken_at) == ([ENTRY], None)


async def test_the_sweep_marks_what_has_expired_and_nothing_else() -> None:
    world = World()
    for number, account in enumerate((ANN, STAFF), start=1):
        one = replace(PENDING, id=VerificationId(UUID(int=number)), account_id=account)
        async with world.transactions.begin(TENANT) as tx:
            await tx.verifications.add(one)
            await tx.verifications.save(
                one.verified(by=None, now=NOW, reason=None, expires_at=NOW + timedelta(days=number))
            )
    assert await world.expire() == 0
    world.clock.move(seconds=86_400)
    assert await world.expire() == 1
    assert await world.expire() == 0
    async with world.transactions.begin(TENANT) as tx:
        statuses = [(await tx.verifications.get(VerificationId(UUID(int=number)))).status for number in (1, 2)]
    assert statuses == [VerificationStatus.EXPIRED, VerificationStatus.VERIFIED]


async def test_a_guest_brings_nothing_and_what_is_open_is_not_asked_of_the_verifier_again() -> None:
    world = World()
    evidence = PENDING.evidence
    with pytest.raises(ForbiddenError):
        guest = replace(world.fan(), guest=True)
        await world.bring(evidence, whole_number=None, venue_id=None, caller=guest)
    await world.bring(evidence, whole_number=None, venue_id=None, caller=world.fan())
    with pytest.raises(VerificationOpenError):
        await world.bring(evidence, whole_number=None, venue_id=None, caller=world.fan())
    assert len(world.verifier.asked) == 1
