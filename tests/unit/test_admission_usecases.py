"""Passes: issued once, shown to whom they belong, void when the money went back."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.messaging import MemoryMessages
from adapters.system.ids import Uuid7Source
from core.admission.errors import InvalidCodeError, PassNotFoundError, PassNotValidError, PassOrderNotFoundError
from core.admission.passes import Pass, PassStatus
from core.shared.callers import Role
from core.shared.ids import TenantId
from core.shared.money import Money
from ports.admission import AdmissionTransaction
from ports.events import Delivery
from ports.published.admission import PassesIssued
from tests.admission_builders import KICK_OFF, NOON, Gatehouse, Sale
from usecases.admission.codes import ShownPass


@pytest.fixture
def gate() -> Gatehouse:
    return Gatehouse()


def passes_of(shown: Sequence[ShownPass]) -> list[Pass]:
    return [each.admission for each in shown]


async def test_a_paid_order_becomes_one_pass_a_seat_with_all_that_it_shows(gate: Gatehouse) -> None:
    sale = Sale(seats=3)

    await gate.issue(sale.completed, sale.delivery())

    passes = passes_of(await gate.of_order(sale.buyer, sale.order_id))
    assert [each.seat and each.seat.label for each in passes] == ["A-1-1", "A-1-2", "A-1-3"]
    assert {each.order_item_id for each in passes} == {seat.order_item_id for seat in sale.completed.seats}
    for each in passes:
        assert (each.status, each.revision, each.face_value) == (PassStatus.VALID, 1, Money(2500, "EUR"))
        assert (each.event.title, each.event.starts_at) == ("Erfurt : Jena", KICK_OFF)
        assert (each.account_id, each.issued_at, each.event.ticket_title) == (sale.account_id, NOON, "Block A")


async def test_places_without_a_seat_become_one_pass_each_for_their_own_event(gate: Gatehouse) -> None:
    sale = Sale(seats=1, places=3)

    await gate.issue(sale.completed, sale.delivery())

    [seated, *standing] = passes_of(await gate.of_order(sale.buyer, sale.order_id))
    assert seated.seat is not None
    assert [(each.seat, each.unit) for each in standing] == [(None, 1), (None, 2), (None, 3)]
    assert len({each.order_item_id for each in standing} | {seated.order_item_id}) == 2
    for each in standing:
        assert (each.event.ticket_id, each.event.ticket_title) == (sale.standing_id, "Standing")
        assert (each.event.title, each.face_value) == ("After-match party", Money(1200, "EUR"))


async def test_an_order_of_places_alone_has_passes_with_codes_of_one_key(gate: Gatehouse) -> None:
    sale = Sale(seats=0, places=2)

    for _ in range(2):
        await gate.issue(sale.completed, sale.delivery())

    shown = await gate.of_order(sale.buyer, sale.order_id)
    keys = await gate.public_keys(sale.buyer)
    assert [gate.verify(each.code or "", keys).pass_id for each in shown] == [each.admission.id for each in shown]
    assert len(shown) == 2 and len(keys) == 1
    assert (await gate.svg(sale.buyer, shown[0].admission.id)).startswith(b"<?xml")
    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    assert {each.status for each in passes_of(await gate.of_order(sale.buyer, sale.order_id))} == {PassStatus.VOID}


async def test_issuing_tells_the_others_in_the_same_transaction(gate: Gatehouse) -> None:
    sale = Sale()

    await gate.issue(sale.completed, sale.delivery())

    [told] = gate.messages.events
    shown = await gate.of_order(sale.buyer, sale.order_id)
    assert told.tenantid == sale.tenant_id and told.subject == str(sale.order_id)
    assert told.decode(PassesIssued).pass_ids == tuple(each.id for each in passes_of(shown))


async def test_the_same_news_twice_issues_once(gate: Gatehouse) -> None:
    sale = Sale()
    delivery = sale.delivery()

    for again in (delivery, delivery, sale.delivery()):
        await gate.issue(sale.completed, again)

    assert len(await gate.of_order(sale.buyer, sale.order_id)) == 2
    assert len(gate.messages.events) == 1


async def test_what_a_failed_try_did_is_put_back_and_the_next_try_issues_everything() -> None:
    class FirstCommitFails(MemoryAdmissionTransactions):
        failed = False

        @override
        @asynccontextmanager
        async def begin(self, tenant_id: TenantId) -> AsyncGenerator[AdmissionTransaction]:
            async with super().begin(tenant_id) as tx:
                yield tx
                if not self.failed:
                    self.failed = True
                    raise OSError("the disk is full")

    messages = MemoryMessages(ids=Uuid7Source())
    gate = Gatehouse(FirstCommitFails(messages))
    sale = Sale()
    delivery = sale.delivery()

    with pytest.raises(OSError, match="full"):
        await gate.issue(sale.completed, delivery)
    assert messages.events == ()
    with pytest.raises(PassOrderNotFoundError):
        await gate.of_order(sale.buyer, sale.order_id)

    await gate.issue(sale.completed, delivery)
    assert len(await gate.of_order(sale.buyer, sale.order_id)) == 2
    assert len(messages.events) == 1


async def test_the_passes_of_one_event_share_a_key_and_no_two_events_do(gate: Gatehouse) -> None:
    first = Sale()
    same = Sale(tenant_id=first.tenant_id, ticket_id=first.ticket_id)
    other = Sale(tenant_id=first.tenant_id)

    for sale in (first, same, other):
        await gate.issue(sale.completed, sale.delivery())

    assert len(await gate.keys(first.buyer, None)) == 2
    [key] = await gate.keys(first.buyer, first.ticket_id)
    assert key.ticket_id == first.ticket_id


async def test_the_code_of_a_pass_is_true_for_the_keys_of_its_organisation_only(gate: Gatehouse) -> None:
    sale, elsewhere = Sale(), Sale()
    for each in (sale, elsewhere):
        await gate.issue(each.completed, each.delivery())
    [first, second] = await gate.of_order(sale.buyer, sale.order_id)
    assert first.code is not None and second.code is not None and first.code != second.code

    claims = gate.verify(first.code, await gate.public_keys(sale.buyer))

    assert (claims.pass_id, claims.revision) == (first.admission.id, 1)
    with pytest.raises(InvalidCodeError):
        gate.verify(first.code, await gate.public_keys(elsewhere.buyer))


async def test_a_pass_is_seen_by_its_account_and_by_staff_and_by_nobody_else(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    [shown, _] = await gate.of_order(sale.buyer, sale.order_id)
    pass_id = shown.admission.id

    assert await gate.read(sale.buyer, pass_id) == shown
    for role in Role:
        assert await gate.read(sale.staff(role), pass_id) == shown
    for other in (sale.stranger, sale.staff(Role.OWNER, tenant_id=Sale().tenant_id)):
        with pytest.raises(PassNotFoundError):
            await gate.read(other, pass_id)
        with pytest.raises(PassNotFoundError):
            await gate.svg(other, pass_id)
        with pytest.raises(PassOrderNotFoundError):
            await gate.of_order(other, sale.order_id)


async def test_the_buyer_of_an_unpaid_order_has_no_passes_yet_and_a_stranger_hears_of_no_order(gate: Gatehouse) -> None:
    sale = Sale()
    with pytest.raises(PassOrderNotFoundError):
        await gate.of_order(sale.buyer, sale.order_id)

    await gate.note_order(sale.created, sale.delivery())

    assert await gate.of_order(sale.buyer, sale.order_id) == []
    with pytest.raises(PassOrderNotFoundError):
        await gate.of_order(sale.stranger, sale.order_id)


async def test_passes_are_void_when_the_order_was_refunded(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    gate.clock.moment = NOON + timedelta(days=1)

    for _ in range(2):
        await gate.void_on_cancelled(sale.refunded, sale.delivery())
        gate.clock.moment += timedelta(hours=1)

    for shown in await gate.of_order(sale.buyer, sale.order_id):
        assert shown.admission.status is PassStatus.VOID
        assert shown.admission.voided_at == NOON + timedelta(days=1)
        assert shown.code is None
        with pytest.raises(PassNotValidError):
            await gate.svg(sale.buyer, shown.admission.id)


async def test_a_refund_that_is_heard_of_before_the_sale_leaves_no_pass(gate: Gatehouse) -> None:
    sale = Sale()

    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    await gate.issue(sale.completed, sale.delivery())

    assert await gate.of_order(sale.buyer, sale.order_id) == []
    assert gate.messages.events == ()


@pytest.mark.parametrize("reason", ["cancelled", "expired"])
async def test_an_order_that_ended_unpaid_and_came_back_gets_its_passes(gate: Gatehouse, reason: str) -> None:
    sale = Sale()

    await gate.void_on_cancelled(sale.cancelled(reason), sale.delivery())
    await gate.issue(sale.completed, sale.delivery())

    assert [each.status for each in passes_of(await gate.of_order(sale.buyer, sale.order_id))] == [PassStatus.VALID] * 2


async def test_a_refund_leaves_the_passes_of_other_orders_alone(gate: Gatehouse) -> None:
    sale = Sale()
    other = Sale(tenant_id=sale.tenant_id, ticket_id=sale.ticket_id)
    for each in (sale, other):
        await gate.issue(each.completed, each.delivery())

    await gate.void_on_cancelled(sale.refunded, sale.delivery())

    assert all(each.code for each in await gate.of_order(other.buyer, other.order_id))


async def test_the_passes_of_returned_items_are_void_and_those_of_others_stay(gate: Gatehouse) -> None:
    sale = Sale(seats=2, places=3)
    await gate.issue(sale.completed, sale.delivery())
    seat, places = sale.completed.seats[0].order_item_id, sale.completed.places[0].order_item_id
    news, delivery = sale.returned((seat, 1), (places, 3)), sale.delivery()
    for again in (delivery, delivery, sale.delivery()):
        await gate.void_on_returned(news, again)
    shown = await gate.of_order(sale.buyer, sale.order_id)
    void = [each for each in shown if each.admission.status is PassStatus.VOID]
    assert [(each.admission.order_item_id, each.admission.unit) for each in void] == [(seat, 1), (places, 3)]
    assert {(each.code, each.admission.void_reason) for each in void} == {(None, "customer_request")}
    assert [each.code is not None for each in shown].count(True) == 3
    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    reasons = [each.admission.void_reason for each in await gate.of_order(sale.buyer, sale.order_id)]
    assert sorted(map(str, reasons)) == ["customer_request"] * 2 + ["refunded"] * 3


async def test_items_that_were_returned_before_the_sale_was_heard_of_get_no_pass(gate: Gatehouse) -> None:
    sale = Sale(seats=1, places=2)
    places = sale.completed.places[0].order_item_id
    await gate.void_on_returned(sale.returned((places, 2)), sale.delivery())
    await gate.issue(sale.completed, sale.delivery())
    await gate.issue(sale.completed, sale.delivery())
    passes = passes_of(await gate.of_order(sale.buyer, sale.order_id))
    assert [(each.seat is None, each.unit, each.status) for each in passes] == [
        (False, 1, PassStatus.VALID),
        (True, 1, PassStatus.VALID),
    ]


async def test_news_of_an_order_must_name_its_organisation(gate: Gatehouse) -> None:
    with pytest.raises(ValueError, match="tenant"):
        await gate.issue(Sale().completed, Delivery(event_id=uuid7(), tenant_id=None))
