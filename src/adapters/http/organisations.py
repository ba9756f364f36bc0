"""Organisations and their members."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from adapters.http.paging import PageBody, page_body
from core.identity.organisation import Member, OrganisationRole
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.add_member import AddMember
from usecases.identity.change_role import ChangeRole
from usecases.identity.create_organisation import CreateOrganisation
from usecases.identity.list_members import ListMembers
from usecases.identity.list_organisations import ListOrganisations
from usecases.identity.remove_member import RemoveMember


class CreateOrganisationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An organisation to be founded."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class OrganisationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An organisation, and the caller's role in it. Its id is the tenant id of everything it owns."""

    id: UUID
    name: str
    role: Role
    created_at: datetime


class AddMemberBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Who becomes a member: the e-mail address of an account, and its role."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    role: Role


class RoleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The member's new role."""

    role: Role


class MemberBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member of an organisation."""

    account_id: UUID
    email: str
    display_name: str
    role: Role
    created_at: datetime


class OrganisationController(Controller):
    """Organisations."""

    path = "/organisations"
    tags = ("Identity",)

    @post(summary="Found an organisation")
    @inject
    async def create(
        self,
        data: JSONBody[CreateOrganisationBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[CreateOrganisation],
    ) -> OrganisationBody:
        """For every account, which becomes the owner. Then ask for a staff token to act in it."""
        made = await usecase(identity, name=data.name)
        return _organisation_body(OrganisationRole(organisation=made, role=Role.OWNER))

    @get(summary="List my organisations")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ListOrganisations],
    ) -> PageBody[OrganisationBody]:
        """The organisations that the account is a member of, oldest first."""
        return page_body(await usecase(identity, page), _organisation_body)


class MemberController(Controller):
    """Members of an organisation."""

    path = "/organisations/{organisation_id:uuid}/members"
    tags = ("Identity",)

    @post(summary="Add a member")
    @inject
    async def add(
        self,
        organisation_id: FromPath[UUID],
        data: JSONBody[AddMemberBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[AddMember],
    ) -> Response[MemberBody]:
        """Owners and managers; only an owner makes owners. The person must have registered."""
        member = await usecase(identity, organisation_id=TenantId(organisation_id), email=data.email, role=data.role)
        location = f"/api/v1/organisations/{organisation_id}/members/{member.membership.account_id}"
        return Response(_member_body(member), status_code=201, headers={"Location": location})

    @get(summary="List the members")
    @inject
    async def page(
        self,
        organisation_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ListMembers],
    ) -> PageBody[MemberBody]:
        """Every member of the organisation."""
        return page_body(await usecase(identity, page, organisation_id=TenantId(organisation_id)), _member_body)

    @put("/{account_id:uuid}", summary="Change a member's role")
    @inject
    async def change(
        self,
        organisation_id: FromPath[UUID],
        account_id: FromPath[UUID],
        data: JSONBody[RoleBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ChangeRole],
    ) -> RoleBody:
        """Owners and managers; only an owner makes or unmakes owners, and one always stays."""
        changed = await usecase(
            identity, organisation_id=TenantId(organisation_id), account_id=AccountId(account_id), role=data.role
        )
        return RoleBody(role=changed.role)

    @delete("/{account_id:uuid}", summary="Remove a member")
    @inject
    async def remove(
        self,
        organisation_id: FromPath[UUID],
        account_id: FromPath[UUID],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[RemoveMember],
    ) -> None:
        """Owners and managers, and everyone themselves; one owner always stays."""
        await usecase(identity, organisation_id=TenantId(organisation_id), account_id=AccountId(account_id))


def _organisation_body(one: OrganisationRole) -> OrganisationBody:
    organisation = one.organisation
    return OrganisationBody(
        id=organisation.id, name=organisation.name, role=one.role, created_at=organisation.created_at
    )


def _member_body(member: Member) -> MemberBody:
    membership = member.membership
    return MemberBody(
        account_id=membership.account_id,
        email=member.email,
        display_name=member.display_name,
        role=membership.role,
        created_at=membership.created_at,
    )
