"""Whose requests are counted together, and which kind a request is of."""

from uuid import UUID

import pytest

from adapters.http.route_classes import route_class
from core.shared.rate_limits import Asker, RequestTerms, RouteClass, Spender

ANN, HALL, CLUB = UUID(int=1), UUID(int=2), UUID(int=3)
ADDRESS = "198.51.99.7"
TERMS = RequestTerms({RouteClass.READ: 10, RouteClass.WRITE: 5, RouteClass.LOGIN: 3}, callers_per_address=4)
ID = UUID(int=0x1D)
PLAN = f"/api/v1/seating-plans/{ID}"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", PLAN, "read"),
        ("HEAD", PLAN, "read"),
        ("GET", f"{PLAN}/holds", "read"),
        ("POST", f"{PLAN}/holds", "hold"),
        ("POST", f"{PLAN}/holds/", "hold"),
        ("POST", f"/api/v1/tickets/{ID}/reservations", "hold"),
        ("POST", f"/api/v1/holds/{ID}/extend", "write"),
        ("DELETE", f"/api/v1/holds/{ID}", "write"),
        ("PATCH", "/api/v1/venues/1", "write"),
        ("POST", "/api/v1/auth/login", "login"),
        ("DELETE", "/api/v1/auth/sessions/1", "login"),
        ("GET", "/api/v1/auth/me", "read"),
        ("POST", "/api/v1/webhooks/stripe", None),
        ("POST", "/api/v1/webhooks/stripe/connect", None),
        ("POST", f"/api/v1/webhooks/{ID}/replay", "write"),
        ("GET", "/api/v1/webhooks", "read"),
        ("OPTIONS", PLAN, None),
        ("GET", "/health/live", None),
        ("GET", "/.well-known/jwks.json", None),
        ("GET", "/schema/openapi.json", None),
        ("GET", "/api/v10/venues", None),
    ],
)
def test_a_request_is_of_one_kind(method: str, path: str, kind: str | None) -> None:
    assert route_class(method, path) == kind


def test_a_caller_is_an_account_in_the_tenant_of_its_token() -> None:
    at_hall, at_club, fan = (Asker(ANN, tenant, address=ADDRESS) for tenant in (HALL, CLUB, None))
    assert TERMS.spender(RouteClass.READ, at_hall) == Spender(f"read:{HALL}:{ANN}", 10)
    assert TERMS.spender(RouteClass.READ, at_club) == Spender(f"read:{CLUB}:{ANN}", 10)
    assert TERMS.spender(RouteClass.WRITE, fan) == Spender(f"write:no tenant:{ANN}", 5)


def test_who_costs_nothing_to_make_is_counted_by_address() -> None:
    guest, nobody = Asker(ANN, guest=True, address=ADDRESS), Asker(address=ADDRESS)
    for asker in (guest, nobody):
        assert TERMS.spender(RouteClass.READ, asker) == Spender(f"read:address:{ADDRESS}", 40)


def test_signing_in_is_counted_by_address_whoever_does_it() -> None:
    assert TERMS.spender(RouteClass.LOGIN, Asker(ANN, HALL, address=ADDRESS)) == Spender(f"login:address:{ADDRESS}", 12)


@pytest.mark.parametrize("address", [None, "127.0.0.1", "10.1.2.3", "nonsense"])
def test_an_address_behind_which_is_everybody_tells_nobody_apart(address: str | None) -> None:
    assert TERMS.spender(RouteClass.READ, Asker(address=address)) is None
    guest = Asker(ANN, guest=True, address=address)
    assert TERMS.spender(RouteClass.READ, guest) == Spender(f"read:no tenant:{ANN}", 10)


def test_what_has_no_limit_is_not_counted() -> None:
    assert TERMS.spender(RouteClass.HOLD, Asker(ANN, HALL)) is None
    none = RequestTerms({RouteClass.READ: 0}, callers_per_address=4)
    assert none.spender(RouteClass.READ, Asker(ANN, HALL)) is None
