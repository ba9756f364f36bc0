"""Whatever is sent to any operation of the API, the fault is the sender's: no answer is a 5xx."""

import copy
import itertools
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.cli.demo_world import PASSWORD
from tests.running import OWNER, Buyer, RunningFairseat

METHODS = ("get", "post", "put", "patch", "delete")
THREADS = 4
ODD_VALUES: tuple[Any, ...] = (
    None,
    -1,
    10**30,
    1e308,
    "",
    "a\0b",
    "\ud800",
    "x" * 20_000,
    "9999-12-31T23:59:59-23:00",
    [],
    {},
    ["\0"],
)
ODD_BODIES = (b"", b"{", b"null", b"[]", b"\xff", b'"\\ud800"', b"[" * 5000, b"NaN", b'{"a":1,"a":"\\u0000"}')
ODD_TYPES = ("", "text/plain", "multipart/form-data", "application/msgpack", "application/json; charset=utf-16")
ODD_HEADERS = {
    "Idempotency-Key": (b"", b"x" * 5000, b"\xff\xfe", b"a\tb"),
    "If-Match": (b"*", b'"v999999999"', b'"v\xb2"', b'W/"v1"'),
    "If-None-Match": (b"\xff",),
    "X-Tenant-ID": (b"", b"\xe9", b"{" + b"0" * 32 + b"}"),
    "X-Hold-Token": (b"\xff", b"x" * 5000),
    "Stripe-Signature": (b"t=1,v1=\xe9", b"t=" + b"9" * 30 + b",v1=a"),
    "Authorization": (b"Bearer \xe9.\xe9.a", b"Bearer eyJhbGciOiJub25lIn0.e30."),
}
ODD_QUERIES: tuple[str, ...] = (
    "limit=-1",
    "limit=0",
    "limit=1" + "0" * 30,
    "limit=%00",
    "cursor=%00",
    "cursor=AAAA",
    "cursor=%C3%A9",
)
ODD_QUERIES += ("cursor=" + "A" * 22, "ticketId=%00", "ticketId=x", "fields=%00", "fields=%ff")
ODD_IDS = ("x", "%00", "0" * 32, "%F0%9F%92%A9", str(uuid4()))


@dataclass(frozen=True)
class Operation:
    """One operation, with the body that its schema describes, where it takes one."""

    method: str
    path: str
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


class Document:
    """The OpenAPI document, as far as it takes to make a body that is well formed."""

    def __init__(self, document: Any) -> None:
        self._document = document

    def operations(self) -> list[Operation]:
        return [
            Operation(method, path, self._body(operation))
            for path, operations in self._document["paths"].items()
            for method, operation in operations.items()
            if method in METHODS
        ]

    def _body(self, operation: Any) -> Any:
        content = operation.get("requestBody", {}).get("content", {})
        return self._example(next(iter(content.values()))["schema"]) if content else None

    def _example(self, schema: Any) -> Any:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return self._example(next(one for one in schema[choice] if one.get("type") != "null"))
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                return {name: self._example(member) for name, member in schema.get("properties", {}).items()}
            case "array":
                return [self._example(item) for item in schema.get("prefixItems") or [schema.get("items", {})]]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case _:
                return self._text(schema)

    @staticmethod
    def _text(schema: Any) -> str:
        if schema.get("format") == "uuid":
            return str(uuid4())
        if schema.get("format") == "date-time":
            return "2030-01-01T10:00:00Z"
        examples = schema.get("examples") or ["x"]
        return str(examples[0] if isinstance(examples, list) else next(iter(examples.values())).get("value", "x"))


def changed(body: Any) -> Iterator[Any]:
    """Yield the body with each of its parts, and the whole, replaced by each odd value."""
    for path in _paths(body, ()):
        for odd in ODD_VALUES:
            if not path:
                yield odd
                continue
            other = copy.deepcopy(body)
            at = other
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = odd
            yield other


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from _paths(member, (*path, step))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFairseat]:
    """One of this file's own: among what is sent is the end of the sale."""
    instance = RunningFairseat(tmp_path_factory.mktemp("odd"))
    instance.start()
    yield instance
    assert instance.stop() == 0


@pytest.fixture(scope="module")
def ids(running: RunningFairseat, staff: httpx.Client) -> dict[str, str]:
    """Ids for the paths: of things that are there, at least to begin with."""
    with Buyer(running) as buyer:
        known = {"organisation_id": buyer.organisation_id, "plan_id": buyer.plan_id}
    plan = staff.get(f"/api/v1/seating-plans/{known['plan_id']}").json()
    known |= {"venue_id": plan["venueId"], "ticket_id": plan["ticketId"]}
    venue = f"/api/v1/venues/{known['venue_id']}"
    body = {"entries": [{"question": "Where?", "answer": "There."}]}
    page = {"kind": "FAQ", "defaultLanguage": "de", "translations": {"de": {"title": "Fragen", "body": body}}}
    change = {"tier": plan["priceTiers"][0]["name"], "price": plan["priceTiers"][0]["price"]}
    operation = {"type": "re-pricing", "params": {"planIds": [known["plan_id"]], "changes": [change]}}
    for name, path, asked in (("page_id", "content", page), ("operation_id", "operations", operation)):
        made = staff.post(f"{venue}/{path}", json=asked)
        assert made.is_success, made.text
        known[name] = made.json()["id"]
    return known


