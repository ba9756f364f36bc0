"""What the store of sellers' verifications promises, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.resale.errors import VerificationNotFoundError, VerificationOpenError
from core.resale.trust.evidence import (
    AuthorisationEvidence,
    Evidence,
    IdentityDocument,
    IdentityEvidence,
    LastOwnerEvidence,
    SalesTaxEvidence,
    StateLicenceEvidence,
    TraderEvidence,
)
from core.resale.trust.verifications import Verification, VerificationStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, PassId, TenantId, TicketId, VenueId, VerificationId
from ports.paging import PageRequest
from ports.resale import ResaleTransactions
from tests.database_roles import refused
from tests.resale_stores import ResaleStores, resale_stores
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN, STAFF = (AccountId(UUID(int=number)) for number in (1, 2, 3))
VENUE = VenueId(UUID(int=7))
IDENTITY = IdentityEvidence(
    legal_name="Ann Müller", country="DE", document=IdentityDocument.PASSPORT, document_number_end="47C0"
)
EVERY_EVIDENCE: tuple[Evidence, ...] = (
    IDENTITY,
    TraderEvidence(
        name="Müller Tickets",
        address="Hauptstraße 1, Berlin",
        country="DE",
        email="ann@example.com",
        phone="+49 30 1",
        register="HRB",
        register_number="12",
        certifies_lawful_offers=True,
    ),
    StateLicenceEvidence(place="US-GA", authority="State", licence_number="B-1", valid_until=date(2027, 1, 31)),
    SalesTaxEvidence(place="US-GA", number_end="1234"),
    LastOwnerEvidence(pass_id=PassId(UUID(int=11)), last_owner_name="Ann"),
    AuthorisationEvidence(reference="letter of 1 May", ticket_id=TicketId(UUID(int=8))),
)


def brought(
    number: int, evidence: Evidence = IDENTITY, *, by: AccountId = ANN, venue_id: VenueId | None = None
) -> Verification:
    return Verification(
        id=VerificationId(UUID(int=number)),
        account_id=by,
        venue_id=venue_id,
        evidence=evidence,
        status=VerificationStatus.PENDING,
        provider="staff",
        created_at=NOW,
        updated_at=NOW,
    )


def verified(verification: Verification, *, until: datetime = LATER) -> Verification:
    return verification.verified(by=STAFF, now=NOW, reason="seen", expires_at=until)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[ResaleStores]:
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    async with resale_stores(server) as opened:
        yield opened


@pytest.fixture
def store(stores: ResaleStores) -> ResaleTransactions:
    return stores.transactions


async def add(store: ResaleTransactions, *verifications: Verification, tenant_id: TenantId = OURS) -> None:
    for verification in verifications:
        async with store.begin(tenant_id) as tx:
            await tx.verifications.add(verification)


async def save(store: ResaleTransactions, verification: Verification, *, tenant_id: TenantId = OURS) -> None:
    async with store.begin(tenant_id) as tx:
        await tx.verifications.save(verification)


async def get(store: ResaleTransactions, number: int, *, tenant_id: TenantId = OURS) -> Verification:
    async with store.begin(tenant_id) as tx:
        return await tx.verifications.get(VerificationId(UUID(int=number)))


async def ids(
    store: ResaleTransactions,
    status: VerificationStatus | None,
    *,
    now: datetime = NOW,
    page: PageRequest | None = None,
) -> list[int]:
    async with store.begin(OURS) as tx:
        found = await tx.verifications.page(page or PageRequest(), status=status, now=now)
    return [one.id.int for one in found.items]


@pytest.mark.parametrize("evidence", EVERY_EVIDENCE, ids=lambda evidence: evidence.kind.value)
async def test_every_kind_of_evidence_comes_back_as_it_was(store: ResaleTransactions, evidence: Evidence) -> None:
    verification = brought(1, evidence, venue_id=VENUE)
    await add(store, verification)
    assert await get(store, 1) == verification
    rejected = verification.rejected(by=STAFF, now=LATER, reason="not legible")
    await save(store, rejected)
    assert await get(store, 1) == rejected


async def test_a_seller_has_one_open_verification_of_each_kind_venue_and_subject(store: ResaleTransactions) -> None:
    elsewhere = StateLicenceEvidence(
        place="US-NJ", authority="State", licence_number="N", valid_until=date(2027, 1, 31)
    )
    await add(
        store,
        brought(1),
        brought(2, venue_id=VENUE),
        brought(3, by=BEN),
        *(brought(10 + number, evidence) for number, evidence in enumerate(EVERY_EVIDENCE[1:])),
        brought(20, elsewhere),
    )
    for again in (brought(30), brought(31, venue_id=VENUE), brought(32, elsewhere)):
        with pytest.raises(VerificationOpenError):
            await add(store, again)
    await save(store, verified(brought(1)))
    await add(store, brought(33))
    assert await ids(store, VerificationStatus.VERIFIED) == [1]
    await add(store, brought(1), tenant_id=THEIRS)


async def test_the_transaction_goes_on_after_a_verification_that_is_open(store: ResaleTransactions) -> None:
    await add(store, brought(1))
    async with store.begin(OURS) as tx:
        with pytest.raises(VerificationOpenError):
            await tx.verifications.add(brought(2))
        await tx.verifications.add(brought(3, by=BEN))
    assert await ids(store, None) == [1, 3]


async def test_of_two_that_are_brought_at_once_one_is_kept(store: ResaleTransactions) -> None:
    results = await asyncio.gather(*(add(store, brought(number)) for number in range(1, 9)), return_exceptions=True)
    assert sum(isinstance(result, VerificationOpenError) for result in results) == 7
    assert len(await ids(store, None)) == 1


async def test_a_change_of_an_older_version_is_refused(store: ResaleTransactions) -> None:
    await add(store, brought(1))
    await save(store, brought(1).in_review(by=STAFF, now=NOW))
    with pytest.raises(StaleVersionError):
        await save(store, verified(brought(1)))
    assert (await get(store, 1)).status is VerificationStatus.IN_REVIEW


async def test_the_list_is_paged_and_goes_by_the_status_of_the_moment(store: ResaleTransactions) -> None:
    await add(store, *(brought(number, by=AccountId(UUID(int=100 + number))) for number in range(1, 6)))
    for number in (2, 3):
        await save(store, verified(await get(store, number)))
    await save(store, (await get(store, 4)).rejected(by=STAFF, now=NOW, reason="no"))
    assert await ids(store, None) == [1, 2, 3, 4, 5]
    assert await ids(store, VerificationStatus.PENDING) == [1, 5]
    just_before = LATER - timedelta(microseconds=1)
    assert await ids(store, VerificationStatus.VERIFIED, now=just_before) == [2, 3]
    assert await ids(store, VerificationStatus.EXPIRED, now=just_before) == []
    assert await ids(store, VerificationStatus.VERIFIED, now=LATER) == []
    assert await ids(store, VerificationStatus.EXPIRED, now=LATER) == [2, 3]
    assert await ids(store, None, page=PageRequest(limit=2, after=UUID(int=2))) == [3, 4]
    async with store.begin(OURS) as tx:
        first = await tx.verifications.page(PageRequest(limit=4), status=None, now=NOW)
        last = await tx.verifications.page(PageRequest(limit=5), status=None, now=NOW)
    assert (first.next_after, last.next_after) == (UUID(int=4), None)


async def test_the_sweep_finds_what_has_expired_and_is_not_marked_so(stores: ResaleStores) -> None:
    store = stores.transactions
    await add(store, brought(1), brought(2, by=BEN))
    await add(store, brought(1), tenant_id=THEIRS)
    await save(store, verified(brought(1)))
    await save(store, verified(brought(1), until=LATER - timedelta(days=1)), tenant_id=THEIRS)
    one = VerificationId(UUID(int=1))
    assert list(await stores.expired.due(now=NOW, verifications_max=9)) == []
    assert list(await stores.expired.due(now=LATER, verifications_max=9)) == [(THEIRS, one), (OURS, one)]
    assert list(await stores.expired.due(now=LATER, verifications_max=1)) == [(THEIRS, one)]
    await save(store, (await get(store, 1)).expired(now=LATER))
    assert list(await stores.expired.due(now=LATER, verifications_max=9)) == [(THEIRS, one)]


async def test_the_newest_of_a_seller_come_first(store: ResaleTransactions) -> None:
    await add(store, brought(1), brought(2, venue_id=VENUE), brought(3, by=BEN))
    async with store.begin(OURS) as tx:
        assert [one.id.int for one in await tx.verifications.of_account(ANN)] == [2, 1]


async def test_another_tenants_are_not_there(store: ResaleTransactions) -> None:
    await add(store, brought(1))
    with pytest.raises(VerificationNotFoundError):
        await get(store, 1, tenant_id=THEIRS)
    with pytest.raises(StaleVersionError):
        await save(store, verified(brought(1)), tenant_id=THEIRS)
    async with store.begin(THEIRS) as tx:
        assert list(await tx.verifications.of_account(ANN)) == []


async def test_the_sweep_reads_no_evidence(postgres: PostgresServer) -> None:
    async with resale_stores(postgres) as opened:
        await add(opened.transactions, brought(1))
        assert opened.database is not None
        async with connected(opened.database.relay_url) as relay, relay.transaction():
            await refused(relay, "select evidence from seller_verifications")
