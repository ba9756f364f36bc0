"""Organisations: who is a member, who decides that, and that an owner always stays."""

import asyncio
from dataclasses import dataclass

import pytest

from core.identity.errors import (
    AccountNeededError,
    AccountNotFoundError,
    AlreadyMemberError,
    LastOwnerError,
    MemberNotFoundError,
    NotAMemberError,
    OrganisationNotFoundError,
)
from core.shared.callers import Role
from core.shared.errors import ForbiddenError, InvalidInputError
from core.shared.ids import AccountId, TenantId
from ports.paging import PageRequest
from ports.published.identity import OrganisationCreated, VerifiedToken
from tests.identity_world import IdentityWorld, account_id_of, memory_messages, memory_world


@dataclass
class Hall:
    """An organisation, its owner Olga, and the world around."""

    world: IdentityWorld
    id: TenantId
    olga: VerifiedToken

    async def member(self, name: str, role: Role) -> VerifiedToken:
        return await self.world.member(name, role, of=self.id, by=self.olga)

    async def roles(self) -> dict[str, Role]:
        members = await self.world.list_members(self.olga, PageRequest(), organisation_id=self.id)
        return {member.display_name: member.membership.role for member in members.items}


async def hall_of(world: IdentityWorld) -> Hall:
    olga = await world.bearer("olga")
    organisation = await world.create_organisation(olga, name="  Riethsporthalle ")
    return Hall(world, organisation.id, await world.staff(olga, organisation.id))


@pytest.fixture
async def hall() -> Hall:
    return await hall_of(memory_world())


async def test_the_creator_of_an_organisation_owns_it_and_it_is_announced() -> None:
    messages = memory_messages()
    hall = await hall_of(memory_world(messages))
    assert hall.olga.role == "owner" and hall.olga.tenant_id == hall.id
    envelope = messages.events[-1]
    assert envelope.tenantid == hall.id
    event = envelope.decode(OrganisationCreated)
    assert (event.organisation_id, event.name) == (hall.id, "Riethsporthalle")
    assert event.owner_account_id == hall.olga.account_id


async def test_an_organisation_needs_a_name_and_leaves_nothing_without_one() -> None:
    messages = memory_messages()
    world = memory_world(messages)
    bearer = await world.bearer("ann")
    with pytest.raises(InvalidInputError):
        await world.create_organisation(bearer, name=" ")
    assert [event.type for event in messages.events] == ["identity.account.registered", "identity.email.verified"]
    assert (await world.list_organisations(bearer, PageRequest())).items == ()


async def test_a_guest_founds_nothing(hall: Hall) -> None:
    guest = await hall.world.verifier.verify((await hall.world.issue_guest_token()).access_token)
    with pytest.raises(AccountNeededError):
        await hall.world.create_organisation(guest, name="Hall")
    with pytest.raises(AccountNeededError):
        await hall.world.issue_staff_token(guest, organisation_id=hall.id)


async def test_a_staff_token_carries_the_tenant_and_the_role(hall: Hall) -> None:
    scanner = await hall.member("sam", Role.SCANNER)
    assert (scanner.tenant_id, scanner.role) == (hall.id, "scanner")


async def test_who_is_no_member_cannot_tell_an_organisation_from_none(hall: Hall) -> None:
    stranger = await hall.world.bearer("stranger")
    for organisation_id in (hall.id, TenantId(hall.world.ids.new())):
        with pytest.raises(NotAMemberError, match="no member of this"):
            await hall.world.issue_staff_token(stranger, organisation_id=organisation_id)
        with pytest.raises(OrganisationNotFoundError):
            await hall.world.list_members(stranger, PageRequest(), organisation_id=organisation_id)
        with pytest.raises(OrganisationNotFoundError):
            await hall.world.add_member(
                stranger, organisation_id=organisation_id, email="stranger@fairseat.test", role=Role.OWNER
            )


async def test_a_staff_token_of_one_organisation_is_no_use_in_another(hall: Hall) -> None:
    other = await hall.world.create_organisation(hall.olga, name="Another hall")
    with pytest.raises(OrganisationNotFoundError):
        await hall.world.list_members(hall.olga, PageRequest(), organisation_id=other.id)
    plain = VerifiedToken(account_id=hall.olga.account_id)
    assert (await hall.world.list_members(plain, PageRequest(), organisation_id=other.id)).items


async def test_an_account_lists_its_organisations_page_by_page(hall: Hall) -> None:
    names = {"Riethsporthalle", "B", "C"}
    for name in ("B", "C"):
        await hall.world.create_organisation(hall.olga, name=name)
    first = await hall.world.list_organisations(hall.olga, PageRequest(limit=2))
    rest = await hall.world.list_organisations(hall.olga, PageRequest(limit=2, after=first.next_after))
    assert first.next_after is not None and rest.next_after is None
    assert {one.organisation.name for one in (*first.items, *rest.items)} == names
    assert (await hall.world.list_organisations(await hall.world.bearer("ann"), PageRequest())).items == ()


