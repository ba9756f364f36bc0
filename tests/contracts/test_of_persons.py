"""What is found of one person across organisations: passes to come, and what they have on the market."""

from dataclasses import replace
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.admission import MemoryAdmissionTransactions, MemoryPassesOfPerson
from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.resale_persons import MemoryOffersOfPerson
from adapters.postgres.admission import PostgresAdmissionTransactions
from adapters.postgres.admission_persons import PostgresPassesOfPerson
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_persons import PostgresOffersOfPerson
from adapters.system.ids import Uuid7Source
from core.admission.offers import OfferKind, PassOffer
from core.admission.passes import GIVEN_UP, PassStatus
from core.shared.ids import AccountId, OrderItemId, PassId, TenantId
from ports.admission import AdmissionTransactions, PassesOfPerson
from ports.resale.persons import LiveOffers
from tests.admission_builders import NOON, a_pass
from tests.servers import PostgresServer
from usecases.admission.give_up_passes import GiveUpPasses

OURS, THEIRS = TenantId(uuid7()), TenantId(uuid7())
NOBODY = AccountId(uuid7())


@pytest.mark.parametrize("kind", ["memory", "postgres"])
async def test_passes_to_come_are_found_in_every_organisation_until_their_event_is_over(
    request: pytest.FixtureRequest, kind: str
) -> None:
    admission: AdmissionTransactions
    found: PassesOfPerson
    pool = None
    if kind == "memory":
        memory = MemoryAdmissionTransactions(MemoryMessages(ids=Uuid7Source()))
        admission, found = memory, MemoryPassesOfPerson(memory)
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        pool = await open_pool((await postgres.fresh("admission_db")).app_url, connections_max=2)
        admission, found = PostgresAdmissionTransactions(pool, Uuid7Source()), PostgresPassesOfPerson(pool)
    mine = a_pass()
    others = replace(mine, id=PassId(uuid7()), order_item_id=OrderItemId(uuid7()), account_id=NOBODY)
    void = replace(mine, id=PassId(uuid7()), order_item_id=OrderItemId(uuid7())).voided(at=NOON)
    elsewhere = replace(mine, id=PassId(uuid7()), order_item_id=OrderItemId(uuid7()))
    for tenant_id, passes in ((OURS, [mine, others, void]), (THEIRS, [elsewhere])):
        async with admission.begin(tenant_id) as tx:
            await tx.passes.add_missing(passes)
    ends_at = mine.event.ends_at
    before = await found.to_come(mine.account_id, now=ends_at - timedelta(microseconds=1), passes_max=9)
    assert [each.id for each in before] == sorted([mine.id, elsewhere.id])
    assert len(await found.to_come(mine.account_id, now=NOON, passes_max=1)) == 1
    assert await found.to_come(mine.account_id, now=ends_at, passes_max=9) == []

    # Who is forgotten leaves none that admits anybody; one that is offered waits until it is free.
    offered = elsewhere.offered(PassOffer(uuid7(), OfferKind.TRANSFER, NOON), by=mine.account_id)
    async with admission.begin(THEIRS) as tx:
        await tx.passes.lock(elsewhere.id)
        await tx.passes.save(offered)
    give_up = GiveUpPasses(admission, found, MemoryClock(NOON))
    assert [await give_up(mine.account_id), await give_up(mine.account_id)] == [1, 0]
    assert [each.id for each in await found.to_come(mine.account_id, now=NOON, passes_max=9)] == [elsewhere.id]
    async with admission.begin(OURS) as tx:
        ended, untouched = await tx.passes.get(mine.id), await tx.passes.get(others.id)
    assert ended is not None
    assert (ended.status, ended.void_reason, ended.voided_at) == (PassStatus.VOID, GIVEN_UP, NOON)
    assert untouched == others
    async with admission.begin(THEIRS) as tx:
        await tx.passes.lock(elsewhere.id)
        await tx.passes.save(elsewhere)
    assert await give_up(mine.account_id) == 1
    if pool is not None:
        await pool.close()


@pytest.mark.parametrize("kind", ["memory", "postgres"])
async def test_who_offered_nothing_has_nothing_on_the_market(request: pytest.FixtureRequest, kind: str) -> None:
    nothing = LiveOffers(listings=(), sent=(), received=(), waiting=())
    if kind == "memory":
        memory = MemoryOffersOfPerson(MemoryResaleTransactions(MemoryMessages(ids=Uuid7Source())))
        assert await memory.live(NOBODY, email="nobody@mail.example.com") == nothing
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    pool = await open_pool((await postgres.fresh("venue_db")).app_url, connections_max=1)
    assert await PostgresOffersOfPerson(pool).live(NOBODY, email="nobody@mail.example.com") == nothing
    assert await PostgresOffersOfPerson(pool).live(NOBODY, email=None) == nothing
    await pool.close()
