"""Passes of sold seats that were moved: the new place, and a new code, whoever has the pass by now."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from core.admission.errors import SupersededCodeError
from core.admission.offers import OfferKind
from core.admission.passes import AdmittedSeat, Pass
from core.shared.ids import AccountId
from ports.published.seating import MovedSeat, SeatPlace, SeatsMoved
from tests.admission_builders import Gatehouse, Sale
from usecases.admission.move_passes import MovePasses, PassesNotIssuedError


@pytest.fixture
def gate() -> Gatehouse:
    return Gatehouse()


def moved(sale: Sale, *seat_ids: UUID) -> SeatsMoved:
    before = SeatPlace(label="A-1-1", section="A", row="1", number="1")
    after = SeatPlace(label="C-7-9", section="C", row="7", number="9")
    return SeatsMoved(
        reservation_id=uuid7(),
        plan_id=uuid7(),
        ticket_id=sale.ticket_id,
        order_id=sale.order_id,
        operation_id=uuid7(),
        seats=tuple(MovedSeat(seat_id=id, before=before, after=after) for id in seat_ids),
    )


async def passes(gate: Gatehouse, sale: Sale) -> list[Pass]:
    return [each.admission for each in await gate.of_order(sale.staff(), sale.order_id)]


async def codes(gate: Gatehouse, sale: Sale) -> list[Any]:
    return [each.code for each in await gate.of_order(sale.buyer, sale.order_id)]


async def test_the_pass_shows_the_new_place_and_the_old_code_is_void(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    first, second = await passes(gate, sale)
    old, kept = await codes(gate, sale)
    assert first.seat is not None
    event, delivery = moved(sale, first.seat.seat_id), sale.delivery()
    for _ in range(2):
        await MovePasses(gate.admission, gate.clock)(event, delivery)
    after, other = await passes(gate, sale)
    assert (after.seat, after.revision) == (AdmittedSeat(first.seat.seat_id, "C-7-9", "C", "7", "9"), 2)
    assert other == second
    new, same = await codes(gate, sale)
    assert (new != old, same) == (True, kept)
    keys = await gate.public_keys(sale.buyer)
    assert gate.verify(new, keys, {first.id: 2}).revision == 2
    with pytest.raises(SupersededCodeError):
        gate.verify(old, keys, {first.id: 2})


async def test_it_waits_for_passes_that_are_still_to_be_issued(gate: Gatehouse) -> None:
    sale = Sale()
    seats = [seat.seat_id for seat in sale.completed.seats]
    move, event, delivery = MovePasses(gate.admission, gate.clock), moved(sale, seats[0]), sale.delivery()
    with pytest.raises(PassesNotIssuedError):
        await move(event, delivery)
    await gate.issue(sale.completed, sale.delivery())
    await move(event, delivery)
    assert [each.seat.label for each in await passes(gate, sale) if each.seat] == ["C-7-9", "A-1-2"]


async def test_a_refunded_order_has_no_pass_to_move(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    await MovePasses(gate.admission, gate.clock)(moved(sale, uuid7()), sale.delivery())
    assert await passes(gate, sale) == []


async def test_whoever_was_given_the_pass_has_it_for_the_new_place(gate: Gatehouse) -> None:
    sale, friend, offer = Sale(seats=1), AccountId(uuid7()), uuid7()
    await gate.issue(sale.completed, sale.delivery())
    [issued] = await passes(gate, sale)
    assert issued.seat is not None
    await gate.offer(sale.tenant_id, issued.id, by=sale.account_id, offer_id=offer, kind=OfferKind.TRANSFER)
    await gate.hand_over(sale.tenant_id, issued.id, offer_id=offer, to=friend, holder_name=None)
    await MovePasses(gate.admission, gate.clock)(moved(sale, issued.seat.seat_id), sale.delivery())
    [after] = await passes(gate, sale)
    assert after.seat is not None
    assert (after.account_id, after.seat.label, after.revision) == (friend, "C-7-9", 3)


async def test_the_event_names_places_in_camel_case() -> None:
    event = moved(Sale(), UUID(int=1))
    seat = msgspec.to_builtins(event)["seats"][0]
    assert seat["seatId"] == str(UUID(int=1))
    assert seat["after"] == {"label": "C-7-9", "section": "C", "row": "7", "number": "9"}
