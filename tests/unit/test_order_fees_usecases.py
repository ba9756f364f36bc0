"""Fees and taxes of an organisation: setting them, orders that have them, and quotes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import override
from uuid import UUID

import msgspec
import pytest

from core.orders.content import Fee, OrderContent, Tax
from core.orders.errors import EmptyOrderError
from core.orders.fee_schedule import FeeSchedule
from core.orders.fees import FeeUnit, FixedFee, PercentageFee
from core.orders.statuses import OrderStatus
from core.orders.taxes import TaxRate
from core.shared.callers import Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import TenantId, TicketId
from core.shared.money import MixedCurrenciesError, Money
from ports.orders import TaxRules
from ports.published.orders import OrderCreated
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.ticketing import TicketOnSale
from tests.orders_neighbours import TICKET, Ticketing
from tests.orders_world import OTHER_TENANT, World
from usecases.orders.charge_order import ChargeOrder
from usecases.orders.price_order import PriceOrder
from usecases.orders.quote_order import QuotedItem, QuoteOrder

BOOKING = FixedFee("booking", "Booking", Money(100, "EUR"), FeeUnit.ADMISSION)
SERVICE = PercentageFee("service", "Service", 500)
ABSORBED = PercentageFee("card", "Card", 200, passed_on=False)
VAT = TaxRate("vat", "VAT", 1_900, included=False)


def euro(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


async def test_staff_read_the_fees_and_managers_change_what_they_have_read() -> None:
    world = World()
    manager, seller = world.staff(Role.MANAGER), world.staff(Role.BOX_OFFICE)
    assert await world.fees.current(world.staff(Role.SCANNER)) == FeeSchedule()
    changed = await world.fees.change(manager, FeeSchedule((SERVICE,), (VAT,)), expected_version=0)
    assert changed == await world.fees.current(seller) == FeeSchedule((SERVICE,), (VAT,), version=1)
    with pytest.raises(StaleVersionError):
        await world.fees.change(manager, FeeSchedule(), expected_version=0)
    assert await world.fees.current(seller) == changed


async def test_only_managers_change_fees_and_only_staff_read_them() -> None:
    world = World()
    for caller in (world.buyer(), world.staff(Role.BOX_OFFICE), world.staff(Role.SCANNER)):
        with pytest.raises(ForbiddenError):
            await world.fees.change(caller, FeeSchedule(), expected_version=0)
        with pytest.raises(ForbiddenError):
            await world.fees.changes(caller)
    with pytest.raises(ForbiddenError):
        await world.fees.current(world.buyer())


async def test_each_change_says_who_made_it_and_when() -> None:
    world = World()
    first = await world.set_fees(SERVICE)
    at = world.clock.now()
    world.clock.advance(60)
    second = await world.set_fees()
    changes = await world.fees.changes(world.staff(Role.OWNER))
    assert [change.schedule for change in changes] == [second, first]
    assert [change.changed_at for change in changes] == [world.clock.now(), at]
    assert {change.changed_by for change in changes} == {world.staff().account_id}


async def test_an_order_has_the_fees_and_taxes_of_its_time_and_tells_the_total() -> None:
    world = World()
    await world.set_fees(BOOKING, SERVICE, ABSORBED, taxes=(VAT,))
    order = await world.placed()
    assert order.content is not None
    assert order.content.fees == (
        Fee("booking", "Booking", euro(200)),
        Fee("service", "Service", euro(250)),
        Fee("card", "Card", euro(100), passed_on=False),
    )
    # 19 % of 5,450 is 1,035.5.
    assert order.content.taxes == (Tax("vat", "VAT", 1_900, euro(1_036), included=False),)
    assert order.total == euro(6_486)
    assert world.messages.events[0].decode(OrderCreated).total_minor == 6_486
    await world.set_fees()
    assert await world.now(order) == order
    started = await world.pay(world.buyer(), order.id, "CARD")
    assert (started.amount_minor, started.currency) == (6_486, "EUR")


async def test_the_fees_of_another_organisation_count_for_nothing() -> None:
    world = World()
    await world.set_fees(BOOKING, taxes=(VAT,))
    quoted = await world.quote(world.buyer(tenant_id=OTHER_TENANT), [QuotedItem(TicketId(TICKET), 2)])
    assert (quoted.fees, quoted.taxes, quoted.total) == ((), (), euro(5_000))


async def test_an_order_in_another_currency_has_no_fixed_fee() -> None:
    world = World()
    world.seating.currencies = ("JPY", "JPY")
    await world.set_fees(BOOKING, replace(BOOKING, amount=Money(30, "JPY")))
    order = await world.placed()
    assert order.content is not None
    assert [fee.amount for fee in order.content.fees] == [Money(60, "JPY")]


async def test_venues_are_asked_only_where_a_rate_depends_on_the_country() -> None:
    world = World()
    await world.placed()
    await world.set_fees(taxes=(VAT,))
    await world.quote(world.buyer(), [QuotedItem(TicketId(TICKET), 1)])
    assert world.venues.asked == 0
    await world.set_fees(taxes=(VAT, replace(VAT, rate_basis_points=700, country="DE")))
    quoted = await world.quote(world.buyer(), [QuotedItem(TicketId(TICKET), 1)] * 2)
    assert world.venues.asked == 1
    assert [tax.rate_basis_points for tax in quoted.taxes] == [700]
    world.venues.countries[quoted.event.venue_id] = "AT"
    quoted = await world.quote(world.buyer(), [QuotedItem(TicketId(TICKET), 1)])
    assert [tax.rate_basis_points for tax in quoted.taxes] == [1_900]


async def test_what_cannot_be_taxed_is_not_sold_and_nothing_stays_reserved() -> None:
    world = World()
    await world.set_fees(taxes=(replace(VAT, country="DE"),))
    world.venues.gone = True
    with pytest.raises(RefusedError) as refused:
        await world.placed()
    assert refused.value.refusal_code == "venues.not_found"
    assert await world.refused()
    world.deliver()
    assert world.seating.owner_of(UUID(int=1)) is None


class TaxOffice(TaxRules):
    """Rules of somebody else's, which are away at first."""

    def __init__(self) -> None:
        self.asked: list[OrderContent] = []

    @override
    async def taxes(self, *, tenant_id: TenantId, content: OrderContent, rates: Sequence[TaxRate]) -> tuple[Tax, ...]:
        self.asked.append(content)
        if len(self.asked) == 1:
            raise LinkUnavailableError("taxes")
        return (Tax("sales", "Sales tax", 825, Money(7, content.currency), included=False),)


