"""An account ends with the word of its person, and not while others would be left without an owner."""

from uuid import UUID

import pyotp
import pytest

from adapters.inprocess.accounts import InProcessPersons
from core.identity.errors import InvalidCredentialsError
from core.identity.throttling import LIMITS, Guarded
from core.shared.callers import Role
from core.shared.ids import AccountId
from ports.published.identity import PersonsApi
from ports.published.refusals import RefusedError
from tests.identity_world import PASSWORD, IdentityWorld, memory_world
from usecases.identity.confirm_erasure import ConfirmErasure
from usecases.identity.second_factor import SecondFactor


class Persons:
    """The link to identity, asked with the ordinary password from one public address."""

    def __init__(self, world: IdentityWorld) -> None:
        factor = SecondFactor(world.transactions, world.passwords, world.attempts, world.ids, world.clock)
        usecase = ConfirmErasure(world.transactions, world.confirm_password, factor, world.attempts)
        self.api: PersonsApi = InProcessPersons(usecase)

    async def confirm(
        self, account_id: UUID, *, password: str = PASSWORD, totp_code: str | None = None, address: str | None = None
    ) -> None:
        await self.api.confirm_erasure(account_id=account_id, password=password, totp_code=totp_code, address=address)

    async def refuses(self, account_id: UUID, **said: str) -> RefusedError:
        with pytest.raises(RefusedError) as refused:
            await self.confirm(account_id, **said)
        return refused.value


async def test_the_password_is_asked_for() -> None:
    world = memory_world()
    ann = await world.account("ann")
    persons = Persons(world)
    await persons.confirm(ann.id)
    refused = await persons.refuses(ann.id, password="another seat in row five")
    assert refused.refusal_code == "identity.wrong_password"


async def test_guesses_are_counted_with_those_at_signing_in_and_say_how_long_to_wait() -> None:
    world = memory_world()
    ann = await world.account("ann")
    persons = Persons(world)
    limit = LIMITS[Guarded.PASSWORD]
    for _ in range(limit.account_max - 1):
        await persons.refuses(ann.id, password="another seat in row five")
    await persons.confirm(ann.id)  # what is right is not counted
    with pytest.raises(InvalidCredentialsError):
        await world.log_in(email="ann@fairseat.test", password="another seat in row five")
    refused = await persons.refuses(ann.id)
    assert (refused.refusal_code, refused.retry_after_s) == ("identity.too_many_attempts", limit.window_s)
    world.clock.move(seconds=limit.window_s)
    await persons.confirm(ann.id)


async def test_an_authenticator_app_is_asked_too_and_a_code_is_good_once() -> None:
    world = memory_world()
    ann = await world.bearer("ann")
    enrolled = await world.enrol_totp(ann, password=PASSWORD)
    app = pyotp.TOTP(enrolled.secret)
    await world.confirm_totp(ann, code=app.at(world.clock.now()))
    persons = Persons(world)
    assert (await persons.refuses(ann.account_id)).refusal_code == "identity.totp_required"
    refused = await persons.refuses(ann.account_id, totp_code="000000")
    assert refused.refusal_code == "identity.totp_wrong"
    world.clock.move(seconds=60)
    code = app.at(world.clock.now())
    refused = await persons.refuses(ann.account_id, totp_code=code, password="another seat in row five")
    assert refused.refusal_code == "identity.wrong_password"
    await persons.confirm(ann.account_id, totp_code=code)
    assert (await persons.refuses(ann.account_id, totp_code=code)).refusal_code == "identity.totp_wrong"


async def test_the_only_owner_of_others_stays_until_one_of_them_is_an_owner_too() -> None:
    world = memory_world()
    persons = Persons(world)
    ann = await world.bearer("ann")
    organisation = await world.create_organisation(ann, name="Riethsporthalle")
    await persons.confirm(ann.account_id)
    staff = await world.staff(ann, organisation.id)
    ben = await world.member("ben", Role.MANAGER, of=organisation.id, by=staff)
    assert (await persons.refuses(ann.account_id)).refusal_code == "identity.last_owner"
    await persons.confirm(ben.account_id)
    await world.change_role(
        staff, organisation_id=organisation.id, account_id=AccountId(ben.account_id), role=Role.OWNER
    )
    await persons.confirm(ann.account_id)
