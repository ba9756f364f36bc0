"""An account goes with everything that hangs on it, and a copy shows what proves nobody's identity."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pyotp
import pytest

from adapters.postgres.data_of_auth import PostgresAuthData
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from core.identity.mail_tokens import MailTokenPurpose
from core.shared.ids import AccountId
from ports.personal_data import Person
from tests.identity_world import PASSWORD, IdentityWorld, postgres_world
from tests.servers import PostgresServer, connected

OF_ACCOUNTS = (
    "accounts",
    "mail_queue",
    "mail_tokens",
    "memberships",
    "refresh_families",
    "totp_factors",
    "totp_recovery_codes",
)


@dataclass
class Auth:
    world: IdentityWorld
    data: PostgresAuthData
    database: Database

    async def counts(self) -> dict[str, int]:
        async with connected(self.database.admin_url) as admin:
            return {table: await admin.fetchval(f"select count(*) from {table}") for table in OF_ACCOUNTS}


@pytest.fixture
async def auth(postgres: PostgresServer) -> AsyncIterator[Auth]:
    database = await postgres.fresh("auth_db")
    app = await open_pool(database.app_url, connections_max=2)
    relay = await open_pool(database.relay_url, connections_max=2)
    async with postgres_world(database) as world:
        yield Auth(world, PostgresAuthData(app, relay), database)
    await app.close()
    await relay.close()


async def test_letters_tokens_and_the_second_factor_are_shown_without_secrets_and_go(auth: Auth) -> None:
    world = auth.world
    ann = await world.bearer("ann")
    before = dict.fromkeys(OF_ACCOUNTS, 0)
    await world.create_organisation(ann, name="Riethsporthalle")
    enrolled = await world.enrol_totp(ann, password=PASSWORD)
    await world.confirm_totp(ann, code=pyotp.TOTP(enrolled.secret).at(world.clock.now()))
    await world.ask_for_letter(MailTokenPurpose.RESET_PASSWORD, "ann@fairseat.test")
    person = Person(AccountId(ann.account_id), "ann@fairseat.test")

    found = await auth.data.collect(person)

    assert set(found) >= {"account", "sessions", "memberships", "secondFactor", "mailedTokens", "letters"}
    [factor] = found["secondFactor"]
    assert factor["confirmed_at"] and factor["recovery_codes_left"] > 0
    assert enrolled.secret not in str(found)
    assert not {"sealed", "sealed_secret", "digest", "password_hash"} & {
        member for records in found.values() for record in records for member in record
    }
    there = await auth.counts()
    assert all(there[table] for table in OF_ACCOUNTS), there

    assert (await auth.data.erase(person)).removed == {"account": 1}

    left = await auth.counts()
    assert left | {"mail_queue": 0} == before
    assert (await auth.data.collect(person)) == {}
    assert (await auth.data.erase(person)).removed == {}
