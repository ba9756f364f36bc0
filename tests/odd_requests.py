"""Requests that no schema would think of: odd members, bytes, headers, queries and ids, for every operation."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

import httpx

METHODS = ("get", "post", "put", "patch", "delete")
WITH_BODY = frozenset({"post", "put", "patch"})
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
    """One operation, with the body that its schema describes, where it takes one, and the statuses that it names."""

    method: str
    path: str
    body: Any
    statuses: frozenset[int]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


class Document:
    """The OpenAPI document, as far as it takes to make a body that is well formed."""

    def __init__(self, document: Any) -> None:
        self._document = document

    def operations(self) -> list[Operation]:
        return [
            Operation(method, path, self._body(operation), frozenset(map(int, operation["responses"])))
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


def replaced(body: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return the body with the part at the path, or the whole, replaced."""
    if not path:
        return odd
    other = copy.deepcopy(body)
    at = other
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = odd
    return other


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each part of a body, the whole first."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from paths_in(member, (*path, step))


@dataclass(slots=True)
class OddRequests:
    """All odd things for every operation, `share` of them each time in turn: over all operations, each comes often."""

    client: httpx.Client
    operations: list[Operation]
    ids: dict[str, str]
    """Of things that are there, by the names of the paths' parameters."""

    share: int
    """Of so many odd things that one place may hold, one is sent."""

    _turns: dict[str, Iterator[Any]] = field(default_factory=dict[str, Iterator[Any]])

    def __iter__(self) -> Iterator[tuple[Operation, httpx.Request]]:
        """Yield each request with the operation that it is meant for."""
        for it in self.operations:
            for request in (*self._members(it), *self._bodies(it), *self._headers(it), *self._queries_and_ids(it)):
                yield it, request

    def _in_turn[T](self, name: str, values: tuple[T, ...]) -> list[T]:
        turn: Iterator[T] = self._turns.setdefault(name, cycle(values))
        return list(islice(turn, max(1, len(values) // self.share)))

    def _members(self, it: Operation) -> Iterator[httpx.Request]:
        if it.body is None:
            return
        headers = {"Content-Type": "application/json", "If-Match": '"v1"'}
        for path in paths_in(it.body):
            for odd in self._in_turn("members", ODD_VALUES):
                body = json.dumps(replaced(it.body, path, odd)).encode()
                yield self.client.build_request(it.method, self._address(it), content=body, headers=headers)

    def _bodies(self, it: Operation) -> Iterator[httpx.Request]:
        if it.method not in WITH_BODY:
            return
        kinds = (*((body, "application/json") for body in ODD_BODIES), *((b'{"a":1}', kind) for kind in ODD_TYPES))
        for body, kind in self._in_turn("bodies", kinds):
            headers = {"Content-Type": kind}
            yield self.client.build_request(it.method, self._address(it), content=body, headers=headers)

    def _headers(self, it: Operation) -> Iterator[httpx.Request]:
        body = json.dumps(it.body or {}).encode() if it.method in WITH_BODY else None
        odd = tuple((name.encode(), value) for name, values in ODD_HEADERS.items() for value in values)
        for pair in self._in_turn("headers", odd):
            headers = [pair, (b"Content-Type", b"application/json")]
            yield self.client.build_request(it.method, self._address(it), content=body, headers=headers)

    def _queries_and_ids(self, it: Operation) -> Iterator[httpx.Request]:
        if it.method == "get":
            for query in self._in_turn("queries", ODD_QUERIES):
                yield self.client.build_request("get", f"{self._address(it)}?{query}")
        if "{" in it.path:
            body = json.dumps(it.body or {}).encode() if it.method in WITH_BODY else None
            headers = {"Content-Type": "application/json"}
            for odd in self._in_turn("ids", ODD_IDS):
                address = self._address(it, otherwise=odd)
                yield self.client.build_request(it.method, address, content=body, headers=headers)

    def _address(self, it: Operation, *, otherwise: str = "") -> str:
        """Return the path with ids in it: those that are known, and else one that nothing has."""
        path = it.path
        for name in {part[1:-1] for part in path.split("/") if part.startswith("{")}:
            path = path.replace(f"{{{name}}}", otherwise or self.ids.get(name, str(uuid4())))
        return path
