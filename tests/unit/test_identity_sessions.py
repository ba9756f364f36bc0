"""Sessions: signing in, rotation of refresh tokens, and the end of a session whose token was copied."""

import asyncio
from datetime import timedelta

import pytest

from core.identity.errors import InvalidCredentialsError, InvalidTokenError, RefreshReusedError
from core.identity.sessions import RefreshFamily, RefreshToken, RefreshVerdict, judge_refresh
from core.shared.ids import AccountId
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from ports.published.refusals import RefusedError
from tests.identity_world import PASSWORD, REFRESH_TTL_S, IdentityWorld, memory_world, refresh_token_of


@pytest.fixture
def world() -> IdentityWorld:
    return memory_world()


async def test_signing_in_gives_a_token_for_the_account_and_no_tenant(world: IdentityWorld) -> None:
    ann = await world.account("ann")
    grant = await world.session("ann")
    (session,) = (await world.list_sessions(VerifiedToken(account_id=ann.id), PageRequest())).items
    wanted = VerifiedToken(
        account_id=ann.id, expires_at=world.clock.now() + timedelta(seconds=900), session_id=session.id
    )
    assert await world.verifier.verify(grant.access_token) == wanted
    assert grant.expires_in_s == 900


async def test_the_case_of_an_email_does_not_matter_when_signing_in(world: IdentityWorld) -> None:
    await world.account("ann")
    assert (await world.log_in(email="ANN@FairSeat.TEST", password=PASSWORD)).refresh_token


async def test_one_password_typed_on_two_keyboards_is_the_same(world: IdentityWorld) -> None:
    await world.register(email="zoe@fairseat.test", password="café au lait ①", display_name="Zoë")
    assert (await world.log_in(email="zoe@fairseat.test", password="cafe\u0301 au lait 1")).refresh_token


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@fairseat.test", PASSWORD + "x"),
        ("ann@fairseat.test", ""),
        ("bob@fairseat.test", PASSWORD),
        ("no address", PASSWORD),
    ],
)
async def test_a_wrong_email_and_a_wrong_password_get_the_same_answer_and_the_same_work(
    world: IdentityWorld, email: str, password: str
) -> None:
    await world.account("ann")
    with pytest.raises(InvalidCredentialsError, match="do not belong together"):
        await world.log_in(email=email, password=password)
    assert world.hasher.verifications == 1


async def test_signing_in_renews_a_hash_whose_costs_are_outdated(world: IdentityWorld) -> None:
    ann = await world.account("ann")
    world.hasher.generation = 2
    await world.session("ann")
    async with world.transactions.begin() as tx:
        stored = await tx.accounts.by_id(ann.id)
    assert stored is not None and not world.hasher.outdated(stored.password_hash)
    assert (await world.session("ann")).refresh_token


async def test_a_refresh_token_is_good_for_one_use_and_gives_its_successor(world: IdentityWorld) -> None:
    ann = await world.account("ann")
    first = await world.session("ann")
    second = await world.refresh(refresh_token_of(first))
    assert second.refresh_token != first.refresh_token
    assert (await world.verifier.verify(second.access_token)).account_id == ann.id
    assert (await world.refresh(refresh_token_of(second))).refresh_token


async def test_a_spent_refresh_token_ends_the_session_for_thief_and_owner(world: IdentityWorld) -> None:
    await world.account("ann")
    stolen = refresh_token_of(await world.session("ann"))
    newest = refresh_token_of(await world.refresh(stolen))
    with pytest.raises(RefreshReusedError):
        await world.refresh(stolen)
    for token in (newest, stolen):
        with pytest.raises(InvalidTokenError):
            await world.refresh(token)


async def test_the_end_of_one_session_leaves_the_others(world: IdentityWorld) -> None:
    await world.account("ann")
    phone, laptop = await world.session("ann"), await world.session("ann")
    await world.refresh(refresh_token_of(phone))
    with pytest.raises(RefreshReusedError):
        await world.refresh(refresh_token_of(phone))
    assert (await world.refresh(refresh_token_of(laptop))).refresh_token


