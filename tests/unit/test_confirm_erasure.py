"""An account ends with the word of its person, and not while others would be left without an owner."""

import pytest

from adapters.inprocess.accounts import InProcessPersons
from core.identity.throttling import LIMITS, Guarded
from core.shared.callers import Role
from core.shared.ids import AccountId
from ports.published.refusals import RefusedError
from tests.identity_world import PASSWORD, memory_world
from usecases.identity.confirm_erasure import ConfirmErasure


async def test_the_password_is_asked_for() -> None:
    world = memory_world()
    ann = await world.account("ann")
    persons = InProcessPersons(ConfirmErasure(world.transactions, world.confirm_password))
    await persons.confirm_erasure(account_id=ann.id, password=PASSWORD)
    with pytest.raises(RefusedError) as refused:
        await persons.confirm_erasure(account_id=ann.id, password="another seat in row five")
    assert refused.value.refusal_code == "identity.wrong_password"


async def test_who_guesses_on_has_to_wait_and_is_told_how_long() -> None:
    world = memory_world()
    ann = await world.account("ann")
    persons = InProcessPersons(ConfirmErasure(world.transactions, world.confirm_password))
    limit = LIMITS[Guarded.PASSWORD]
    for _ in range(limit.account_max):
        with pytest.raises(RefusedError, match="not the password"):
            await persons.confirm_erasure(account_id=ann.id, password="another seat in row five")
    with pytest.raises(RefusedError) as refused:
        await persons.confirm_erasure(account_id=ann.id, password=PASSWORD)
    assert refused.value.refusal_code == "identity.too_many_attempts"
    assert refused.value.retry_after_s == limit.window_s


async def test_the_only_owner_of_others_stays_until_one_of_them_is_an_owner_too() -> None:
    world = memory_world()
    persons = InProcessPersons(ConfirmErasure(world.transactions, world.confirm_password))
    ann = await world.bearer("ann")
    organisation = await world.create_organisation(ann, name="Riethsporthalle")
    await persons.confirm_erasure(account_id=ann.account_id, password=PASSWORD)
    staff = await world.staff(ann, organisation.id)
    ben = await world.member("ben", Role.MANAGER, of=organisation.id, by=staff)
    with pytest.raises(RefusedError) as refused:
        await persons.confirm_erasure(account_id=ann.account_id, password=PASSWORD)
    assert refused.value.refusal_code == "identity.last_owner"
    await persons.confirm_erasure(account_id=ben.account_id, password=PASSWORD)
    await world.change_role(
        staff, organisation_id=organisation.id, account_id=AccountId(ben.account_id), role=Role.OWNER
    )
    await persons.confirm_erasure(account_id=ann.account_id, password=PASSWORD)
