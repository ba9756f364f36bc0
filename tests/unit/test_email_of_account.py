"""Other contexts ask for the address of an account, as it was given, and learn nothing of others."""

from uuid import UUID

from adapters.inprocess.accounts import InProcessIdentity
from tests.identity_world import memory_world
from usecases.identity.email_of_account import EmailOfAccount


async def test_an_account_has_the_address_that_it_has_verified() -> None:
    world = memory_world()
    ann, ben = await world.account("ann"), await world.verified("ben")
    identity = InProcessIdentity(EmailOfAccount(world.transactions))
    assert await identity.email_of(account_id=ann.id) is None
    await world.verify_email(await world.mailed_token("ann"))
    assert await identity.email_of(account_id=ann.id) == "ann@fairseat.test"
    assert await identity.email_of(account_id=ben.id) == "ben@fairseat.test"


async def test_who_is_not_there_has_none() -> None:
    identity = InProcessIdentity(EmailOfAccount(memory_world().transactions))
    assert await identity.email_of(account_id=UUID(int=1)) is None
