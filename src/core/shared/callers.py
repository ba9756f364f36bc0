"""Who asks: the account behind a request, the tenant it acts in, and the role it has there, or what its key is for."""

from dataclasses import dataclass
from enum import StrEnum

from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, TenantId


class Role(StrEnum):
    """What a member of an organisation may do, from most to least."""

    OWNER = "owner"
    MANAGER = "manager"
    BOX_OFFICE = "box_office"
    SCANNER = "scanner"


MANAGERS = frozenset({Role.OWNER, Role.MANAGER})
"""May change venues, tickets, plans and prices."""

SELLERS = MANAGERS | {Role.BOX_OFFICE}
"""May act for customers: block seats, read orders, refund."""

STAFF = SELLERS | {Role.SCANNER}


class ApiScope(StrEnum):
    """What an API key may be for; each is named by the routes that accept it, and all other routes refuse keys."""

    RESALE_VALIDATE = "resale:validate"
    """Verdicts about any pass of the organisation, and about passes that were issued elsewhere."""

    RESALE_READ = "resale:read"
    """The rulebook."""

    ORDERS_READ = "orders:read"
    """Every order of the organisation, with its refunds."""

    PASSES_READ = "passes:read"
    """Every pass of the organisation, without its code: a service that reads passes need not be able to enter."""

    SCANS_WRITE = "scans:write"
    """The gates: scans, and what scanners carry to work offline."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in account acting in one tenant; `role` is None for a fan or a guest.

    A service that brings an API key has `scopes`, which are None for people, and no role. Its account id is the id of
    its key: nobody's account, which never buys or holds anything.
    """

    account_id: AccountId
    tenant_id: TenantId
    role: Role | None = None
    guest: bool = False
    scopes: frozenset[ApiScope] | None = None

    def may(self, scope: ApiScope) -> bool:
        """Whether the caller is a service whose key is for this; people have roles instead."""
        return self.scopes is not None and scope in self.scopes

    def must_be_one_of(self, roles: frozenset[Role], *, or_key_for: ApiScope | None = None) -> None:
        """Raise ForbiddenError unless the caller has one of the roles in this tenant, or a key for the scope."""
        if self.role not in roles and (or_key_for is None or not self.may(or_key_for)):
            wanted = ", ".join(sorted(roles))
            raise ForbiddenError(f"This needs one of the roles {wanted} in the organisation.")
