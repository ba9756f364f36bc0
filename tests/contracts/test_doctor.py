"""Each kind of drift, planted in real stores: the doctor finds that and nothing else, and what can be mended is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.memory.doctor import MemoryFacts
from core.doctor.facts import EVERYTHING, Key, Span
from core.doctor.findings import Drift
from core.orders.box_office import Settlement
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from tests.checkout_world import BUYERS, TENANT, Wish
from tests.doctor_world import Evening, an_evening, frees, ordered, sets, settled, ward
from tests.servers import PostgresServer
from usecases.doctor.examine import Patience

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(postgres: PostgresServer, mongodb_url: str, valkey_url: str) -> AsyncIterator[Evening]:
    async with ward(postgres, mongodb_url, valkey_url) as made:
        yield await an_evening(made)


async def test_nothing_is_found_where_all_is_well(evening: Evening) -> None:
    things = {done.name: (done.things, done.findings) for done in await evening.ward.compared()}
    assert {name: findings for name, (_, findings) in things.items() if findings} == {}
    # Else nothing would be found anywhere.
    assert things["seats with the ledger"][0] == 3
    assert [count for name, (count, _) in things.items() if "orders" in name and not count] == []


@pytest.mark.parametrize("kind", ["orders", "payments", "entries", "owned_seats", "places", "quotas"])
async def test_small_pages_have_what_a_large_one_has_in_the_same_order(evening: Evening, kind: str) -> None:
    """So have those in memory, which unit tests read."""
    if kind == "places":
        await given(evening, seats=[], places=1)
    there = getattr(await evening.ward.patient(), kind)
    whole = await there.page(EVERYTHING, facts_max=500)
    assert len(whole) > 1
    for facts in (there, MemoryFacts(reversed(whole))):
        one_by_one: list[object] = []
        after = EVERYTHING.after
        while page := await facts.page(Span(after, EVERYTHING.until), facts_max=1):
            one_by_one += page
            after = page[-1].key
        assert one_by_one == whole
        assert list(await facts.page(Span(whole[0].key, whole[1].key), facts_max=500)) == [whole[1]]
        if hasattr(facts, "of"):
            assert await facts.of([whole[0].key, Key(TENANT, uuid4())]) == {whole[0].key: whole[0]}


async def test_a_seat_that_names_a_reservation_which_is_not_there(evening: Evening) -> None:
    free = f"tenant_id = '{TENANT}' and id not in (select seat_id from seat_states)"
    seat = await evening.ward.value("venue", f"select id from seats where {free} limit 1")
    await rows(evening, "venue", sets(seat, "SOLD", uuid4()))
    [found] = await evening.has(Drift.SEATS_CONTRADICT_LEDGER, undo=doing(evening, "venue", frees(seat)))
    assert found.key == (TENANT, seat)


async def test_a_seat_that_is_free_though_the_ledger_gives_it_to_somebody(evening: Evening) -> None:
    order = await given(evening, seats=[6])
    seat = await evening.ward.seat_of(order)
    for statement in (frees(seat), sets(seat, "AVAILABLE")):
        await rows(evening, "venue", statement)
        kinds = {each.kind for each in await evening.ward.examined()}
        assert kinds == {Drift.SEATS_CONTRADICT_LEDGER, Drift.SEAT_OF_ORDER_NOT_SOLD}
    await rows(evening, "venue", frees(seat), sets(seat, "SOLD", order.reservation_ids[0]))
    assert await evening.ward.examined() == []


async def test_seats_that_are_sold_to_an_order_that_is_not_there(evening: Evening) -> None:
    nobody = uuid4()
    await rows(
        evening,
        "venue",
        f"insert into seat_reservations select tenant_id, '{nobody}', plan_id, ticket_id, '{nobody}', account_id,"
        " token_sha256, status, seats_count, currency, hold_ttl_s, held_at, ceiling_at, expires_at, sold_at"
        f" from seat_reservations where id = '{evening.seated.reservation_ids[0]}'",
    )
    away = f"delete from seat_reservations where id = '{nobody}'"
    [found] = await evening.has(Drift.SEATS_SOLD_WITHOUT_ORDER, undo=doing(evening, "venue", away))
    assert dict(found.ids)["order"] == str(nobody)


async def test_an_order_that_was_called_off_and_of_which_nobody_heard(evening: Evening) -> None:
    order = await given(evening, seats=[7], places=1)
    await cancelled(evening, order)
    found = await evening.ward.examined()
    assert {each.kind for each in found} == {
        Drift.SEATS_SOLD_WITHOUT_ORDER,
        Drift.PLACES_SOLD_WITHOUT_ORDER,
        Drift.PASS_ALIVE,
    }
    assert {mended.refusal for mended in await evening.ward.mended(found)} == {None}
    assert await evening.ward.examined() == []
    assert 7 in await evening.ward.checkout.free_seats()


async def test_seats_and_places_that_are_kept_for_an_order_that_has_ended(evening: Evening) -> None:
    order = await ordered(evening.ward, 2, seats=[8], places=1)
    await settled(evening.ward)
    await cancelled(evening, order)
    found = await evening.ward.examined()
    assert {each.kind for each in found} == {Drift.SEATS_KEPT_WITHOUT_ORDER, Drift.PLACES_KEPT_WITHOUT_ORDER}
    assert {mended.refusal for mended in await evening.ward.mended(found)} == {None}
    assert await evening.ward.examined() == []


async def test_a_hold_of_seats_that_no_sweep_has_ended(evening: Evening) -> None:
    [held] = await evening.ward.checkout.hold(BUYERS[2], seats=[9], places=0)
    await settled(evening.ward)
    past = evening.ward.checkout.clock.now() - timedelta(minutes=1)
    await rows(
        evening, "venue", f"update seat_reservations set expires_at = '{past}' where id = '{held.reservation_id}'"
    )
    [found] = await evening.has(Drift.SEATS_KEPT_TOO_LONG)
    assert found.key == (TENANT, held.reservation_id)


async def test_a_hold_of_places_that_no_sweep_has_ended(evening: Evening) -> None:
    [held] = await evening.ward.checkout.hold(BUYERS[2], seats=[], places=1)
    past = evening.ward.checkout.clock.now() - timedelta(minutes=1)
    entries = evening.ward.servers.database["reservations"]
    await entries.update_one({"reservationId": held.reservation_id}, {"$set": {"expiresAt": past}})
    [found] = await evening.has(Drift.PLACES_KEPT_TOO_LONG)
    assert found.key == (TENANT, held.reservation_id)


async def test_a_seat_of_a_sold_order_that_is_not_sold(evening: Evening) -> None:
    order = await given(evening, seats=[10])
    [mine] = order.reservation_ids
    seat = await evening.ward.seat_of(order)
    for sold, entry, free in (("false", "EXPIRED", True), ("true", "SOLD", False)):
        await rows(
            evening,
            "venue",
            f"update seat_reservation_items set sold = {sold} where reservation_id = '{mine}'",
            f"update seat_reservations set status = '{entry}' where id = '{mine}'",
            frees(seat) if free else sets(seat, "SOLD", mine),
        )
        kinds = [each.kind for each in await evening.ward.examined()]
        assert kinds == ([Drift.SEAT_OF_ORDER_NOT_SOLD] if free else [])


async def test_places_of_a_sold_order_that_are_not_sold(evening: Evening) -> None:
    tickets, entries = (evening.ward.servers.database[name] for name in ("tickets", "reservations"))
    ticket = {"_id": evening.ward.checkout.standing.id}
    entry = {"reservationId": evening.standing.reservation_ids[0]}
    await entries.update_one(entry, {"$set": {"status": "RELEASED"}})
    await tickets.update_one(ticket, {"$inc": {"sold": -2}})

    async def undo() -> None:
        await entries.update_one(entry, {"$set": {"status": "FINALIZED"}})
        await tickets.update_one(ticket, {"$inc": {"sold": 2}})

    await evening.has(Drift.PLACES_OF_ORDER_NOT_SOLD, undo=undo)


@pytest.mark.parametrize("part", ["sold", "reserved"])
async def test_a_quota_that_is_not_what_its_entries_add_up_to(evening: Evening, part: str) -> None:
    tickets, id = evening.ward.servers.database["tickets"], evening.ward.checkout.standing.id
    before = await tickets.find_one({"_id": id})
    await tickets.update_one({"_id": id}, {"$inc": {part: 1}})
    await evening.has(Drift.QUOTA_MISCOUNTED)
    assert await tickets.find_one({"_id": id}) == before


async def test_an_order_that_is_sold_and_was_not_paid(evening: Evening) -> None:
    mine = f"order_id = '{evening.seated.id}'"
    await rows(evening, "payment", f"update payments set status = 'CANCELLED' where {mine}")
    back = f"update payments set status = 'SUCCEEDED' where {mine}"
    await evening.has(Drift.ORDER_NOT_PAID, undo=doing(evening, "payment", back))


async def test_an_order_whose_time_is_over_and_that_no_worker_ends(evening: Evening) -> None:
    past = evening.ward.checkout.clock.now() - timedelta(minutes=1)
    change = "update orders set expires_at = '{}', due_at = '{}' where id = '{}'".format
    until = evening.unpaid.expires_at
    await rows(evening, "order", change(past, past, evening.unpaid.id))
    await evening.has(Drift.ORDER_STUCK, undo=doing(evening, "order", change(until, until, evening.unpaid.id)))


async def test_money_that_came_and_of_which_orders_never_heard(evening: Evening) -> None:
    checkout, order = evening.ward.checkout, await ordered(evening.ward, 2, seats=[11], places=0)
    await checkout.pay(order.id, BUYERS[2])
    checkout.gateway.pay(checkout.intents[-1].id)
    await checkout.tell(checkout.intents[-1], "payment_intent.succeeded")
    await checkout.work("payment.process_webhooks")
    await rows(
        evening,
        "payment",
        "delete from outbox where event_type = 'payments.payment.succeeded' and published_at is null",
    )
    await settled(evening.ward)
    [found] = await evening.has(Drift.MONEY_WITHOUT_ORDER)
    assert found.key == (TENANT, order.id)
    [now] = [each for each in await checkout.orders() if each.id == order.id]
    assert now.status is OrderStatus.CONFIRMED


async def test_money_that_went_back_and_of_which_orders_never_heard(evening: Evening) -> None:
    mine = f"order_id = '{evening.seated.id}'"
    await rows(evening, "payment", f"update payments set status = 'REFUNDED' where {mine}")
    back = f"update payments set status = 'SUCCEEDED' where {mine}"
    await evening.has(Drift.REFUND_WITHOUT_ORDER, undo=doing(evening, "payment", back))


async def test_a_movement_of_money_that_does_not_balance(evening: Evening) -> None:
    change = booked(evening, "organisation")
    await rows(evening, "payment", change(1))
    await evening.has(Drift.LEDGER_UNBALANCED, undo=doing(evening, "payment", change(-1)))


async def test_a_ledger_that_says_something_else_than_its_payment(evening: Evening) -> None:
    taker, buyer = booked(evening, "organisation"), booked(evening, "buyer")
    await rows(evening, "payment", taker(1), buyer(-1))
    await evening.has(Drift.LEDGER_CONTRADICTS_PAYMENT, undo=doing(evening, "payment", taker(-1), buyer(1)))


@pytest.mark.parametrize("kind", ["seated", "standing"])
async def test_a_pass_that_was_lost_is_issued_again(evening: Evening, kind: str) -> None:
    order: Order = getattr(evening, kind)
    count = f"select count(*) from passes where order_id = '{order.id}' and status = 'VALID'"
    await rows(
        evening,
        "admission",
        f"delete from passes where id = (select id from passes where order_id = '{order.id}' order by id limit 1)",
    )
    [found] = await evening.has(Drift.PASS_MISSING)
    assert found.key == (TENANT, order.id)
    assert await evening.ward.value("admission", count) == 2


async def test_a_pass_that_is_tied_to_an_offer_which_is_not_there(evening: Evening) -> None:
    offer = uuid4()
    await rows(
        evening,
        "admission",
        f"update passes set offer_id = '{offer}', offer_kind = 'listing', offered_at = issued_at"
        f" where id = (select id from passes where order_id = '{evening.seated.id}' order by id limit 1)",
    )
    [found] = await evening.has(Drift.TIE_WITHOUT_OFFER)
    assert dict(found.ids)["offer"] == str(offer)


@pytest.mark.parametrize("kind", ["listing", "transfer"])
async def test_an_offer_whose_pass_is_free_for_others(evening: Evening, kind: str) -> None:
    pass_id, id = uuid4(), uuid4()
    table, columns, values = {
        "listing": (
            "listings",
            (
                "kind, seller_id, ticket_id, venue_id, event_starts_at, price_minor, currency, closes_at, offer_tied,"
                " subject, terms, history, status"
            ),
            (
                "'listing', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 1, 'EUR', now(), true,"
                " '{}', '{}', '[]', 'OPEN'"
            ),
        ),
        "transfer": (
            "pass_transfers",
            "from_account_id, to_email, to_email_key, offered_at, lapses_at, offer_tied, subject, status",
            "gen_random_uuid(), 'a@example.org', 'a@example.org', now(), now(), true, '{}', 'OFFERED'",
        ),
    }[kind]
    long_ago = "'2020-01-01Z', '2020-01-01Z'"
    await rows(
        evening,
        "venue",
        f"insert into {table} (tenant_id, id, pass_id, version, created_at, updated_at, {columns})"
        f" values ('{TENANT}', '{id}', '{pass_id}', 1, {long_ago}, {values})",
    )
    away = doing(evening, "venue", f"delete from {table} where id = '{id}'")
    [found] = await evening.has(Drift.OFFER_WITHOUT_TIE, undo=away)
    assert dict(found.ids) == {"offer": str(id), "pass": str(pass_id)}


async def test_timers_that_redis_has_lost_are_set_again(evening: Evening) -> None:
    await evening.ward.servers.redis.flushall()
    found = await evening.has(Drift.TIMER_MISSING)
    assert {each.key.id for each in found} == {evening.unpaid.id, *evening.unpaid.reservation_ids}


async def test_an_event_that_the_relay_gave_up_is_tried_again(evening: Evening) -> None:
    for service in ("venue", "order", "payment", "admission"):
        newest = "(select id from outbox order by id desc limit 1)"
        await rows(
            evening,
            service,
            f"update outbox set published_at = null, dead_at = '2020-01-01Z', attempts = 13 where id = {newest}",
        )
    found = await evening.has(Drift.EVENT_DEAD)
    assert {dict(each.ids)["service"] for each in found} == {"venue", "order", "payment", "admission"}


async def test_a_webhook_that_failed_is_processed_once_more(evening: Evening) -> None:
    await rows(
        evening,
        "payment",
        "update payment_webhooks set status = 'failed', due_at = null, processed_at = null, error_message = 'no'"
        " where id = (select id from payment_webhooks order by id limit 1)",
    )
    await evening.has(Drift.WEBHOOK_FAILED)
    await evening.ward.checkout.work("payment.process_webhooks")
    assert await evening.ward.value("payment", "select count(*) from payment_webhooks where status <> 'completed'") == 0


async def test_an_operation_that_no_worker_takes(evening: Evening) -> None:
    id = uuid4()
    await rows(
        evening,
        "venue",
        "insert into venue_operations (tenant_id, id, venue_id, type, status, params, steps, checkpoint_data, done,"
        " base_done, base_at, progress_at, tries, started_by, version, created_at, updated_at)"
        f" values ('{TENANT}', '{id}', gen_random_uuid(), 'plan-import', 'pending', '{{}}', '{{a}}', '{{}}', 0, 0,"
        " '2020-01-01Z', '2020-01-01Z', 0, gen_random_uuid(), 1, '2020-01-01Z', '2020-01-01Z')",
    )
    away = doing(evening, "venue", f"delete from venue_operations where id = '{id}'")
    [found] = await evening.has(Drift.OPERATION_STUCK, undo=away)
    assert found.key == (TENANT, id)


async def test_what_is_younger_than_the_grace_is_under_way(evening: Evening) -> None:
    mine = f"order_id = '{evening.seated.id}'"
    clock = evening.ward.checkout.clock
    clock.moment += timedelta(seconds=10)
    now = clock.now()
    change = "update payments set status = '{}', updated_at = '{}' where {}".format
    await rows(evening, "payment", change("CANCELLED", now - timedelta(seconds=5), mine))
    for grace_s, findings in ((5, 1), (5.1, 0)):
        found = await evening.ward.examined(Patience(grace_s=grace_s, pause_s=0))
        assert len([each for each in found if each.kind is Drift.ORDER_NOT_PAID]) == findings
    await rows(evening, "payment", change("SUCCEEDED", now, mine))


async def test_an_organisation_is_looked_at_alone(evening: Evening) -> None:
    tickets, id = evening.ward.servers.database["tickets"], evening.ward.checkout.standing.id
    await tickets.update_one({"_id": id}, {"$inc": {"sold": 1}})
    assert await evening.ward.examined(tenant_id=uuid4()) == []
    assert [each.kind for each in await evening.ward.examined(tenant_id=TENANT)] == [Drift.QUOTA_MISCOUNTED]
    await tickets.update_one({"_id": id}, {"$inc": {"sold": -1}})


async def rows(evening: Evening, service: str, *statements: str) -> None:
    await evening.ward.spoil(service, *statements)


def doing(evening: Evening, service: str, *statements: str) -> Callable[[], Awaitable[None]]:
    return lambda: rows(evening, service, *statements)


def booked(evening: Evening, account: str) -> Callable[[int], str]:
    of_order = f"payment_id in (select id from payments where order_id = '{evening.seated.id}')"
    return lambda more: (
        f"update ledger_entries set amount_minor = amount_minor + {more} where account = '{account}' and {of_order}"
    )


async def given(evening: Evening, *, seats: list[int], places: int = 0) -> Order:
    """Let the box office give something away: a sold order that has no payment."""
    checkout = evening.ward.checkout
    held = await checkout.hold(BUYERS[2], seats=seats, places=places)
    order = await checkout.order(Wish(BUYERS[2], held, settlement=Settlement.COMPLIMENTARY))
    assert order is not None, checkout.count
    assert order.status is OrderStatus.CONFIRMED
    await settled(evening.ward)
    return order


async def cancelled(evening: Evening, order: Order) -> None:
    """Have the order ended in its own database alone."""
    await rows(
        evening,
        "order",
        f"update orders set status = 'CANCELLED', due_at = null where id = '{order.id}'",
        f"update order_reservations set status = 'CANCELLED' where order_id = '{order.id}'",
    )