async def test_of_many_refreshes_at_once_one_wins_and_the_session_ends(world: IdentityWorld) -> None:
    await world.account("ann")
    token = refresh_token_of(await world.session("ann"))
    answers = await asyncio.gather(*(world.refresh(token) for _ in range(10)), return_exceptions=True)
    (won,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert sum(isinstance(answer, RefreshReusedError) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidTokenError) for answer in answers) == 8
    with pytest.raises(InvalidTokenError):
        await world.refresh(refresh_token_of(won))


async def test_a_refresh_token_ends_exactly_at_its_time(world: IdentityWorld) -> None:
    await world.account("ann")
    early, late = await world.session("ann"), await world.session("ann")
    world.clock.move(seconds=REFRESH_TTL_S - 1)
    assert (await world.refresh(refresh_token_of(early))).refresh_token
    world.clock.move(seconds=1)
    with pytest.raises(InvalidTokenError):
        await world.refresh(refresh_token_of(late))


async def test_an_access_token_of_a_session_ends_exactly_at_its_time(world: IdentityWorld) -> None:
    await world.account("ann")
    token = (await world.session("ann")).access_token
    world.clock.move(seconds=899)
    await world.verifier.verify(token)
    world.clock.move(seconds=1)
    with pytest.raises(RefusedError):
        await world.verifier.verify(token)


@pytest.mark.parametrize("token", ["", "fsr_unknown", "x" * 10_000, "\ud800"])
async def test_an_unknown_refresh_token_is_refused(world: IdentityWorld, token: str) -> None:
    with pytest.raises(InvalidTokenError):
        await world.refresh(token)


async def test_logging_out_ends_the_session_and_may_be_repeated(world: IdentityWorld) -> None:
    await world.account("ann")
    token = refresh_token_of(await world.session("ann"))
    await world.log_out(token)
    await world.log_out(token)
    with pytest.raises(InvalidTokenError):
        await world.refresh(token)


async def test_logging_out_with_an_unknown_token_changes_nothing(world: IdentityWorld) -> None:
    await world.account("ann")
    token = refresh_token_of(await world.session("ann"))
    await world.log_out("fsr_unknown")
    assert (await world.refresh(token)).refresh_token


async def test_a_guest_is_someone_new_each_time_for_two_hours(world: IdentityWorld) -> None:
    one, other = await world.issue_guest_token(), await world.issue_guest_token()
    assert one.refresh_token is None and one.expires_in_s == 7200
    first, second = [await world.verifier.verify(grant.access_token) for grant in (one, other)]
    assert first.guest and first.tenant_id is None and first.account_id != second.account_id
    world.clock.move(seconds=7199)
    await world.verifier.verify(one.access_token)
    world.clock.move(seconds=1)
    with pytest.raises(RefusedError):
        await world.verifier.verify(one.access_token)


async def test_tidying_up_takes_expired_sessions_only(world: IdentityWorld) -> None:
    await world.account("ann")
    await world.session("ann")
    renewed = await world.session("ann")
    world.clock.move(seconds=REFRESH_TTL_S - 1)
    renewed = await world.refresh(refresh_token_of(renewed))
    assert await world.forget_expired_sessions() == 0
    world.clock.move(seconds=1)
    assert await world.forget_expired_sessions() == 1
    assert await world.forget_expired_sessions() == 0
    assert (await world.refresh(refresh_token_of(renewed))).refresh_token


async def test_neither_tokens_nor_hashes_show_in_reprs(world: IdentityWorld) -> None:
    ann = await world.account("ann")
    grant = await world.session("ann")
    assert ann.password_hash not in repr(ann)
    assert grant.access_token not in repr(grant) and refresh_token_of(grant) not in repr(grant)


def test_a_spent_token_tells_of_a_theft_even_when_it_has_expired() -> None:
    now = memory_world().clock.now()
    ids = memory_world().ids
    family = RefreshFamily(id=ids.new(), account_id=AccountId(ids.new()), started_at=now)
    token = RefreshToken.issued("secret", family_id=family.id, now=now)
    later = now + timedelta(days=31)
    assert judge_refresh(family, token, now=later) is RefreshVerdict.DEAD
    assert judge_refresh(family, token.spent(now=now), now=later) is RefreshVerdict.REUSED
