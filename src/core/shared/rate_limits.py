"""How often somebody may ask: so many requests of a kind in any minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.shared.networks import network_of

WINDOW_S = 60


class RouteClass(StrEnum):
    """Kinds of requests, each with a limit of its own."""

    READ = "read"
    WRITE = "write"
    HOLD = "hold"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as it is known: what a token says, and an address."""

    account_id: UUID | None = None
    tenant_id: UUID | None = None
    guest: bool = False
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Spender:
    """Whose requests are counted together, and how many of them there may be in WINDOW_S."""

    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """The most requests of a caller in a minute by kind, 0 for as many as they like.

    An address may have `callers_per_address` times as many, since a household or a whole hall may be behind it.
    """

    per_minute: Mapping[RouteClass, int]
    callers_per_address: int

    def spender(self, kind: RouteClass, asker: Asker) -> Spender | None:
        """Return whose budget a request is counted in; None where nothing is counted.

        A caller is the account, or the API key, in the tenant that the token is for. The tenant that a fan merely
        names makes no difference: whoever names others would have a new budget with each. Signing in is counted by
        address, and so is a guest, who costs nothing to make; where the address tells nobody apart (it is no public
        one, so a proxy is in front that is not trusted) by account, or, without one, not at all.
        """
        limit = self.per_minute.get(kind, 0)
        if not limit:
            return None
        known = asker.account_id is not None and not asker.guest and kind is not RouteClass.LOGIN
        network = None if known or asker.address is None else network_of(asker.address)
        if network is not None:
            return Spender(f"{kind}:address:{network}", limit * self.callers_per_address)
        if asker.account_id is None:
            return None
        return Spender(f"{kind}:{asker.tenant_id or 'no tenant'}:{asker.account_id}", limit)
