"""Passes of a disputed order: frozen, thawed when it is won, over when it is lost, in whatever order the news comes."""

import itertools
from uuid import UUID

import pytest

from core.admission.errors import PassNotValidError
from core.admission.passes import Pass, PassStatus
from ports.published.payments import DisputeClosed, DisputeOpened
from tests.admission_builders import NOON, Gatehouse, Sale


@pytest.fixture
def gate() -> Gatehouse:
    return Gatehouse()


async def hear(gate: Gatehouse, sale: Sale, news: DisputeOpened | DisputeClosed) -> None:
    for delivery in [sale.delivery()] * 2:
        if isinstance(news, DisputeOpened):
            await gate.freeze(news, delivery)
        else:
            await gate.decide(news, delivery)


async def passes(gate: Gatehouse, sale: Sale) -> list[Pass]:
    return [each.admission for each in await gate.of_order(sale.staff(), sale.order_id)]


async def codes(gate: Gatehouse, sale: Sale) -> list[str | None]:
    return [each.code for each in await gate.of_order(sale.buyer, sale.order_id)]


async def test_a_frozen_pass_shows_no_code_and_a_thawed_one_the_code_it_had(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    before = await codes(gate, sale)
    await hear(gate, sale, sale.disputed())
    assert await codes(gate, sale) == [None, None]
    [frozen, _] = await passes(gate, sale)
    assert (frozen.status, frozen.freeze_reason, frozen.frozen_at) == (PassStatus.FROZEN, "disputed", NOON)
    with pytest.raises(PassNotValidError, match="frozen"):
        await gate.svg(sale.buyer, frozen.id)
    await hear(gate, sale, sale.decided("won"))
    assert await codes(gate, sale) == before
    [thawed, _] = await passes(gate, sale)
    assert (thawed.status, thawed.freeze_reason, thawed.frozen_at) == (PassStatus.VALID, None, None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize(("outcome", "ending"), [("won", {"VALID"}), ("lost", {"VOID"})])
async def test_whatever_is_heard_first_all_ends_the_same(
    gate: Gatehouse, order: tuple[int, ...], outcome: str, ending: set[str]
) -> None:
    sale = Sale()
    told = sale.decided("won" if outcome == "won" else "lost")
    for number in order:
        match number:
            case 0:
                await gate.issue(sale.completed, sale.delivery())
            case 1:
                await hear(gate, sale, sale.disputed())
            case _:
                await hear(gate, sale, told)
    found = await passes(gate, sale)
    issued_first = order.index(0) < order.index(2)
    assert {each.status.value for each in found} == (ending if issued_first or outcome == "won" else set())
    assert {each.void_reason for each in found} <= {None, "dispute_lost"}


async def test_passes_that_are_issued_during_a_dispute_are_frozen(gate: Gatehouse) -> None:
    sale = Sale()
    await hear(gate, sale, sale.disputed())
    await gate.issue(sale.completed, sale.delivery())
    assert {each.status for each in await passes(gate, sale)} == {PassStatus.FROZEN}


async def test_of_two_disputes_the_one_that_goes_on_keeps_the_passes_frozen(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    await hear(gate, sale, sale.disputed(1))
    await hear(gate, sale, sale.disputed(2))
    await hear(gate, sale, sale.decided("won", 1))
    assert {each.status for each in await passes(gate, sale)} == {PassStatus.FROZEN}
    await hear(gate, sale, sale.decided("won", 2))
    assert {each.status for each in await passes(gate, sale)} == {PassStatus.VALID}


async def test_a_bank_that_changes_its_mind_is_heard_by_the_version(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    await hear(gate, sale, sale.decided("lost", version=3))
    await hear(gate, sale, sale.decided("won", version=2))
    assert {each.status for each in await passes(gate, sale)} == {PassStatus.VOID}


async def test_a_frozen_pass_whose_item_is_refunded_is_void(gate: Gatehouse) -> None:
    sale = Sale()
    await gate.issue(sale.completed, sale.delivery())
    await hear(gate, sale, sale.disputed())
    item: UUID = sale.completed.seats[0].order_item_id
    await gate.void_on_returned(sale.returned((item, 1)), sale.delivery())
    assert [each.status for each in await passes(gate, sale)] == [PassStatus.VOID, PassStatus.FROZEN]
