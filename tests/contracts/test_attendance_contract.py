"""What AdmissionApi says of who was at an event: over the memory stores, from another process, and over PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.messaging import MemoryMessages
from adapters.postgres.admission import PostgresAdmissionTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.admission.offers import OfferKind
from core.admission.passes import Pass
from core.shared.ids import AccountId, TenantId, TicketId
from ports.published.admission import AdmissionApi
from tests.admission_builders import KICK_OFF, NOON, Gatehouse, a_pass
from tests.links_world import over_grpc
from tests.servers import PostgresServer

OURS, THEIRS = TenantId(uuid7()), TenantId(uuid7())
AFTER = KICK_OFF + timedelta(days=1)


@pytest.fixture(params=["memory", "gRPC", "postgres"])
async def gate(request: pytest.FixtureRequest) -> AsyncIterator[Gatehouse]:
    if request.param == "memory":
        yield Gatehouse(MemoryAdmissionTransactions(MemoryMessages(ids=Uuid7Source())))
        return
    if request.param == "gRPC":
        gate = Gatehouse(MemoryAdmissionTransactions(MemoryMessages(ids=Uuid7Source())))
        async with over_grpc(AdmissionApi, gate.api) as gate.api:
            yield gate
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("admission_db")
    pool = await open_pool(database.app_url, connections_max=3)
    yield Gatehouse(PostgresAdmissionTransactions(pool, Uuid7Source()))
    await pool.close()


async def kept(gate: Gatehouse, *passes: Pass) -> None:
    async with gate.admission.begin(OURS) as tx:
        await tx.passes.add_missing(passes)


async def test_the_holder_of_a_pass_was_there_once_the_event_is_over(gate: Gatehouse) -> None:
    one = a_pass()
    other = replace(a_pass(ticket_id=one.event.ticket_id, number=2), account_id=one.account_id)
    await kept(gate, one, other, a_pass(ticket_id=one.event.ticket_id))

    early = await gate.api.attendance(tenant_id=OURS, account_id=one.account_id, ticket_id=one.event.ticket_id)
    gate.clock.move(seconds=(AFTER - NOON).total_seconds())
    found = await gate.api.attendance(tenant_id=OURS, account_id=one.account_id, ticket_id=one.event.ticket_id)

    assert (early.attended, early.reason, early.places) == (False, "event_not_over", ())
    assert (early.venue_id, early.event_ends_at) == (one.event.venue_id, one.event.ends_at)
    assert (found.attended, found.reason, found.pass_id, found.scanned_at) == (True, None, one.id, None)
    assert [(each.pass_id, each.section, each.row, each.number) for each in found.places] == [
        (one.id, "A", "1", "1"),
        (other.id, "A", "1", "2"),
    ]
    assert (found.event_title, found.event_starts_at) == (one.event.title, one.event.starts_at)


async def test_a_transferred_pass_counts_for_who_took_it(gate: Gatehouse) -> None:
    one, taker, offer_id = a_pass(), AccountId(uuid7()), uuid7()
    await kept(gate, one)
    await gate.offer(OURS, one.id, by=one.account_id, offer_id=offer_id, kind=OfferKind.TRANSFER)
    await gate.hand_over(OURS, one.id, offer_id=offer_id, to=taker, holder_name=None)
    gate.clock.move(seconds=(AFTER - NOON).total_seconds())

    async def reason_of(account_id: UUID) -> str | None:
        found = await gate.api.attendance(tenant_id=OURS, account_id=account_id, ticket_id=one.event.ticket_id)
        return found.reason

    assert (await reason_of(one.account_id), await reason_of(taker)) == ("passed_on", None)


async def test_nobody_was_there_for_another_tenant_by_another_ticket_or_without_a_pass(gate: Gatehouse) -> None:
    one = a_pass()
    await kept(gate, one)
    gate.clock.move(seconds=(AFTER - NOON).total_seconds())
    for tenant_id, account_id, ticket_id in (
        (THEIRS, one.account_id, one.event.ticket_id),
        (OURS, one.account_id, TicketId(uuid7())),
        (OURS, AccountId(uuid7()), one.event.ticket_id),
    ):
        found = await gate.api.attendance(tenant_id=tenant_id, account_id=account_id, ticket_id=ticket_id)
        assert (found.attended, found.reason, found.venue_id) == (False, "no_pass", None)


async def test_passes_that_were_held_come_by_id_and_no_more_than_asked_for(gate: Gatehouse) -> None:
    passes = [a_pass(number=number) for number in range(1, 4)]
    account_id, event = passes[0].account_id, passes[0].event
    passes = [replace(each, account_id=account_id, event=event) for each in passes]
    await kept(gate, *reversed(passes))
    async with gate.admission.begin(OURS) as tx:
        assert list(await tx.passes.ever_held(account_id, event.ticket_id, passes_max=2)) == passes[:2]
        assert await tx.handovers.of_passes([each.id for each in passes]) == []