@pytest.fixture(scope="module")
def staff(running: RunningFairseat) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=30) as http:
        tokens = http.post("/api/v1/auth/login", json={"email": OWNER, "password": PASSWORD}).json()
        account = {"Authorization": f"Bearer {tokens['accessToken']}"}
        organisation = http.get("/api/v1/organisations", headers=account).json()["items"][0]
        body = {"organisationId": organisation["id"]}
        token = http.post("/api/v1/auth/token", json=body, headers=account).json()
        http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        yield http


@pytest.fixture(scope="module")
def operations(staff: httpx.Client) -> list[Operation]:
    return Document(staff.get("/schema/openapi.json").json()).operations()


def send(staff: httpx.Client, requests: list[tuple[Operation, httpx.Request]]) -> int:
    """Send the requests, a few at a time, and assert what this file says; return how many there were."""
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(lambda it: (it[0], it[1], answer_to(staff, it[1])), requests))
    faults = [
        f"{operation} {dict(request.headers)} {request.content[:200]!r}: {answer.status_code} {answer.text[:200]}"
        for operation, request, answer in answers
        if answer.status_code >= 500
    ]
    assert not faults, "\n".join(faults[:10])
    return len(answers)


def answer_to(staff: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Return the answer, read to its end unless it is a stream of events, which has none."""
    answer = staff.send(request, stream=True)
    try:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            answer.read()
    finally:
        answer.close()
    return answer


def address(operation: Operation, ids: dict[str, str], *, otherwise: str = "") -> str:
    """Return the path with ids in it: those that are known, and else one that nothing has."""
    path = operation.path
    for name in {part[1:-1] for part in path.split("/") if part.startswith("{")}:
        path = path.replace(f"{{{name}}}", otherwise or ids.get(name, str(uuid4())))
    return path


def test_no_member_of_a_body_can_cause_a_server_error(
    staff: httpx.Client, operations: list[Operation], ids: dict[str, str]
) -> None:
    headers = {"Content-Type": "application/json", "If-Match": '"v1"'}
    requests = [
        (it, staff.build_request(it.method, address(it, ids), content=json.dumps(body).encode(), headers=headers))
        for it in operations
        if it.body is not None
        for body in changed(it.body)
    ]
    assert send(staff, requests) > 1000


def test_no_body_that_is_not_json_can_cause_a_server_error(
    staff: httpx.Client, operations: list[Operation], ids: dict[str, str]
) -> None:
    kinds = [*zip(ODD_BODIES, itertools.repeat("application/json")), *((b'{"a":1}', kind) for kind in ODD_TYPES)]
    requests = [
        (it, staff.build_request(it.method, address(it, ids), content=body, headers={"Content-Type": kind}))
        for it in operations
        if it.method in {"post", "put", "patch"}
        for body, kind in kinds
    ]
    assert send(staff, requests) > 100


def test_no_header_query_or_id_can_cause_a_server_error(
    staff: httpx.Client, operations: list[Operation], ids: dict[str, str]
) -> None:
    requests: list[tuple[Operation, httpx.Request]] = []
    for it in operations:
        body = json.dumps(it.body or {}).encode() if it.method in {"post", "put", "patch"} else None
        for name, values in ODD_HEADERS.items():
            for value in values:
                headers: list[tuple[bytes, bytes]] = [(name.encode(), value), (b"Content-Type", b"application/json")]
                requests.append((it, staff.build_request(it.method, address(it, {}), content=body, headers=headers)))
        if it.method == "get":
            requests += [(it, staff.build_request("get", f"{address(it, ids)}?{query}")) for query in ODD_QUERIES]
        if "{" in it.path:
            json_body = {"Content-Type": "application/json"}
            requests += [
                (it, staff.build_request(it.method, address(it, {}, otherwise=odd), content=body, headers=json_body))
                for odd in ODD_IDS
            ]
    assert send(staff, requests) > 500


@pytest.mark.parametrize("pointer", ["/name", "/address/city"])
def test_the_character_that_postgresql_cannot_store_is_refused_with_its_place(
    staff: httpx.Client, pointer: str
) -> None:
    venue: dict[str, Any] = {"name": "Halle", "timeZone": "Europe/Berlin", "capacity": 100}
    venue["address"] = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
    target = venue
    *parents, last = pointer.strip("/").split("/")
    for parent in parents:
        target = target[parent]
    target[last] = "Er\0furt"
    answer = staff.post("/api/v1/venues", json=venue)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_backslash_before_u0000_is_plain_text(staff: httpx.Client) -> None:
    name = r"Halle \u0000"
    address = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
    body = {"name": name, "timeZone": "Europe/Berlin", "capacity": 100, "address": address}
    answer = staff.post("/api/v1/venues", json=body)
    assert (answer.status_code, answer.json()["name"]) == (201, name)


def test_whoever_goes_away_in_the_middle_of_a_body_leaves_no_fault_behind(running: RunningFairseat) -> None:
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall(head)
            time.sleep(0.1)
    time.sleep(0.2)
    assert "disconnected" not in running.output


def test_nothing_was_logged_as_unexpected(running: RunningFairseat) -> None:
    assert "unexpected:" not in running.output
