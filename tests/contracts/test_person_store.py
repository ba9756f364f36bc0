"""What every UserTransactions promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.messaging import MemoryMessages
from adapters.memory.users import MemoryUserTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.users import PostgresUserTransactions
from adapters.system.ids import Uuid7Source
from core.shared.ids import AccountId
from core.users.billing_address import BillingAddress, PostalAddress
from core.users.preferences import Preferences, Wishes
from core.users.profile import Profile, ProfileFacts
from ports.users import UserTransactions
from tests.servers import PostgresServer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANN, BEN = AccountId(uuid7()), AccountId(uuid7())
FACTS = ProfileFacts(display_name="Ann", locale="de-DE", time_zone="Europe/Berlin")
HOME = PostalAddress(line1="Anger 1", line2=None, city="Erfurt", postal_code="99084", country="DE")


@pytest.fixture(params=["memory", "postgres"])
async def users(request: pytest.FixtureRequest) -> AsyncIterator[UserTransactions]:
    if request.param == "memory":
        yield MemoryUserTransactions(MemoryMessages(ids=Uuid7Source()))
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("user_db")
    pool = await open_pool(database.app_url, connections_max=4)
    yield PostgresUserTransactions(pool, Uuid7Source())
    await pool.close()


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
