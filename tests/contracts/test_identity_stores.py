"""What identity's transactions and stores promise, in memory and on PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.system.ids import Uuid7Source
from core.identity.account import Account
from core.identity.errors import (
    AlreadyMemberError,
    EmailTakenError,
    InvalidTokenError,
    LastOwnerError,
    MemberNotFoundError,
    OrganisationNotFoundError,
    RefreshReusedError,
)
from core.identity.organisation import Membership, Organisation
from core.identity.sessions import RefreshFamily, RefreshToken, digest_of
from core.shared.callers import Role
from core.shared.emails import Email
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, TenantId
from ports.ids import IdSource
from ports.paging import PageRequest
from tests.identity_world import PASSWORD, IdentityWorld, account_id_of, memory_world, postgres_world, refresh_token_of
from tests.servers import PostgresServer

IDS: IdSource = Uuid7Source()


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[IdentityWorld]:
    if request.param == "memory":
        yield memory_world()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_world(await postgres.fresh("auth_db")) as world:
        yield world


def account(world: IdentityWorld, email: str = "ann@fairseat.test") -> Account:
    return Account.opened(
        id=AccountId(IDS.new()),
        email=Email.parse(email),
        display_name="Ann",
        password_hash="hash",
        now=world.clock.now(),
    )


async def stored(world: IdentityWorld, email: str = "ann@fairseat.test") -> Account:
    made = account(world, email)
    async with world.transactions.begin(account_id=made.id) as tx:
        await tx.accounts.add(made)
    return made


async def organisation(world: IdentityWorld, owner: Account) -> Organisation:
    made = Organisation.founded(id=TenantId(IDS.new()), name="Hall", now=world.clock.now())
    async with world.transactions.begin(tenant_id=made.id) as tx:
        await tx.organisations.add(made)
        await tx.memberships.add(made.owned_by(owner.id))
    return made


async def test_an_account_is_read_as_it_was_stored(world: IdentityWorld) -> None:
    ann = await stored(world, "Ann@Fairseat.TEST")
    async with world.transactions.begin() as tx:
        assert await tx.accounts.by_id(ann.id) == ann
        assert await tx.accounts.by_email(Email.parse("ANN@fairseat.test")) == ann
        assert await tx.accounts.by_email(Email.parse("bob@fairseat.test")) is None
        assert await tx.accounts.by_id(AccountId(IDS.new())) is None


async def test_a_taken_email_is_refused_and_nothing_of_the_transaction_stays(world: IdentityWorld) -> None:
    await stored(world)
    other = account(world, "ANN@fairseat.test")
    with pytest.raises(EmailTakenError):
        async with world.transactions.begin(account_id=other.id) as tx:
            await tx.accounts.add(other)
    async with world.transactions.begin() as tx:
        assert await tx.accounts.by_id(other.id) is None


async def test_a_block_that_raises_changes_nothing(world: IdentityWorld) -> None:
    ann = account(world)
    with pytest.raises(RuntimeError):
        async with world.transactions.begin(account_id=ann.id) as tx:
            await tx.accounts.add(ann)
            raise RuntimeError
    async with world.transactions.begin() as tx:
        assert await tx.accounts.by_id(ann.id) is None


async def test_a_password_hash_is_replaced_only_for_the_account_that_is_named(world: IdentityWorld) -> None:
    ann, later = await stored(world), world.clock.now() + timedelta(hours=1)
    async with world.transactions.begin(account_id=AccountId(IDS.new())) as tx:
        await tx.accounts.set_password_hash(ann.id, "stranger's", at=later)
    async with world.transactions.begin(account_id=ann.id) as tx:
        assert await tx.accounts.by_id(ann.id) == ann
        await tx.accounts.set_password_hash(ann.id, "new", at=later)
    async with world.transactions.begin() as tx:
        assert await tx.accounts.by_id(ann.id) == replace(ann, password_hash="new", updated_at=later)


async def test_a_refresh_token_is_found_with_its_family_and_keeps_its_states(world: IdentityWorld) -> None:
    ann, now = await stored(world), world.clock.now()
    family = RefreshFamily(id=IDS.new(), account_id=ann.id, started_at=now)
    first = RefreshToken.issued("first", family_id=family.id, now=now)
    second = RefreshToken.issued("second", family_id=family.id, now=now + timedelta(days=1))
    spent = first.spent(now=now + timedelta(days=1))
    async with world.transactions.begin() as tx:
        await tx.refreshes.start(family, first)
    async with world.transactions.begin() as tx:
        assert await tx.refreshes.lock(first.digest) == (family, first)
        await tx.refreshes.rotate(spent, second)
    async with world.transactions.begin() as tx:
        assert await tx.refreshes.lock(first.digest) == (family, spent)
        assert await tx.refreshes.lock(second.digest) == (family, second)
        assert await tx.refreshes.lock(digest_of("third")) is None
        await tx.refreshes.revoke(family.id, at=now)
        await tx.refreshes.revoke(family.id, at=now + timedelta(days=9))
    async with world.transactions.begin() as tx:
        assert await tx.refreshes.lock(second.digest) == (replace(family, revoked_at=now), second)


async def test_the_second_to_lock_a_family_sees_what_the_first_did(world: IdentityWorld) -> None:
    ann, now = await stored(world), world.clock.now()
    family = RefreshFamily(id=IDS.new(), account_id=ann.id, started_at=now)
    first = RefreshToken.issued("first", family_id=family.id, now=now)
    async with world.transactions.begin() as tx:
        await tx.refreshes.start(family, first)
    locked = asyncio.Event()

    async def spend() -> None:
        async with world.transactions.begin() as tx:
            await tx.refreshes.lock(first.digest)
            locked.set()
            await asyncio.sleep(0.1)
            await tx.refreshes.rotate(first.spent(now=now), RefreshToken.issued("second", family_id=family.id, now=now))

    async def look() -> RefreshToken | None:
        await locked.wait()
        async with world.transactions.begin() as tx:
            found = await tx.refreshes.lock(first.digest)
            return found[1] if found else None

    _, seen = await asyncio.gather(spend(), look())
    assert seen == first.spent(now=now)


async def test_expired_families_are_forgotten_in_bounded_steps_with_their_tokens(world: IdentityWorld) -> None:
    ann, now = await stored(world), world.clock.now()
    tokens: list[RefreshToken] = []
    for n in range(3):
        family = RefreshFamily(id=IDS.new(), account_id=ann.id, started_at=now)
        tokens.append(RefreshToken.issued(str(n), family_id=family.id, now=now))
        async with world.transactions.begin() as tx:
            await tx.refreshes.start(family, tokens[-1])
    end = tokens[0].expires_at
    steps: list[int] = []
    for moment in (end - timedelta(microseconds=1), end, end, end):
        async with world.transactions.begin() as tx:
            steps.append(await tx.refreshes.forget_expired(now=moment, families_max=2))
    assert steps == [0, 2, 1, 0]
    async with world.transactions.begin() as tx:
        assert [await tx.refreshes.lock(token.digest) for token in tokens] == [None] * 3


async def test_an_organisation_is_seen_by_its_members_and_its_tenant_alone(world: IdentityWorld) -> None:
    ann, bob = await stored(world), await stored(world, "bob@fairseat.test")
    hall = await organisation(world, ann)
    async with world.transactions.begin(account_id=ann.id) as tx:
        (seen,) = (await tx.organisations.of_account(ann.id, PageRequest())).items
        assert (seen.organisation, seen.role) == (hall, Role.OWNER)
        assert await tx.memberships.find(hall.id, ann.id) == hall.owned_by(ann.id)
    async with world.transactions.begin(tenant_id=hall.id) as tx:
        assert await tx.memberships.find(hall.id, ann.id) == hall.owned_by(ann.id)
        assert await tx.memberships.find(hall.id, bob.id) is None
    for begin in (
        world.transactions.begin(),
        world.transactions.begin(account_id=bob.id),
        world.transactions.begin(tenant_id=TenantId(IDS.new()), account_id=bob.id),
    ):
        async with begin as tx:
            assert (await tx.organisations.of_account(ann.id, PageRequest())).items == ()
            assert await tx.memberships.find(hall.id, ann.id) is None
            assert list(await tx.memberships.lock_all(hall.id)) == []
            assert (await tx.memberships.of_tenant(hall.id, PageRequest())).items == ()


async def test_a_membership_is_given_once_changed_and_taken_away(world: IdentityWorld) -> None:
    ann, bob = await stored(world), await stored(world, "bob@fairseat.test")
    hall = await organisation(world, ann)
    scanner = Membership(tenant_id=hall.id, account_id=bob.id, role=Role.SCANNER, created_at=world.clock.now())
    async with world.transactions.begin(tenant_id=hall.id) as tx:
        await tx.memberships.add(scanner)
    with pytest.raises(AlreadyMemberError):
        async with world.transactions.begin(tenant_id=hall.id) as tx:
            await tx.memberships.add(replace(scanner, role=Role.OWNER))
    manager = replace(scanner, role=Role.MANAGER)
    async with world.transactions.begin(tenant_id=hall.id) as tx:
        await tx.memberships.set_role(manager)
        assert await tx.memberships.lock_all(hall.id) == [hall.owned_by(ann.id), manager]
    async with world.transactions.begin(tenant_id=hall.id) as tx:
        await tx.memberships.remove(hall.id, bob.id)
        await tx.memberships.remove(hall.id, bob.id)
        assert await tx.memberships.lock_all(hall.id) == [hall.owned_by(ann.id)]


async def test_members_and_organisations_come_in_pages_by_id(world: IdentityWorld) -> None:
    people = [await stored(world, f"p{n}@fairseat.test") for n in range(3)]
    halls = [await organisation(world, people[0]) for _ in range(3)]
    async with world.transactions.begin(tenant_id=halls[0].id, account_id=people[0].id) as tx:
        for person in people[1:]:
            member = Membership(
                tenant_id=halls[0].id, account_id=person.id, role=Role.SCANNER, created_at=world.clock.now()
            )
            await tx.memberships.add(member)
        first = await tx.memberships.of_tenant(halls[0].id, PageRequest(limit=2))
        rest = await tx.memberships.of_tenant(halls[0].id, PageRequest(limit=2, after=first.next_after))
        assert [member.membership.account_id for member in first.items + rest.items] == [p.id for p in people]
        assert (first.next_after, rest.next_after) == (people[1].id, None)
        assert [member.email for member in rest.items] == ["p2@fairseat.test"]
        page = await tx.organisations.of_account(people[0].id, PageRequest(limit=3))
        assert [one.organisation for one in page.items] == halls and page.next_after is None
        two = await tx.organisations.of_account(people[0].id, PageRequest(limit=2))
        assert two.next_after == halls[1].id


async def test_of_many_refreshes_at_once_one_wins_and_the_session_ends(world: IdentityWorld) -> None:
    await world.account("ann")
    token = refresh_token_of(await world.session("ann"))
    answers = await asyncio.gather(*(world.refresh(token) for _ in range(12)), return_exceptions=True)
    (won,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert sum(isinstance(answer, RefreshReusedError) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidTokenError) for answer in answers) == 10
    with pytest.raises(InvalidTokenError):
        await world.refresh(refresh_token_of(won))


async def test_a_renewal_that_races_with_the_end_of_its_session_leaves_no_good_token(world: IdentityWorld) -> None:
    await world.account("ann")
    stolen = refresh_token_of(await world.session("ann"))
    newest = refresh_token_of(await world.refresh(stolen))
    renewals = [world.refresh(newest), *(world.refresh(stolen) for _ in range(3))]
    answers = await asyncio.gather(*renewals, return_exceptions=True)
    for answer in answers:
        if not isinstance(answer, BaseException):
            with pytest.raises(InvalidTokenError):
                await world.refresh(refresh_token_of(answer))
    with pytest.raises((InvalidTokenError, RefreshReusedError)):
        await world.refresh(newest)


async def test_of_many_registrations_at_once_one_wins(world: IdentityWorld) -> None:
    answers = await asyncio.gather(*(world.account("ann") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, EmailTakenError) for answer in answers) == 7
    assert (await world.log_in(email="ann@fairseat.test", password=PASSWORD)).refresh_token


async def test_owners_who_leave_or_unmake_one_another_at_once_leave_one(world: IdentityWorld) -> None:
    for round_ in range(10):
        olga = await world.bearer(f"olga{round_}")
        hall = await world.create_organisation(olga, name="Hall")
        otto = await world.member(f"otto{round_}", Role.OWNER, of=hall.id, by=olga)
        first, second = account_id_of(olga), account_id_of(otto)
        answers = await asyncio.gather(
            world.remove_member(olga, organisation_id=hall.id, account_id=first),
            world.change_role(otto, organisation_id=hall.id, account_id=second, role=Role.SCANNER),
            world.remove_member(otto, organisation_id=hall.id, account_id=first),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        allowed = (ForbiddenError, LastOwnerError, MemberNotFoundError, OrganisationNotFoundError)
        assert [answer for answer in refused if not isinstance(answer, allowed)] == []
        async with world.transactions.begin(tenant_id=hall.id) as tx:
            assert Role.OWNER in [member.role for member in await tx.memberships.lock_all(hall.id)]


async def test_writing_for_another_tenant_or_account_is_a_fault(world: IdentityWorld) -> None:
    ann = await stored(world)
    hall = Organisation.founded(id=TenantId(IDS.new()), name="Hall", now=world.clock.now())
    with pytest.raises(Exception):  # noqa: B017, PT011 - which one is the adapter's own affair
        async with world.transactions.begin(tenant_id=TenantId(IDS.new()), account_id=ann.id) as tx:
            await tx.organisations.add(hall)
    other = account(world, "bob@fairseat.test")
    with pytest.raises(Exception):  # noqa: B017, PT011 - as above
        async with world.transactions.begin(account_id=ann.id) as tx:
            await tx.accounts.add(other)
    async with world.transactions.begin(tenant_id=hall.id) as tx:
        assert await tx.accounts.by_id(other.id) is None
        await tx.organisations.add(hall)
