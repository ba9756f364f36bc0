"""What holds in batches promise beyond the ledger's contract: order, independence of the callers, and outages."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import pytest

from adapters.postgres.pool import open_pool
from adapters.postgres.seating_holds import Wish, send
from adapters.postgres.transactions import tenant_transaction
from core.seating import ledger
from core.seating.catalogue import Catalogue
from core.seating.errors import PlanNotActiveError, ReservationConflictError, SeatTakenError
from core.seating.hold_rules import claim_of
from core.seating.ledger import Change
from core.seating.plans import PlanStatus
from core.shared.holders import Holder
from core.shared.ids import SeatId
from ports.published.seating import NewHold, SeatsHeld
from ports.stores import StoreUnavailableError
from tests.sales import IDS, NOW, Sale, answer_of, answers, on_sale
from tests.seating_world import a_buyer, a_plan, a_request, memory_stores
from tests.servers import PostgresServer, connected
from tests.wires import Wire


def codes(answer: object) -> tuple[object, ...]:
    return answer[:1] if isinstance(answer, tuple) else ()


@pytest.fixture
async def sale(postgres: PostgresServer) -> AsyncIterator[Sale]:
    async with on_sale(postgres) as sale:
        yield sale


@pytest.mark.parametrize("seed", range(8))
async def test_requests_of_a_batch_are_answered_as_if_they_came_one_after_the_other(sale: Sale, seed: int) -> None:
    dice = random.Random(seed)
    memory = memory_stores()
    async with memory.transactions.begin(sale.tenant) as tx:
        await tx.plans.add(sale.plan, sale.layout)
    nowhere = replace(sale.plan, id=a_plan()[0].id)
    holds = sale.process()
    for _ in range(3):
        wishes = [sale.wish(*dice.sample(range(40), dice.randint(1, 4))) for _ in range(24)]
        wishes[5] = sale.wish(*range(11))  # more than an order may have
        wishes[9] = replace(sale.wish(1), seat_ids=(sale.layout.seats[1].id, SeatId(uuid4())))
        wishes[13] = a_request(nowhere, (sale.layout.seats[2].id,), by=a_buyer(sale.tenant))
        expected = [await answer_of(asyncio.create_task(memory.grant(sale.tenant, wish, now=NOW))) for wish in wishes]
        got = await answers(holds, sale.tenant, wishes)
        # What the plan itself refuses does not stand in the line, so it names the seats that are taken at another time.
        for place in (5, 9, 13):
            assert codes(got[place]) == codes(expected[place]) != ()
        assert [a for n, a in enumerate(got) if n not in {5, 9, 13}] == [
            a for n, a in enumerate(expected) if n not in {5, 9, 13}
        ]


async def test_what_is_asked_at_once_or_while_a_batch_is_under_way_shares_transactions(sale: Sale) -> None:
    holds = sale.process()
    async with sale.in_the_way():
        asked = [asyncio.create_task(holds(sale.tenant, sale.wish(place), now=NOW)) for place in range(10)]
        await sale.waits()
        for place in range(10, 40):
            asked.append(asyncio.create_task(holds(sale.tenant, sale.wish(place), now=NOW)))
            await asyncio.sleep(0)
    await asyncio.gather(*asked)
    async with connected(sale.admin_url) as admin:
        sizes = await admin.fetch("select count(*) as size from seat_reservations group by xmin::text order by size")
    # Half of those who wait and were just answered at a time: 10, then 35 and 5, then 15 and 20.
    assert [row["size"] for row in sizes] == [5, 15, 20]


async def test_who_came_first_has_the_seat_and_a_refused_request_keeps_nobody_from_it(sale: Sale) -> None:
    first, second, third = sale.wish(0, 1), sale.wish(2, 1), sale.wish(2, 3)
    won, lost, also_won = await answers(sale.process(), sale.tenant, [first, second, third])
    assert isinstance(won, Change) and isinstance(also_won, Change)
    assert isinstance(lost, tuple) and lost[1] == "Already taken: Stalls R1S2. No seat was held."
    owners = await sale.stored()
    assert {owners[seat] for seat in second.seat_ids} == {first.reservation_id, third.reservation_id}


async def test_seats_of_an_inactive_plan_are_refused_beside_holds_of_another_plan(sale: Sale) -> None:
    inactive, layout = a_plan(status=PlanStatus.INACTIVE)
    async with sale.transactions.begin(sale.tenant) as tx:
        await tx.plans.add(inactive, layout)
    refused = a_request(inactive, (layout.seats[0].id,), by=a_buyer(sale.tenant))
    first, second, third = await answers(sale.process(), sale.tenant, [sale.wish(0), refused, sale.wish(1)])
    assert isinstance(first, Change) and isinstance(third, Change)
    assert isinstance(second, tuple) and second[0] == PlanNotActiveError.code


@pytest.mark.parametrize("how", ["ended", "swept", "released", "locked"])
async def test_seats_that_somebody_let_go_are_given_to_a_batch(sale: Sale, how: str) -> None:
    """A state that is left says that the hold has ended, there is none, or it says that the seat is available."""
    holds = sale.process()
    before = (await holds(sale.tenant, sale.wish(0, 1, 2), now=NOW)).reservation
    later = before.expires_at
    async with sale.transactions.begin(sale.tenant) as tx:
        if how == "released":
            entry = await tx.seats.lock(before.id)
            by = Holder(before.account_id)
            await tx.seats.save([ledger.release_hold(entry.reservation, by=by, seats=entry.seats, now=NOW)])
        elif how != "ended":
            await tx.seats.expire([before.id], now=later, wait=True)
        if how == "locked":
            await tx.blocks.lock(sale.plan.id, [seat.seat_id for seat in before.seats])
    rows: dict[str, list[tuple[object, str]]] = {
        "ended": [(before.id, "HELD")] * 3,
        "locked": [(None, "AVAILABLE")] * 3,
    }
    left = rows.get(how, [])
    assert await _states(sale) == left
    wishes = [sale.wish(0, 5), sale.wish(1), sale.wish(6), sale.wish(1, 7)]
    *made, refused = await answers(holds, sale.tenant, wishes, now=later)
    assert all(isinstance(change, Change) and change.happened for change in made)
    assert isinstance(refused, tuple) and refused[1] == "Already taken: Stalls R1S2. No seat was held."
    now = [(wish.reservation_id, "HELD") for wish in wishes for _ in wish.seat_ids][:4] + left[:1]
    assert sorted(await _states(sale), key=str) == sorted(now, key=str)


async def test_the_event_of_a_hold_is_what_memory_announces(sale: Sale) -> None:
    memory = memory_stores()
    async with memory.transactions.begin(sale.tenant) as tx:
        await tx.plans.add(sale.plan, sale.layout)
    for moment in [NOW.replace(microsecond=0), NOW.replace(microsecond=120_300)]:
        held = (await sale.process()(sale.tenant, sale.wish(0, 1), now=moment)).reservation
        hold = NewHold(
            reservation_id=held.id, seat_ids=tuple(seat.seat_id for seat in held.seats), expires_at=held.expires_at
        )
        async with connected(sale.admin_url) as admin:
            row = await admin.fetchrow(
                "select event_type, tenant_id, aggregate_id, created_at, payload::text as payload from outbox"
            )
            await admin.execute("truncate outbox")
        await sale.forget_holds()
        assert row is not None
        assert tuple(row)[:4] == ("seating.holds.created", sale.tenant, sale.plan.id, moment)
        expected = SeatsHeld(plan_id=sale.plan.id, holds=(hold,))
        assert msgspec.json.decode(row["payload"]) == msgspec.json.decode(msgspec.json.encode(expected))


async def test_the_holds_of_a_batch_are_one_event_a_plan(sale: Sale) -> None:
    other, layout = a_plan()
    async with sale.transactions.begin(sale.tenant) as tx:
        await tx.plans.add(other, layout)
    elsewhere = a_request(other, (layout.seats[0].id,), by=a_buyer(sale.tenant))
    wishes = [sale.wish(0), sale.wish(1), elsewhere, sale.wish(2), sale.wish(0)]
    plans = {plan.id: Catalogue.of(plan, seats, ()) for plan, seats in ((sale.plan, sale.layout), (other, layout))}
    batch = [Wish.of(claim_of(wish, plans[wish.plan_id]), NOW) for wish in wishes]
    refused = await send(sale.pool, IDS, sale.tenant, batch, look=True)
    assert {place: row["outcome"] for place, row in refused.items()} == {4: "taken"}
    async with connected(sale.admin_url) as admin:
        rows = await admin.fetch("select aggregate_id, payload::text as payload from outbox")
    told = {row["aggregate_id"]: msgspec.json.decode(row["payload"], type=SeatsHeld) for row in rows}
    assert [hold.reservation_id for hold in told[sale.plan.id].holds] == [
        wishes[place].reservation_id for place in (0, 1, 3)
    ]


async def test_refused_requests_announce_nothing(sale: Sale) -> None:
    wishes = [sale.wish(0, place) for place in range(1, 6)]
    await answers(sale.process(), sale.tenant, wishes)
    async with connected(sale.admin_url) as admin:
        (payload,) = await admin.fetch("select payload::text as payload from outbox")
    (hold,) = msgspec.json.decode(payload["payload"], type=SeatsHeld).holds
    assert hold.reservation_id == wishes[0].reservation_id


@pytest.mark.timeout(120)
async def test_two_processes_after_the_same_seats_never_share_one(sale: Sale, postgres: PostgresServer) -> None:
    dice = random.Random(7)
    url = postgres.named(_name(sale.admin_url), of="venue_db").app_url
    async with await open_pool(url, connections_max=4) as pool:
        other = replace(sale, pool=pool)
        for _ in range(5):
            wishes = [sale.wish(*dice.sample(range(40), 4)) for _ in range(300)]
            processes = [sale.process(), other.process(), sale.alone]
            got = await asyncio.gather(
                *(answers(process, sale.tenant, wishes[number::3]) for number, process in enumerate(processes))
            )
            held = [answer for part in got for answer in part if isinstance(answer, Change)]
            assert {answer[0] for part in got for answer in part if isinstance(answer, tuple)} == {"seating.seat_taken"}
            given = {seat.seat_id: change.reservation.id for change in held for seat in change.reservation.seats}
            assert len(given) == sum(len(change.reservation.seats) for change in held)
            assert await sale.stored() == given
            await sale.forget_holds()


async def test_a_reservation_id_that_another_process_uses_meanwhile_is_refused_alone(sale: Sale) -> None:
    theirs = sale.wish(0)
    claim = claim_of(theirs, Catalogue.of(sale.plan, sale.layout, ()))
    async with tenant_transaction(sale.pool, sale.tenant) as connection:
        await send(connection, IDS, sale.tenant, [Wish.of(claim, NOW)], look=False)
        wishes = [sale.wish(1), sale.wish(2, id=theirs.reservation_id), sale.wish(3)]
        asked = asyncio.create_task(answers(sale.process(), sale.tenant, wishes))
        await sale.waits()
    first, second, third = await asked
    assert isinstance(first, Change) and isinstance(third, Change)
    assert isinstance(second, tuple) and second[0] == ReservationConflictError.code
    assert len(await sale.stored()) == 3


@pytest.mark.parametrize("state", ["deadlock_detected", "raise_exception"])
async def test_a_batch_that_races_or_that_the_database_refuses_is_settled_one_by_one(sale: Sale, state: str) -> None:
    """A trigger takes the part of a process that is always quicker: it refuses each statement that inserts two."""
    async with connected(sale.admin_url) as admin:
        await admin.execute(
            f"""
            create function refuse_many() returns trigger language plpgsql as $$
            begin
                if (select count(*) from news) > 1 then
                    raise exception 'too slow' using errcode = '{state}';
                end if;
                return null;
            end $$;
            create trigger refuse_many after insert on seat_reservations referencing new table as news
            for each statement execute function refuse_many();
            """
        )
    wishes = [sale.wish(0), sale.wish(1), sale.wish(1), sale.wish(2)]
    won, also_won, lost, last = await answers(sale.process(), sale.tenant, wishes)
    assert all(isinstance(answer, Change) for answer in (won, last))
    assert sorted(isinstance(answer, Change) for answer in (also_won, lost)) == [False, True]


async def test_a_caller_who_goes_away_does_not_take_the_others_along(sale: Sale) -> None:
    holds = sale.process()
    async with sale.in_the_way():
        in_flight = [asyncio.create_task(holds(sale.tenant, sale.wish(place), now=NOW)) for place in range(3)]
        await sale.waits()
        waiting = [asyncio.create_task(holds(sale.tenant, sale.wish(place), now=NOW)) for place in range(3, 6)]
        await asyncio.sleep(0)
        in_flight[0].cancel()
        waiting[0].cancel()
    done = await asyncio.gather(*in_flight, *waiting, return_exceptions=True)
    assert [isinstance(answer, asyncio.CancelledError) for answer in done] == [True, False, False, True, False, False]
    # What was under way is held and ends by time; what still waited was never sent.
    assert len(await sale.stored()) == 5


async def test_no_more_wait_than_may(sale: Sale) -> None:
    holds = sale.process(waiting_max=2)
    async with sale.in_the_way():
        asked = [asyncio.create_task(holds(sale.tenant, sale.wish(0), now=NOW))]
        await sale.waits()
        asked += [asyncio.create_task(holds(sale.tenant, sale.wish(place), now=NOW)) for place in (1, 2, 3)]
        with pytest.raises(StoreUnavailableError):
            await asked[3]
    assert all(change.happened for change in await asyncio.gather(*asked[:3]))
    assert (await holds(sale.tenant, sale.wish(3), now=NOW)).happened


@pytest.mark.timeout(60)
async def test_every_caller_hears_of_an_outage_and_later_ones_are_served(postgres: PostgresServer) -> None:
    async with Wire.to(postgres.admin_url) as wire:
        through = replace(postgres, admin_url=wire.url(postgres.admin_url))
        async with on_sale(through) as sale_through:
            sale = replace(
                sale_through, admin_url=postgres.named(_name(sale_through.admin_url), of="venue_db").admin_url
            )
            holds = sale.process()
            wishes = [sale.wish(place) for place in range(10)]
            async with sale.in_the_way():
                asked = [asyncio.create_task(holds(sale.tenant, wish, now=NOW)) for wish in wishes[:5]]
                await sale.waits()
                asked += [asyncio.create_task(holds(sale.tenant, wish, now=NOW)) for wish in wishes[5:]]
                await asyncio.sleep(0)
                await wire.cut()
                told = await asyncio.gather(*asked, return_exceptions=True)
                assert [type(answer) for answer in told] == [StoreUnavailableError] * 10
            with pytest.raises(StoreUnavailableError):
                await holds(sale.tenant, sale.wish(20), now=NOW)
            await wire.mend()
            # Asking again with the same id is the same hold, whether or not the first batch was committed meanwhile.
            again = await asyncio.gather(*(holds(sale.tenant, wish, now=NOW) for wish in wishes))
            assert [change.reservation.id for change in again] == [wish.reservation_id for wish in wishes]
            with pytest.raises(SeatTakenError):
                await holds(sale.tenant, sale.wish(9), now=NOW)
            assert len(await sale.stored()) == 10


async def _states(sale: Sale) -> list[tuple[object, str]]:
    """Return all rows of state: whose, and what."""
    async with connected(sale.admin_url) as admin:
        return [tuple(row) for row in await admin.fetch("select reservation_id, status from seat_states")]


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