async def test_taxes_are_a_rule_that_can_be_another_and_are_asked_for_again_after_an_outage() -> None:
    world = World()
    await world.set_fees(BOOKING)
    office = TaxOffice()
    world.price = PriceOrder(world.ticketing, ChargeOrder(world.transactions, office), world.ids)
    place = world.placing(world.transactions)
    hold = world.held(world.buyer())
    with pytest.raises(LinkUnavailableError):
        await place(world.buyer(), [hold], None)
    order = await place(world.buyer(), [hold], None)
    assert order.status is OrderStatus.AWAITING_PAYMENT
    assert order.total == euro(5_000 + 200 + 7)
    assert [content.fees_passed_on for content in office.asked] == [euro(200)] * 2


async def test_a_quote_says_what_an_order_would_cost_and_keeps_nothing() -> None:
    world = World()
    await world.set_fees(BOOKING, SERVICE, taxes=(VAT,))
    wanted = [QuotedItem(TicketId(TICKET), 1, euro(2_500)), QuotedItem(TicketId(TICKET), 1)]
    quoted = await world.quote(world.buyer(guest=True), wanted)
    order = await world.placed()
    assert order.content is not None
    assert (quoted.fees, quoted.taxes, quoted.total) == (order.content.fees, order.content.taxes, order.total)
    assert world.published() == ["orders.order.created"]


async def test_a_quote_is_of_something_in_one_currency() -> None:
    world = World()
    with pytest.raises(EmptyOrderError):
        await world.quote(world.buyer(), [])
    with pytest.raises(MixedCurrenciesError):
        await world.quote(
            world.buyer(), [QuotedItem(TicketId(TICKET), 1), QuotedItem(TicketId(TICKET), 1, Money(1, "JPY"))]
        )


class Drafts(Ticketing):
    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        found = await super().ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        return msgspec.structs.replace(found, status="draft")


async def test_a_draft_is_quoted_to_staff_and_not_there_for_fans() -> None:
    world = World()
    quote = QuoteOrder(Drafts(), world.charge, world.ids)
    assert (await quote(world.staff(), [QuotedItem(TicketId(TICKET), 2)])).total == euro(5_000)
    with pytest.raises(RefusedError) as refused:
        await quote(world.buyer(), [QuotedItem(TicketId(TICKET), 2)])
    assert refused.value.refusal_code == "ticketing.not_found"
