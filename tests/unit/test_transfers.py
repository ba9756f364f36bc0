"""A pass is given to a person: who may, what stands in the way, and what becomes of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.resale.law.facts import Where
from core.resale.law.rule import Duty
from core.resale.market.listing_errors import PersonBlockedError
from core.resale.policies.policy import ResalePolicy
from core.resale.transfers.history import HistoryKind
from core.resale.transfers.transfer import RETRY_S, STEP_S_MAX, TIME_OVER
from core.resale.transfers.transfer_errors import (
    EmailUnverifiedError,
    HolderNameNeededError,
    OwnTransferError,
    TooManyTransfersError,
    TransferNeedsAccountError,
    TransferNotFoundError,
    TransferOpenError,
    TransferRefusedError,
    TransferStepError,
)
from core.resale.transfers.transfer_rules import TransferTerms
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.callers import Caller, Role
from core.shared.errors import InvalidInputError
from core.shared.ids import PassId, TenantId, TransferId
from ports.paging import PageRequest
from ports.published.admission import PassesStopped, PassHandedOver
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.resale import TransferAccepted, TransferEnded, TransferOffered
from tests.admission_builders import KICK_OFF, NOON
from tests.orders_neighbours import Killed
from tests.resale_rules import a_right
from tests.transfers_world import OTHER, RECIPIENT, SENDER, TransferWorld
from usecases.resale.read_transfers import Box

STEPS_MAX = 60
TICK = timedelta(microseconds=1)


@pytest.fixture
def world() -> TransferWorld:
    return TransferWorld()


def guest(world: TransferWorld) -> Caller:
    return replace(world.sale.stranger, guest=True)


async def refused(world: TransferWorld, code: str) -> None:
    """Offer the first pass, which admission does not let go; nothing is kept of that."""
    with pytest.raises(RefusedError) as refusal:
        await world.offered()
    assert refusal.value.refusal_code == code
    assert (await world.read.page(world.sender, Box.OUT, PageRequest())).items == ()


async def reasons(world: TransferWorld) -> list[str]:
    with pytest.raises(TransferRefusedError) as refusal:
        await world.offered()
    return [problem.message.partition(": ")[0] for problem in refusal.value.problems]


async def test_an_offered_pass_admits_nobody_until_it_is_accepted(world: TransferWorld) -> None:
    transfer = await world.offered()
    assert (transfer.status, transfer.lapses_at) == (TransferStatus.OFFERED, NOON + timedelta(days=7))
    facts = await world.facts()
    assert (facts.account_id, facts.offer_id, facts.offer_kind) == (world.sender.account_id, transfer.id, "transfer")
    [told] = world.told(TransferOffered)
    assert (told.transfer_id, told.to_email, told.lapses_at) == (transfer.id, RECIPIENT, transfer.lapses_at)


async def test_an_accepted_pass_has_a_new_holder_and_a_new_code(world: TransferWorld) -> None:
    transfer = await world.accepted(holder_name="  Ben  ")
    assert (transfer.status, transfer.to_account) == (TransferStatus.ACCEPTED, world.recipient.account_id)
    facts = await world.facts()
    assert (facts.account_id, facts.holder_name, facts.revision) == (world.recipient.account_id, "Ben", 2)
    assert (facts.offer_id, facts.status) == (None, "VALID")
    [told] = world.told(TransferAccepted)
    assert (told.from_account_id, told.to_account_id) == (world.sender.account_id, world.recipient.account_id)


async def test_the_history_of_a_pass_shows_its_purchase_and_each_transfer(world: TransferWorld) -> None:
    await world.accepted()
    pass_id = (await world.passes())[0].id
    again = await world.offer(world.recipient, pass_id, OTHER)
    await world.accept(world.other, again.id, holder_name=None)
    seen = await world.past(world.other)
    assert seen.broken_at is None
    assert [kept.entry.kind for kept in seen.entries] == [
        HistoryKind.PURCHASE,
        HistoryKind.TRANSFER,
        HistoryKind.TRANSFER,
    ]
    bought, given, last = (kept.entry for kept in seen.entries)
    assert (bought.to_account, given.from_account) == (world.sender.account_id, world.sender.account_id)
    assert (given.to_account, last.to_account) == (world.recipient.account_id, world.other.account_id)
    assert (given.price, given.place) == (None, Where(country="DE", subdivision=None))


async def test_the_same_again_changes_nothing(world: TransferWorld) -> None:
    transfer = await world.accepted()
    assert await world.accept(world.recipient, transfer.id, holder_name="Cleo") == transfer
    assert len((await world.past(world.recipient)).entries) == 2
    assert len(world.told(TransferAccepted)) == len(world.told_by_admission(PassHandedOver)) == 1


# Who may.


async def test_only_the_holder_offers_a_pass_and_for_others_there_is_none(world: TransferWorld) -> None:
    pass_id = (await world.passes())[0].id
    elsewhere = replace(world.sender, tenant_id=TenantId(UUID(int=0xB)))
    for caller in (world.other, elsewhere, world.sale.staff()):
        with pytest.raises(RefusedError) as refusal:
            await world.offer(caller, pass_id, RECIPIENT)
        assert refusal.value.refusal_code == "admission.pass_not_found"


async def test_nobody_gives_a_pass_to_themselves_whatever_the_case(world: TransferWorld) -> None:
    with pytest.raises(OwnTransferError):
        await world.offered(to=SENDER.upper())


@pytest.mark.parametrize("address", ["", "ben", "ben@", "@example.com", "ben@example", "a b@example.com"])
async def test_what_is_no_address_is_refused(world: TransferWorld, address: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await world.offered(to=address)
    assert [problem.pointer for problem in refusal.value.problems] == ["/toEmail"]


async def test_only_the_account_with_the_address_accepts_or_declines(world: TransferWorld) -> None:
    transfer = await world.offered()
    elsewhere = replace(world.recipient, tenant_id=TenantId(UUID(int=0xB)))
    staff = world.sale.staff()
    world.identity.known[staff.account_id] = "staff@example.com"
    for caller in (world.other, world.sender, staff, elsewhere):
        with pytest.raises(TransferNotFoundError):
            await world.accept(caller, transfer.id, holder_name=None)
        with pytest.raises(TransferNotFoundError):
            await world.decline(caller, transfer.id)
    for act in (world.accept(guest(world), transfer.id, holder_name=None), world.decline(guest(world), transfer.id)):
        with pytest.raises(TransferNeedsAccountError):
            await act
    world.identity.known[world.recipient.account_id] = RECIPIENT.upper()
    assert (await world.accept(world.recipient, transfer.id, holder_name=None)).status is TransferStatus.ACCEPTED


async def test_somebody_may_verify_the_address_after_the_offer_and_not_accept_before(world: TransferWorld) -> None:
    transfer = await world.offered(to="dora@example.com")
    dora = world.sale.stranger
    for act in (
        world.accept(dora, transfer.id, holder_name=None),
        world.decline(dora, transfer.id),
        world.accept(dora, TransferId(UUID(int=1)), holder_name=None),
        world.read.page(dora, Box.IN, PageRequest(limit=10)),
    ):
        with pytest.raises(EmailUnverifiedError):
            await act
    with pytest.raises(TransferNotFoundError):
        await world.read.one(dora, transfer.id)
    world.identity.known[dora.account_id] = "dora@example.com"
    assert (await world.accept(dora, transfer.id, holder_name=None)).to_account == dora.account_id


async def test_only_the_sender_takes_an_offer_back(world: TransferWorld) -> None:
    transfer = await world.offered()
    for caller in (world.recipient, world.other, world.sale.staff()):
        with pytest.raises(TransferNotFoundError):
            await world.withdraw(caller, transfer.id)
    assert (await world.withdraw(world.sender, transfer.id)).status is TransferStatus.WITHDRAWN


async def test_a_guest_may_give_a_pass_away(world: TransferWorld) -> None:
    pass_id = (await world.passes())[0].id
    bought_as_guest = replace(world.sender, guest=True)
    assert (await world.offer(bought_as_guest, pass_id, RECIPIENT)).status is TransferStatus.OFFERED


async def test_both_sides_and_staff_see_a_transfer_and_nobody_else(world: TransferWorld) -> None:
    transfer = await world.offered()
    for caller in (world.sender, world.recipient, world.sale.staff(Role.BOX_OFFICE)):
        assert (await world.read.one(caller, transfer.id)).id == transfer.id
    for caller in (world.other, guest(world), world.sale.staff(Role.SCANNER)):
        with pytest.raises(TransferNotFoundError):
            await world.read.one(caller, transfer.id)
    with pytest.raises(TransferNotFoundError):
        await world.read.one(world.sender, TransferId(UUID(int=1)))


async def test_each_side_has_a_box_of_its_own(world: TransferWorld) -> None:
    first, second = await world.offered(number=0), await world.offered(number=1, to=OTHER)
    page = PageRequest()
    assert (await world.read.page(world.sender, Box.OUT, page)).items == (first, second)
    assert (await world.read.page(world.recipient, Box.IN, page)).items == (first,)
    assert (await world.read.page(world.recipient, Box.OUT, page)).items == ()
    assert (await world.read.page(guest(world), Box.IN, page)).items == ()


# What stands in the way.


async def test_a_listed_a_frozen_and_a_void_pass_are_not_given_away(world: TransferWorld) -> None:
    sale, gate = world.sale, world.gatehouse
    [first, _] = await world.passes()
    await gate.api.offer(
        tenant_id=world.tenant_id,
        pass_id=first.id,
        account_id=world.sender.account_id,
        offer_id=UUID(int=0x115),
        kind="listing",
    )
    await refused(world, "admission.pass_offered")
    await gate.api.withdraw(tenant_id=world.tenant_id, pass_id=first.id, offer_id=UUID(int=0x115))
    await gate.freeze(sale.disputed(), sale.delivery())
    await refused(world, "admission.pass_frozen")
    await gate.decide(sale.decided("lost"), sale.delivery())
    await refused(world, "admission.pass_void")


async def test_a_pass_that_was_used_is_not_given_away(world: TransferWorld) -> None:
    [first, _] = await world.passes()
    async with world.gatehouse.admission.begin(world.tenant_id) as tx:
        found = await tx.passes.lock(first.id)
        assert found is not None
        await tx.passes.save(found.entered(at=NOON))
    await refused(world, "admission.pass_scanned")


async def test_a_pass_that_is_listed_in_the_same_moment_is_not_given_away(world: TransferWorld) -> None:
    """Admission decides, and nobody is told of a transfer that never was offered."""
    transfer = await world.offered()
    await world.withdraw(world.sender, transfer.id)
    told = len(world.messages.events)
    [first, _] = await world.passes()

    async def listed() -> None:
        await world.gatehouse.api.offer(
            tenant_id=world.tenant_id,
            pass_id=first.id,
            account_id=world.sender.account_id,
            offer_id=UUID(int=0x115),
            kind="listing",
        )

    asked = world.identity.email_of

    async def email_of(*, account_id: UUID) -> str | None:  # asked after the pass, and before it is tied
        await listed()
        return await asked(account_id=account_id)

    world.identity.email_of = email_of  # type: ignore[method-assign]  # the other request comes just then
    with pytest.raises(RefusedError) as refusal:
        await world.offered()
    assert refusal.value.refusal_code == "admission.pass_offered"
    assert len(world.messages.events) == told
    assert (await world.facts()).offer_id == UUID(int=0x115)


async def test_of_fifty_offers_of_one_pass_at_once_one_is_made(world: TransferWorld) -> None:
    pass_id = (await world.passes())[0].id
    ends = await asyncio.gather(
        *(world.offer(world.sender, pass_id, f"fan{n}@example.com") for n in range(50)), return_exceptions=True
    )
    made = [end for end in ends if not isinstance(end, BaseException)]
    assert len(made) == len(world.told(TransferOffered)) == 1
    assert all(isinstance(end, TransferOpenError) for end in ends if isinstance(end, BaseException))
    assert (await world.facts()).offer_id == made[0].id


async def test_of_twenty_accepts_at_once_the_pass_is_handed_over_once(world: TransferWorld) -> None:
    transfer = await world.offered()
    ends = await asyncio.gather(*(world.accept(world.recipient, transfer.id, holder_name=None) for _ in range(20)))
    assert {end.status for end in ends} == {TransferStatus.ACCEPTED}
    assert (await world.facts()).revision == 2
    assert len((await world.past(world.recipient)).entries) == 2


async def test_the_organiser_may_forbid_transfers(world: TransferWorld) -> None:
    await world.set_policy(ResalePolicy(transfer_allowed=False))
    assert await reasons(world) == ["resale.transfer_not_allowed"]
    await world.set_policy(ResalePolicy(transfer_allowed=True))
    assert (await world.offered()).status is TransferStatus.OFFERED


async def test_a_pass_changes_hands_as_often_as_the_organiser_allows(world: TransferWorld) -> None:
    await world.set_policy(ResalePolicy(transfers_max=1))
    await world.accepted()
    pass_id = (await world.passes())[0].id
    with pytest.raises(TransferRefusedError, match="changed hands 1 times"):
        await world.offer(world.recipient, pass_id, OTHER)
    await world.set_policy(ResalePolicy(transfers_max=2))
    assert (await world.offer(world.recipient, pass_id, OTHER)).status is TransferStatus.OFFERED


async def test_the_organiser_is_asked_again_when_a_pass_is_accepted(world: TransferWorld) -> None:
    transfer = await world.offered()
    await world.set_policy(ResalePolicy(transfers_max=0))
    with pytest.raises(TransferRefusedError):
        await world.accept(world.recipient, transfer.id, holder_name=None)
    assert (await world.now_is(transfer.id)).status is TransferStatus.OFFERED
    await world.set_policy(ResalePolicy())
    assert (await world.accept(world.recipient, transfer.id, holder_name=None)).status is TransferStatus.ACCEPTED


async def test_at_the_cutoff_it_is_too_late_to_offer_and_to_accept(world: TransferWorld) -> None:
    await world.set_policy(ResalePolicy(transfer_cutoff=timedelta(days=1)))
    last = KICK_OFF - timedelta(days=1)
    world.clock.moment = last - TICK
    transfer = await world.offered()
    assert transfer.lapses_at == last
    world.clock.moment = last
    assert await reasons_of_second(world) == ["resale.cutoff_passed"]
    with pytest.raises(TransferStepError, match="LAPSED"):
        await world.accept(world.recipient, transfer.id, holder_name=None)


async def reasons_of_second(world: TransferWorld) -> list[str]:
    with pytest.raises(TransferRefusedError) as refusal:
        await world.offered(number=1)
    return [problem.message.partition(": ")[0] for problem in refusal.value.problems]


async def test_a_name_is_needed_where_the_organiser_or_the_law_asks_for_it() -> None:
    named = replace(a_right("de-names", "DE"), duties=frozenset({Duty.CHANGE_OF_NAME}))
    by_law, by_organiser = TransferWorld(None, None, named), TransferWorld()
    await by_organiser.set_policy(ResalePolicy(names_holders=True))
    for world in (by_law, by_organiser):
        transfer = await world.offered()
        with pytest.raises(HolderNameNeededError):
            await world.accept(world.recipient, transfer.id, holder_name=None)
        assert (await world.now_is(transfer.id)).status is TransferStatus.OFFERED
        await world.accept(world.recipient, transfer.id, holder_name="Ben Fan")
        assert (await world.facts()).holder_name == "Ben Fan"


async def test_what_is_no_name_is_refused(world: TransferWorld) -> None:
    transfer = await world.offered()
    for name in ("   ", "a\u202eb", "x" * 101):
        with pytest.raises(InvalidInputError) as refusal:
            await world.accept(world.recipient, transfer.id, holder_name=name)
        assert [problem.pointer for problem in refusal.value.problems] == ["/holderName"]


async def test_whom_the_organiser_blocked_neither_gives_nor_takes(world: TransferWorld) -> None:
    until = NOON + timedelta(days=1)
    await world.block(world.sender, until=until)
    with pytest.raises(PersonBlockedError, match="Gave passes to everybody"):
        await world.offered()
    world.clock.moment = until
    transfer = await world.offered()
    await world.block(world.recipient, until=until + timedelta(days=1))
    with pytest.raises(PersonBlockedError):
        await world.accept(world.recipient, transfer.id, holder_name=None)
    world.clock.moment = until + timedelta(days=1)
    assert (await world.accept(world.recipient, transfer.id, holder_name=None)).status is TransferStatus.ACCEPTED


async def test_a_recipient_is_not_told_why_the_sender_is_blocked(world: TransferWorld) -> None:
    transfer = await world.offered()
    await world.block(world.sender)
    with pytest.raises(TransferRefusedError) as refusal:
        await world.accept(world.recipient, transfer.id, holder_name=None)
    assert "everybody" not in refusal.value.message


async def test_one_account_offers_so_many_passes_in_a_day() -> None:
    world = TransferWorld(terms=TransferTerms(per_day_max=2))
    for _ in range(2):
        await world.withdraw(world.sender, (await world.offered()).id)
    with pytest.raises(TooManyTransfersError):
        await world.offered()
    world.clock.moment = NOON + timedelta(days=1)
    assert (await world.offered()).status is TransferStatus.OFFERED


# How it ends.


@pytest.mark.parametrize("how", ["declined", "withdrawn"])
async def test_a_pass_that_was_not_taken_admits_its_holder_again(world: TransferWorld, how: str) -> None:
    transfer = await world.offered()
    for _ in range(2):  # the same again is fine
        if how == "declined":
            await world.decline(world.recipient, transfer.id)
        else:
            await world.withdraw(world.sender, transfer.id)
    facts = await world.facts()
    assert (facts.account_id, facts.offer_id, facts.revision) == (world.sender.account_id, None, 1)
    [told] = world.told(TransferEnded)
    assert (told.how, told.reason) == (how, None)
    with pytest.raises(TransferStepError):
        await world.accept(world.recipient, transfer.id, holder_name=None)
    assert (await world.now_is(transfer.id)).due_at is None


async def test_what_was_accepted_is_neither_declined_nor_taken_back(world: TransferWorld) -> None:
    transfer = await world.accepted()
    with pytest.raises(TransferStepError):
        await world.withdraw(world.sender, transfer.id)
    with pytest.raises(TransferStepError):
        await world.decline(world.recipient, transfer.id)


async def test_an_offer_lapses_at_its_time_and_the_sweep_gives_the_pass_back(world: TransferWorld) -> None:
    transfer = await world.offered()
    world.clock.moment = transfer.lapses_at - TICK
    assert await world.tend() == 0
    world.clock.moment = transfer.lapses_at
    with pytest.raises(TransferStepError):
        await world.accept(world.recipient, transfer.id, holder_name=None)
    assert await world.tend() == 1
    ended = await world.now_is(transfer.id)
    assert (ended.status, ended.reason, ended.due_at) == (TransferStatus.LAPSED, TIME_OVER, None)
    assert (await world.facts()).offer_id is None
    assert [told.how for told in world.told(TransferEnded)] == ["lapsed"]
    assert await world.tend() == 0


async def test_what_has_lapsed_does_not_stand_in_the_way_until_the_sweep_comes(world: TransferWorld) -> None:
    transfer = await world.offered()
    world.clock.moment = transfer.lapses_at
    again = await world.offered(to=OTHER)
    assert again.status is TransferStatus.OFFERED
    assert (await world.now_is(transfer.id)).status is TransferStatus.LAPSED


async def test_taking_back_what_has_lapsed_gives_the_pass_back_at_once(world: TransferWorld) -> None:
    transfer = await world.offered()
    world.clock.moment = transfer.lapses_at
    await world.withdraw(world.sender, transfer.id)
    await world.tend()
    assert (await world.facts()).offer_id is None


async def test_a_frozen_pass_stays_offered_and_is_accepted_when_it_is_thawed(world: TransferWorld) -> None:
    transfer = await world.offered()
    sale, gate = world.sale, world.gatehouse
    await gate.freeze(sale.disputed(), sale.delivery())
    for told in world.told_by_admission(PassesStopped):
        await world.on_stopped(told, sale.delivery())
    with pytest.raises(RefusedError) as refusal:
        await world.accept(world.recipient, transfer.id, holder_name=None)
    assert refusal.value.refusal_code == "admission.pass_frozen"
    assert (await world.now_is(transfer.id)).status is TransferStatus.OFFERED
    await gate.decide(sale.decided("won"), sale.delivery())
    assert (await world.accept(world.recipient, transfer.id, holder_name=None)).status is TransferStatus.ACCEPTED


async def test_a_transfer_ends_with_its_pass(world: TransferWorld) -> None:
    transfer = await world.offered()
    sale = world.sale
    await world.gatehouse.void_on_cancelled(sale.refunded, sale.delivery())
    delivery = sale.delivery()
    for told in world.told_by_admission(PassesStopped):
        await world.on_stopped(told, delivery)
        await world.on_stopped(told, delivery)
    ended = await world.now_is(transfer.id)
    assert (ended.status, ended.reason) == (TransferStatus.LAPSED, "the pass is over: refunded")
    [news] = world.told(TransferEnded)
    assert (news.how, news.reason, news.to_email) == ("lapsed", "the pass is over: refunded", RECIPIENT)


async def test_a_pass_that_ended_meanwhile_is_not_handed_over_and_both_are_told_why(world: TransferWorld) -> None:
    transfer = await world.offered()
    sale = world.sale
    await world.gatehouse.void_on_cancelled(sale.refunded, sale.delivery())
    with pytest.raises(RefusedError) as refusal:
        await world.accept(world.recipient, transfer.id, holder_name=None)
    assert refusal.value.refusal_code == "admission.pass_void"
    ended = await world.now_is(transfer.id)
    assert ended.status is TransferStatus.LAPSED
    assert ended.reason == refusal.value.message == world.told(TransferEnded)[0].reason
    assert (await world.history.verified(world.tenant_id, PassId(transfer.subject.lineage_id))).entries[1:] == ()


async def test_news_of_other_passes_ends_nothing(world: TransferWorld) -> None:
    transfer = await world.offered()
    stopped = PassesStopped(pass_ids=(UUID(int=3),), reason="refunded", over=True)
    await world.on_stopped(stopped, world.sale.delivery())
    assert (await world.now_is(transfer.id)).status is TransferStatus.OFFERED


# Admission is away, and processes die.


async def test_while_admission_is_away_nothing_is_lost(world: TransferWorld) -> None:
    transfer = await world.offered()
    world.admission.away = True
    declined = await world.decline(world.recipient, transfer.id)
    assert declined.status is TransferStatus.DECLINED
    assert await world.tend() == 0
    assert (await world.facts()).offer_id == transfer.id
    world.admission.away = False
    world.clock.moment = NOON + timedelta(seconds=RETRY_S)
    assert await world.tend() == 1
    assert (await world.facts()).offer_id is None


async def test_a_transfer_that_could_not_be_tied_is_finished_by_the_sweep(world: TransferWorld) -> None:
    await world.passes()
    world.admission.away = True
    with pytest.raises(LinkUnavailableError):
        await world.offered()
    world.admission.away = False
    with pytest.raises(TransferOpenError):
        await world.offered()
    [opening] = (await world.read.page(world.sender, Box.OUT, PageRequest())).items
    with pytest.raises(TransferStepError):
        await world.withdraw(world.sender, opening.id)
    assert (await world.read.page(world.recipient, Box.IN, PageRequest())).items == ()
    world.clock.moment = NOON + timedelta(seconds=STEP_S_MAX)
    assert await world.tend() == 1
    assert (await world.now_is(opening.id)).status is TransferStatus.OFFERED


@pytest.mark.parametrize("end", ["accept", "decline", "withdraw"])
async def test_whenever_the_process_dies_the_transfer_comes_to_the_same_end(end: str) -> None:
    ends: set[str] = set()
    for dies_after in range(1, STEPS_MAX):
        world = TransferWorld()
        await world.passes()
        world.life.steps, world.life.dies_after = 0, dies_after
        try:
            await go(world, end)
        except Killed:
            lived = False
        else:
            lived = True
        world.life.dies_after = None
        world.clock.moment = NOON + timedelta(seconds=STEP_S_MAX)
        await world.tend()
        await go(world, end)  # whoever asked, asks again
        await world.tend()
        facts = await world.facts()
        history = await world.history.verified(world.tenant_id, PassId(facts.lineage_id))
        [transfer] = (await world.read.page(world.sender, Box.OUT, PageRequest())).items
        news = [len(world.told(kind)) for kind in (TransferOffered, TransferAccepted, TransferEnded)]
        owner = facts.account_id == world.sender.account_id
        kinds = [kept.entry.kind.value for kept in history.entries]
        ends.add(f"{transfer.status} {transfer.due_at} {owner} {facts.revision} {facts.offer_id} {kinds} {news}")
        if lived:
            break
    else:
        pytest.fail("the process never lives")
    assert len(ends) == 1, ends
    assert dies_after > 5


async def go(world: TransferWorld, end: str) -> None:
    """Offer the pass unless it was, and bring the transfer to its end."""
    made = (await world.read.page(world.sender, Box.OUT, PageRequest())).items
    transfer = made[0] if made else await world.offered()
    match end:
        case "accept":
            await world.accept(world.recipient, transfer.id, holder_name=None)
        case "decline":
            await world.decline(world.recipient, transfer.id)
        case _:
            await world.withdraw(world.sender, transfer.id)
