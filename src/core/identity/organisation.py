"""Organisations, which are the tenants, and who may give which role in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.identity.errors import LastOwnerError, MemberNotFoundError
from core.shared.callers import MANAGERS, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, TenantId
from core.shared.names import checked_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The role of an account in an organisation."""

    tenant_id: TenantId
    account_id: AccountId
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A venue owner or an organiser with staff. Its id is the tenant id of everything it owns.

    Where it `requires_totp`, only members with a second factor act in it.
    """

    id: TenantId
    name: str
    created_at: datetime
    requires_totp: bool = False

    @classmethod
    def founded(cls, *, id: TenantId, name: str, now: datetime) -> "Organisation":
        """Return a new organisation; raises InvalidInputError at `/name` for a name that cannot be shown."""
        return cls(id=id, name=checked_name(name, pointer="/name"), created_at=now)

    def owned_by(self, account_id: AccountId) -> Membership:
        """Return the membership of its founder, its first owner."""
        return Membership(tenant_id=self.id, account_id=account_id, role=Role.OWNER, created_at=self.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRole:
    """An organisation as one of its members sees it."""

    organisation: Organisation
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as the organisation sees it."""

    membership: Membership
    display_name: str
    email: str


def must_be_allowed_to_give(role: Role, *, giver: Role) -> None:
    """Raise ForbiddenError unless `giver` may make someone a `role`, or take that role away.

    Owners give every role; managers give every role but owner; others give none.
    """
    if giver not in MANAGERS:
        raise ForbiddenError("Only owners and managers decide who is a member.")
    if role is Role.OWNER and giver is not Role.OWNER:
        raise ForbiddenError("Only an owner decides who is an owner.")


def _member(members: Sequence[Membership], account_id: AccountId) -> Membership:
    for member in members:
        if member.account_id == account_id:
            return member
    raise MemberNotFoundError("This account is no member of the organisation.")


def _must_keep_an_owner(members: Sequence[Membership], *, without: AccountId) -> None:
    if not any(member.role is Role.OWNER and member.account_id != without for member in members):
        raise LastOwnerError("An organisation keeps at least one owner; make someone else an owner first.")


def with_role(members: Sequence[Membership], account_id: AccountId, role: Role, *, giver: Role) -> Membership:
    """Return the membership with its new role.

    `members` are all the organisation's. Raises MemberNotFoundError, ForbiddenError, and LastOwnerError when its only
    owner would become something else.
    """
    member = _member(members, account_id)
    must_be_allowed_to_give(member.role, giver=giver)
    must_be_allowed_to_give(role, giver=giver)
    if role is not Role.OWNER:
        _must_keep_an_owner(members, without=account_id)
    return replace(member, role=role)


def must_be_removable(members: Sequence[Membership], account_id: AccountId, *, remover: Membership) -> None:
    """Raise unless `remover` may end this membership; everyone may end their own, except the last owner.

    `members` are all the organisation's. Raises MemberNotFoundError, ForbiddenError, LastOwnerError.
    """
    member = _member(members, account_id)
    if member.account_id != remover.account_id:
        must_be_allowed_to_give(member.role, giver=remover.role)
    _must_keep_an_owner(members, without=account_id)
