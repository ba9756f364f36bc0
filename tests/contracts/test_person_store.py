"""What every UserTransactions promises."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.messaging import MemoryMessages
from adapters.memory.users import MemoryDueRequests, MemoryUserTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.users import PostgresUserTransactions
from adapters.postgres.users_requests import PostgresDueRequests
from adapters.system.ids import Uuid7Source
from core.shared.ids import AccountId, DataRequestId
from core.users.billing_address import BillingAddress, PostalAddress
from core.users.data_requests import DataRequest, Kept, RequestKind
from core.users.preferences import Preferences, Wishes
from core.users.profile import Profile, ProfileFacts
from ports.users import AnsweredPage, DueRequests, UserTransactions
from tests.servers import PostgresServer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANN, BEN = AccountId(uuid7()), AccountId(uuid7())
FACTS = ProfileFacts(display_name="Ann", locale="de-DE", time_zone="Europe/Berlin")
HOME = PostalAddress(line1="Anger 1", line2=None, city="Erfurt", postal_code="99084", country="DE")


@dataclass
class House:
    """The stores, and the sweep's view of them."""

    users: UserTransactions
    due: DueRequests


@pytest.fixture(params=["memory", "postgres"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    if request.param == "memory":
        memory = MemoryUserTransactions(MemoryMessages(ids=Uuid7Source()))
        yield House(memory, MemoryDueRequests(memory))
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("user_db")
    pool = await open_pool(database.app_url, connections_max=4)
    relay = await open_pool(database.relay_url, connections_max=1)
    yield House(PostgresUserTransactions(pool, Uuid7Source()), PostgresDueRequests(relay))
    await pool.close()
    await relay.close()


@pytest.fixture
def users(house: House) -> UserTransactions:
    return house.users


async def test_what_is_put_is_read_back_equal_and_by_its_own_person_alone(users: UserTransactions) -> None:
    profile = replace(Profile.begun(ANN, now=NOON), facts=FACTS)
    preferences = replace(Preferences.begun(ANN, now=NOON), wishes=Wishes(marketing_opt_in=True))
    address = BillingAddress.first(ANN, HOME, now=NOON)
    async with users.begin(ANN) as tx:
        assert await tx.person.put_profile(profile) == profile
        assert await tx.person.put_preferences(preferences) == preferences
        assert await tx.person.put_billing_address(address) == address
    async with users.begin(ANN) as tx:
        assert await tx.person.profile() == profile
        assert await tx.person.preferences() == preferences
        assert await tx.person.billing_address() == address
        assert not await tx.person.is_erased()
    async with users.begin(BEN) as tx:
        assert await tx.person.profile() is None
        assert await tx.person.preferences() is None
        assert await tx.person.billing_address() is None


async def test_the_newer_version_is_kept_and_the_older_answered_with_it(users: UserTransactions) -> None:
    first = Profile.begun(ANN, now=NOON)
    second = first.changed(FACTS, expected_version=1, now=NOON)
    async with users.begin(ANN) as tx:
        await tx.person.put_profile(first)
        assert await tx.person.put_profile(second) == second
        assert await tx.person.put_profile(first) == second
    async with users.begin(ANN) as tx:
        assert await tx.person.profile() == second


async def test_what_a_failed_transaction_did_is_undone(users: UserTransactions) -> None:
    with pytest.raises(LookupError):
        async with users.begin(ANN) as tx:
            await tx.person.put_profile(Profile.begun(ANN, now=NOON))
            raise LookupError
    async with users.begin(ANN) as tx:
        assert await tx.person.profile() is None


async def test_an_event_is_taken_once(users: UserTransactions) -> None:
    event_id = uuid7()
    for first in (True, False):
        async with users.begin(ANN) as tx:
            assert await tx.inbox.accept(event_id, consumer="users.test", at=NOON) is first


def asked(kind: RequestKind, *, by: AccountId = ANN) -> DataRequest:
    return DataRequest.begun(DataRequestId(uuid7()), account_id=by, kind=kind, email="ann@mail.example.com", now=NOON)


async def test_a_request_is_read_back_equal_and_by_its_own_person_alone(users: UserTransactions) -> None:
    request = asked(RequestKind.ERASURE).with_page("order", 2, pages=3)
    request = request.with_erased("auth", removed={"account": 1}, kept=(Kept("sums", "law"),))
    async with users.begin(ANN) as tx:
        assert await tx.requests.add(request)
        assert await tx.requests.get(request.id) == request
        assert await tx.requests.newest(RequestKind.ERASURE) == request
        assert await tx.requests.newest(RequestKind.EXPORT) is None
        assert await tx.person.is_erased()
        done = request.finished(NOON)
        await tx.requests.save(done)
    async with users.begin(ANN) as tx:
        assert await tx.requests.get(request.id) == done
    async with users.begin(BEN) as tx:
        assert await tx.requests.get(request.id) is None
        assert not await tx.person.is_erased()


async def test_a_person_has_one_open_request_of_a_kind(users: UserTransactions) -> None:
    first, second = asked(RequestKind.EXPORT), asked(RequestKind.EXPORT)
    async with users.begin(ANN) as tx:
        assert await tx.requests.add(first)
        assert not await tx.requests.add(second)
        assert await tx.requests.add(asked(RequestKind.ERASURE))
        await tx.requests.save(first.finished(NOON))
        assert await tx.requests.add(second)
        assert await tx.requests.newest(RequestKind.EXPORT) == second


async def test_pages_are_taken_once_and_in_order_and_the_last_of_a_number_counts(users: UserTransactions) -> None:
    request = asked(RequestKind.EXPORT)
    pages = [AnsweredPage("order", 2, {"b": [{"n": 2}]}), AnsweredPage("order", 1, {"a": [{"n": 1}]})]
    async with users.begin(ANN) as tx:
        await tx.requests.add(request)
        await tx.requests.keep_page(request.id, AnsweredPage("order", 1, {"a": []}))
        for page in pages:
            await tx.requests.keep_page(request.id, page)
        assert list(await tx.requests.take_pages(request.id)) == pages[::-1]
        assert list(await tx.requests.take_pages(request.id)) == []
        await tx.requests.keep_bundle(request.id, {"schemaVersion": 1})
        assert await tx.requests.bundle(request.id) == {"schemaVersion": 1}
        await tx.requests.keep_bundle(request.id, None)
        assert await tx.requests.bundle(request.id) is None


async def test_who_is_forgotten_leaves_the_erasure_alone(users: UserTransactions) -> None:
    export, erasure = asked(RequestKind.EXPORT), asked(RequestKind.ERASURE)
    async with users.begin(ANN) as tx:
        await tx.person.put_profile(Profile.begun(ANN, now=NOON))
        await tx.person.put_billing_address(BillingAddress.first(ANN, HOME, now=NOON))
        await tx.requests.add(export)
        await tx.requests.keep_page(export.id, AnsweredPage("order", 1, {}))
        await tx.requests.add(erasure)
        assert await tx.person.forget() == {"profile": 1, "billingAddress": 1, "exports": 1}
        assert await tx.person.forget() == {}
    async with users.begin(ANN) as tx:
        assert await tx.person.profile() is None
        assert await tx.requests.get(export.id) is None
        assert await tx.requests.get(erasure.id) == erasure


async def test_what_is_due_is_found_of_all_people_from_its_moment_on(house: House) -> None:
    mine, bens = asked(RequestKind.EXPORT), asked(RequestKind.EXPORT, by=BEN)
    for request in (mine, replace(bens, due_at=NOON)):
        async with house.users.begin(request.account_id) as tx:
            await tx.requests.add(request)
    assert mine.due_at is not None
    assert await house.due.due(now=NOON - timedelta(microseconds=1), requests_max=9) == []
    assert await house.due.due(now=NOON, requests_max=9) == [(BEN, bens.id)]
    assert await house.due.due(now=mine.due_at, requests_max=9) == [(BEN, bens.id), (ANN, mine.id)]
    assert await house.due.due(now=mine.due_at, requests_max=1) == [(BEN, bens.id)]
