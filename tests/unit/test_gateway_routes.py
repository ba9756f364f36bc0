"""Where the gateway sends a request: to the service whose route the application of one process would have taken."""

import json
from pathlib import Path

import pytest

from adapters.gateway.routes import MethodNotAllowed, Route, RouteTable
from bootstrap.gateway import routes_of
from bootstrap.web import create_openapi_app

PLAN = "01890000-0000-7000-8000-000000000001"
_DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
_LOCAL = ("/health/live", "/health/ready", "/metrics")  # what each process tells of itself


@pytest.fixture(scope="module")
def table() -> RouteTable:
    return routes_of(create_openapi_app())


def test_every_documented_operation_has_a_service_and_nothing_else_has(table: RouteTable) -> None:
    document = json.loads(_DOCUMENT.read_text())
    documented = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        if path not in _LOCAL
        for method in operations
    }
    routed = {(route.method, _plain(route.path)) for route in table.routes}
    assert routed == documented
    for method, path in documented:
        found = table.find(method, path.replace("{", "").replace("}", ""))
        assert isinstance(found, Route), (method, path)
        assert (found.method, _plain(found.path)) == (method, path)


def test_what_is_open_is_what_the_document_says_needs_no_token(table: RouteTable) -> None:
    paths = json.loads(_DOCUMENT.read_text())["paths"]
    for route in table.routes:
        security = paths[_plain(route.path)][route.method.lower()].get("security", [{"bearer": []}])
        assert route.open == ({} in security), (route, security)


def test_streams_are_those_that_answer_with_events(table: RouteTable) -> None:
    paths = json.loads(_DOCUMENT.read_text())["paths"]
    for route in table.routes:
        media = paths[_plain(route.path)][route.method.lower()]["responses"].get("200", {}).get("content", {})
        assert route.streams == ("text/event-stream" in media), route


def test_every_service_but_the_timers_has_routes(table: RouteTable) -> None:
    assert table.services == {"auth", "user", "venue", "ticket", "order", "payment", "admission", "content"}


def test_a_name_goes_before_a_parameter() -> None:
    table = RouteTable(
        [
            Route("order", "GET", "/orders/{order_id:uuid}"),
            Route("order", "POST", "/orders/quote"),
            Route("payment", "GET", "/orders/{order_id:uuid}/refunds"),
        ]
    )
    quote, refunds = table.find("POST", "/orders/quote"), table.find("GET", f"/orders/{PLAN}/refunds")
    assert isinstance(quote, Route) and quote.path == "/orders/quote"
    assert table.find("GET", "/orders/quote") == MethodNotAllowed(("POST", "OPTIONS"))
    assert isinstance(refunds, Route) and refunds.service == "payment"


@pytest.mark.parametrize("path", ["/", "/orders", f"/orders/{PLAN}/nothing", "/Orders/1", "*", ""])
def test_what_no_service_has_is_not_there(path: str) -> None:
    assert RouteTable([Route("order", "GET", "/orders/{order_id:uuid}")]).find("GET", path) is None


def test_a_slash_at_the_end_or_twice_changes_nothing() -> None:
    table = RouteTable([Route("order", "GET", "/orders/{order_id:uuid}")])
    assert table.find("GET", f"/orders/{PLAN}/") == table.find("GET", f"//orders//{PLAN}") == table.routes[0]


def test_two_services_cannot_have_one_operation() -> None:
    with pytest.raises(ValueError, match="two services"):
        RouteTable([Route("order", "GET", "/orders/{a:uuid}"), Route("venue", "GET", "/orders/{b:uuid}")])


def _plain(path: str) -> str:
    return "/".join(part.partition(":")[0] + "}" if part.startswith("{") else part for part in path.split("/"))