@pytest.mark.parametrize("giver", list(Role))
@pytest.mark.parametrize("given", list(Role))
async def test_owners_give_every_role_and_managers_every_role_but_owner(hall: Hall, giver: Role, given: Role) -> None:
    bearer = await hall.member("giver", giver)
    await hall.world.verified("new")
    allowed = giver is Role.OWNER or (giver is Role.MANAGER and given is not Role.OWNER)
    if allowed:
        await hall.world.add_member(bearer, organisation_id=hall.id, email="NEW@fairseat.test", role=given)
        assert (await hall.roles())["New"] is given
    else:
        with pytest.raises(ForbiddenError):
            await hall.world.add_member(bearer, organisation_id=hall.id, email="new@fairseat.test", role=given)
        assert "New" not in await hall.roles()


async def test_only_who_has_registered_can_become_a_member_and_only_once(hall: Hall) -> None:
    with pytest.raises(AccountNotFoundError):
        await hall.world.add_member(hall.olga, organisation_id=hall.id, email="nobody@x.example", role=Role.SCANNER)
    await hall.member("sam", Role.SCANNER)
    with pytest.raises(AlreadyMemberError):
        await hall.world.add_member(hall.olga, organisation_id=hall.id, email="sam@fairseat.test", role=Role.MANAGER)
    assert (await hall.roles())["Sam"] is Role.SCANNER


async def test_the_stored_role_counts_not_the_one_in_an_older_token(hall: Hall) -> None:
    mia = await hall.member("mia", Role.MANAGER)
    await hall.world.verified("new")
    await hall.world.change_role(hall.olga, organisation_id=hall.id, account_id=account_id_of(mia), role=Role.SCANNER)
    assert mia.role == "manager"
    with pytest.raises(ForbiddenError):
        await hall.world.add_member(mia, organisation_id=hall.id, email="new@fairseat.test", role=Role.SCANNER)
    assert (await hall.world.staff(mia, hall.id)).role == "scanner"


async def test_a_manager_cannot_unmake_an_owner(hall: Hall) -> None:
    mia = await hall.member("mia", Role.MANAGER)
    await hall.member("otto", Role.OWNER)
    olga = account_id_of(hall.olga)
    with pytest.raises(ForbiddenError):
        await hall.world.change_role(mia, organisation_id=hall.id, account_id=olga, role=Role.SCANNER)
    with pytest.raises(ForbiddenError):
        await hall.world.remove_member(mia, organisation_id=hall.id, account_id=olga)
    with pytest.raises(ForbiddenError):
        await hall.world.change_role(mia, organisation_id=hall.id, account_id=account_id_of(mia), role=Role.OWNER)


async def test_the_last_owner_stays_an_owner_and_a_member(hall: Hall) -> None:
    await hall.member("mia", Role.MANAGER)
    olga = account_id_of(hall.olga)
    with pytest.raises(LastOwnerError):
        await hall.world.remove_member(hall.olga, organisation_id=hall.id, account_id=olga)
    with pytest.raises(LastOwnerError):
        await hall.world.change_role(hall.olga, organisation_id=hall.id, account_id=olga, role=Role.MANAGER)
    await hall.member("otto", Role.OWNER)
    await hall.world.remove_member(hall.olga, organisation_id=hall.id, account_id=olga)
    with pytest.raises(NotAMemberError):
        await hall.world.staff(hall.olga, hall.id)


async def test_two_owners_who_leave_at_once_do_not_both_leave(hall: Hall) -> None:
    otto = await hall.member("otto", Role.OWNER)
    leave = [
        hall.world.remove_member(who, organisation_id=hall.id, account_id=account_id_of(who))
        for who in (hall.olga, otto)
    ]
    answers = await asyncio.gather(*leave, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["LastOwnerError", "NoneType"]


async def test_everyone_may_leave_and_scanners_send_nobody_away(hall: Hall) -> None:
    sam, kim = await hall.member("sam", Role.SCANNER), await hall.member("kim", Role.SCANNER)
    with pytest.raises(ForbiddenError):
        await hall.world.remove_member(sam, organisation_id=hall.id, account_id=account_id_of(kim))
    await hall.world.remove_member(sam, organisation_id=hall.id, account_id=account_id_of(sam))
    assert set(await hall.roles()) == {"Olga", "Kim"}


async def test_who_is_no_member_has_no_role_to_change(hall: Hall) -> None:
    nobody = AccountId(hall.world.ids.new())
    with pytest.raises(MemberNotFoundError):
        await hall.world.change_role(hall.olga, organisation_id=hall.id, account_id=nobody, role=Role.SCANNER)
    with pytest.raises(MemberNotFoundError):
        await hall.world.remove_member(hall.olga, organisation_id=hall.id, account_id=nobody)
