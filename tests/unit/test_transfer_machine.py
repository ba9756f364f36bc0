"""A transfer moves by one table; it lapses by time alone; and what the organiser and the law have against it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.resale.law.declared_facts import KnownFacts
from core.resale.law.facts import Where
from core.resale.law.rule import Duty, Rule
from core.resale.law.rulebook import Rulebook
from core.resale.policies.policy import PolicyChain, ResalePolicy
from core.resale.transfers.history import HistoryKind
from core.resale.transfers.transfer import RETRY_S, STEP_S_MAX, TIME_OVER, Transfer, TransferredPass
from core.resale.transfers.transfer_errors import TransferStepError
from core.resale.transfers.transfer_rules import closing_time, objections, why_named
from core.resale.transfers.transfer_status import LIVE, OVER, TRANSITIONS, TransferChange, TransferStatus, next_status
from core.shared.emails import Email
from core.shared.ids import AccountId, PassId, TicketId, TransferId, VenueId
from tests.resale_rules import a_right

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LAPSES_AT = NOW + timedelta(days=7)
STARTS_AT = NOW + timedelta(days=20)
TODAY = NOW.date()
TICK = timedelta(microseconds=1)
ANN, BEN = AccountId(UUID(int=1)), AccountId(UUID(int=2))
PLACE = Where(country="IT", subdivision=None)
SUBJECT = TransferredPass(
    pass_id=PassId(UUID(int=11)),
    lineage_id=PassId(UUID(int=10)),
    ticket_id=TicketId(UUID(int=12)),
    venue_id=VenueId(UUID(int=13)),
    event_title="Gala",
    event_starts_at=STARTS_AT,
    event_time_zone="Europe/Rome",
    seat_label="A-1-1",
    place=PLACE,
)


def begun() -> Transfer:
    return Transfer.begin(
        TransferId(UUID(int=5)),
        subject=SUBJECT,
        from_account=ANN,
        to_email=Email.parse("Ben@example.com"),
        lapses_at=LAPSES_AT,
        now=NOW,
    )


def offered() -> Transfer:
    return begun().offered(NOW)


def accepting() -> Transfer:
    return offered().accepting(BEN, holder_name="Ben", now=NOW)


IN_STATUS: Mapping[TransferStatus, Callable[[], Transfer]] = {
    TransferStatus.OPENING: begun,
    TransferStatus.OFFERED: offered,
    TransferStatus.ACCEPTING: accepting,
    TransferStatus.ACCEPTED: lambda: accepting().accepted(NOW),
    TransferStatus.DECLINED: lambda: offered().declined(NOW),
    TransferStatus.LAPSED: lambda: offered().lapsed(TIME_OVER, NOW),
    TransferStatus.WITHDRAWN: lambda: offered().withdrawn(NOW),
}
CHANGES: Mapping[TransferChange, Callable[[Transfer], Transfer]] = {
    TransferChange.OFFER: lambda one: one.offered(NOW),
    TransferChange.ACCEPT: lambda one: one.accepting(BEN, holder_name=None, now=NOW),
    TransferChange.HAND_OVER: lambda one: one.accepted(NOW),
    TransferChange.DECLINE: lambda one: one.declined(NOW),
    TransferChange.WITHDRAW: lambda one: one.withdrawn(NOW),
    TransferChange.LAPSE: lambda one: one.lapsed("void", NOW),
}


@pytest.mark.parametrize("status", TransferStatus)
@pytest.mark.parametrize("change", TransferChange)
def test_each_change_is_what_the_table_says_or_refused(status: TransferStatus, change: TransferChange) -> None:
    before = IN_STATUS[status]()
    assert before.status is status
    if change in TRANSITIONS[status]:
        after = CHANGES[change](before)
        assert (after.status, after.version) == (next_status(status, change), before.version + 1)
    else:
        with pytest.raises(TransferStepError, match=status.value):
            CHANGES[change](before)


def test_what_is_over_stays_so_and_everything_else_can_end() -> None:
    assert all(not TRANSITIONS[status] for status in OVER)
    assert all(TransferChange.LAPSE in TRANSITIONS[status] for status in LIVE)
    assert frozenset(TransferStatus) == LIVE | OVER


@pytest.mark.parametrize("waits", [begun, offered])
def test_a_transfer_lapses_exactly_at_its_time(waits: Callable[[], Transfer]) -> None:
    transfer = waits()
    assert transfer.status_at(LAPSES_AT - TICK) is transfer.status
    assert transfer.reason_at(LAPSES_AT - TICK) is None
    assert transfer.status_at(LAPSES_AT) is TransferStatus.LAPSED
    assert transfer.reason_at(LAPSES_AT) == TIME_OVER


@pytest.mark.parametrize("change", [TransferChange.ACCEPT, TransferChange.DECLINE, TransferChange.WITHDRAW])
def test_nothing_is_done_with_an_offer_whose_time_is_over(change: TransferChange) -> None:
    acts: dict[TransferChange, Callable[[datetime], Transfer]] = {
        TransferChange.ACCEPT: lambda at: offered().accepting(BEN, holder_name=None, now=at),
        TransferChange.DECLINE: lambda at: offered().declined(at),
        TransferChange.WITHDRAW: lambda at: offered().withdrawn(at),
    }
    assert acts[change](LAPSES_AT - TICK).status is TRANSITIONS[TransferStatus.OFFERED][change]
    with pytest.raises(TransferStepError, match="LAPSED"):
        acts[change](LAPSES_AT)


def test_what_was_accepted_in_time_does_not_lapse_while_it_is_handed_over() -> None:
    assert accepting().status_at(LAPSES_AT) is TransferStatus.ACCEPTING
    assert accepting().accepted(LAPSES_AT).status is TransferStatus.ACCEPTED


def test_the_sweep_looks_when_something_is_due() -> None:
    step = timedelta(seconds=STEP_S_MAX)
    assert begun().due_at == accepting().due_at == NOW + step
    assert offered().due_at == LAPSES_AT
    assert not offered().is_due(LAPSES_AT - TICK)
    assert offered().is_due(LAPSES_AT)
    assert accepting().accepted(NOW).due_at is None
    declined = offered().declined(NOW)
    assert declined.is_due(NOW)
    assert not declined.untied(NOW).is_due(LAPSES_AT)
    assert declined.retry(NOW).due_at == NOW + timedelta(seconds=RETRY_S)


def test_it_is_offered_to_an_address_whatever_its_case_once_it_is_offered() -> None:
    assert offered().is_offered_to(Email.parse("BEN@example.com"))
    assert not offered().is_offered_to(Email.parse("benn@example.com"))
    assert not offered().is_offered_to(None)
    assert not begun().is_offered_to(Email.parse("ben@example.com"))


def test_the_history_is_told_of_a_change_of_hands_without_a_price() -> None:
    entry = accepting().accepted(NOW).entry(NOW)
    assert (entry.kind, entry.lineage_id, entry.pass_id) == (
        HistoryKind.TRANSFER,
        PassId(UUID(int=10)),
        PassId(UUID(int=11)),
    )
    assert (entry.from_account, entry.to_account, entry.price, entry.place) == (ANN, BEN, None, PLACE)


def codes(*policies: ResalePolicy, count: int = 0, now: datetime = NOW) -> list[str]:
    found = objections(policies, starts_at=STARTS_AT, time_zone="Europe/Rome", handed_on_count=count, now=now)
    return [reason.code for reason in found]


def test_without_a_policy_a_pass_may_be_given_until_the_event_begins() -> None:
    assert codes(now=STARTS_AT - TICK) == []
    assert codes(now=STARTS_AT) == ["resale.cutoff_passed"]


def test_any_policy_of_the_chain_may_forbid_transfers() -> None:
    assert codes(ResalePolicy(transfer_allowed=True), ResalePolicy()) == []
    assert codes(ResalePolicy(transfer_allowed=False), ResalePolicy(transfer_allowed=True)) == [
        "resale.transfer_not_allowed"
    ]


def test_exactly_at_the_strictest_cutoff_it_is_over() -> None:
    chain = (ResalePolicy(transfer_cutoff=timedelta(days=1)), ResalePolicy(transfer_cutoff=timedelta(hours=2)))
    last = STARTS_AT - timedelta(days=1)
    assert closing_time(chain, starts_at=STARTS_AT) == last
    assert codes(*chain, now=last - TICK) == []
    assert codes(*chain, now=last) == ["resale.cutoff_passed"]


def test_the_cutoff_is_told_in_the_zone_of_the_event() -> None:
    [reason] = objections((), starts_at=STARTS_AT, time_zone="Europe/Rome", handed_on_count=0, now=STARTS_AT)
    assert "2026-12-12 09:00 (Europe/Rome)" in reason.message


def test_a_pass_changes_hands_as_often_as_the_organiser_allows() -> None:
    policy = ResalePolicy(transfers_max=2)
    assert codes(policy, count=1) == []
    assert codes(policy, count=2) == ["resale.transfers_max_reached"]
    assert codes(ResalePolicy(transfers_max=0)) == ["resale.transfers_max_reached"]


def named(chain: PolicyChain = (), *rules: Rule, place: Where = PLACE, on: date = TODAY) -> str | None:
    return why_named(chain, Rulebook.of("test", rules), place=place, known=KnownFacts({}), on=on)


def test_a_pass_bears_a_name_where_the_organiser_asks_for_it() -> None:
    assert named() is None
    assert named((ResalePolicy(names_holders=False),)) is None
    assert named((ResalePolicy(names_holders=True), ResalePolicy(names_holders=False))) == "the organiser asks for it"


def test_a_pass_bears_a_name_where_a_law_of_the_place_that_binds_has_it_changed() -> None:
    rule = replace(a_right("it-names", "IT"), duties=frozenset({Duty.CHANGE_OF_NAME}), effective_from=TODAY)
    assert named((), rule) == "Act of IT, IT Code 1-2, rule it-names of IT"
    assert named((), rule, on=TODAY - timedelta(days=1)) is None
    assert named((), rule, place=Where(country="DE", subdivision=None)) is None
    assert named((), replace(rule, duties=frozenset({Duty.ALL_IN_PRICE}))) is None
