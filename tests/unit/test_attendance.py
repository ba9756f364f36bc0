"""Who was at an event, by its passes."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from uuid_utils.compat import uuid7

from core.admission.attendance import AbsenceReason, Attendance, attendance
from core.admission.offers import Handover, OfferKind, PassOffer
from core.admission.passes import Pass
from core.shared.ids import AccountId, PassId
from tests.admission_builders import KICK_OFF, a_pass

ENDS_AT = KICK_OFF + timedelta(hours=2)
BEFORE, AFTER = ENDS_AT - timedelta(milliseconds=1), ENDS_AT + timedelta(days=1)
ADA, BEN = AccountId(uuid7()), AccountId(uuid7())


def pass_of(account_id: AccountId = ADA) -> Pass:
    return replace(a_pass(), account_id=account_id)


def went(one: Pass, *accounts: AccountId, at: datetime) -> tuple[Handover, ...]:
    return tuple(
        Handover(offer_id=uuid7(), pass_id=one.id, from_account_id=giver, to_account_id=taker, revision=revision, at=at)
        for revision, (giver, taker) in enumerate(pairwise(accounts), start=2)
    )


def of(account_id: AccountId, *passes: Pass, handovers: tuple[Handover, ...] = (), now: datetime = AFTER) -> Attendance:
    return attendance(account_id, passes=passes, handovers=handovers, now=now)


def test_a_valid_pass_counts_from_the_end_of_its_event_on() -> None:
    one = pass_of()
    assert of(ADA, one, now=ENDS_AT).attended == [one]
    assert of(ADA, one, now=BEFORE).reason is AbsenceReason.EVENT_NOT_OVER


def test_a_pass_that_was_scanned_counts_at_once_and_whatever_becomes_of_it() -> None:
    scanned = pass_of().entered(at=KICK_OFF)
    for one in (scanned, scanned.voided(at=AFTER), scanned.frozen(at=AFTER, reason="disputed")):
        assert of(ADA, one, now=KICK_OFF).attended == [one]


def test_a_pass_that_nobody_used_does_not_count_while_void_or_frozen() -> None:
    for at in (BEFORE, AFTER):
        assert of(ADA, pass_of().voided(at=at)).reason is AbsenceReason.VOID
        assert of(ADA, pass_of().frozen(at=at, reason="disputed")).reason is AbsenceReason.FROZEN


@pytest.mark.parametrize("now", [BEFORE, AFTER])
def test_a_pass_that_was_given_away_before_the_end_counts_for_the_new_holder_alone(now: datetime) -> None:
    one = pass_of(BEN)
    handovers = went(one, ADA, BEN, at=BEFORE)
    assert of(ADA, one, handovers=handovers, now=now).reason is AbsenceReason.PASSED_ON
    assert bool(of(BEN, one, handovers=handovers, now=now).attended) == (now is AFTER)


def test_a_pass_that_was_given_away_after_the_end_counts_for_who_had_it_then() -> None:
    third = AccountId(uuid7())
    one = pass_of(third)
    handovers = went(one, ADA, BEN, third, at=AFTER)
    assert of(ADA, one, handovers=handovers).attended == [one]
    assert of(BEN, one, handovers=handovers).reason is AbsenceReason.PASSED_ON
    assert of(third, one, handovers=handovers).reason is AbsenceReason.PASSED_ON


def test_a_scan_counts_for_who_held_the_pass_at_that_moment() -> None:
    one = replace(pass_of(BEN), scanned_at=KICK_OFF)
    handovers = went(one, ADA, BEN, at=KICK_OFF + timedelta(seconds=1))
    assert of(ADA, one, handovers=handovers).attended == [one]
    assert of(BEN, one, handovers=handovers).reason is AbsenceReason.PASSED_ON


def test_what_was_resold_before_the_end_counts_for_the_buyer_and_after_it_for_the_seller() -> None:
    for at, counts in ((BEFORE, BEN), (AFTER, ADA)):
        sold = pass_of(ADA).voided(at=at, reason="resold")
        bought = replace(pass_of(BEN), resold_from=sold.id, issued_at=at)
        assert bool(of(ADA, sold).attended) == (counts is ADA)
        assert bool(of(BEN, bought).attended) == (counts is BEN)
    assert of(ADA, pass_of().voided(at=BEFORE, reason="resold")).reason is AbsenceReason.PASSED_ON


def test_an_offer_that_nobody_took_changes_nothing() -> None:
    offered = replace(pass_of(), offer=PassOffer(uuid7(), OfferKind.LISTING, KICK_OFF))
    assert of(ADA, offered).attended == [offered]


def test_of_several_passes_the_scanned_ones_come_first_and_the_rest_need_not_count() -> None:
    held, void = pass_of(), pass_of().voided(at=BEFORE)
    late, early = pass_of().entered(at=KICK_OFF + timedelta(minutes=9)), pass_of().entered(at=KICK_OFF)
    assert of(ADA, void, held, late, early).attended == [early, late, held]


def test_why_somebody_was_not_there_is_the_reason_that_may_still_change() -> None:
    void, frozen = pass_of().voided(at=KICK_OFF), pass_of().frozen(at=KICK_OFF, reason="disputed")
    assert of(ADA).reason is AbsenceReason.NONE_HELD and of(ADA).known is None
    assert of(ADA, void, frozen).reason is AbsenceReason.FROZEN
    assert of(ADA, void, frozen, pass_of(), now=BEFORE).reason is AbsenceReason.EVENT_NOT_OVER
    assert of(ADA, void).known == void
    assert PassId(uuid7()) not in {each.id for each in of(ADA, void).attended}
