"""Whether each answer of an open house is one that the document names, with what is there put into the requests."""

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import requests
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.document_requests import AnyCase, DocumentRequests, Operation
from tests.open_house import House

RESPONSE_CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CHECKS: list[CheckFunction] = [*RESPONSE_CHECKS, negative_data_rejection, unsupported_method]
STREAM_CHECKS = [check for check in CHECKS if check is not response_schema_conformance]
"""Of streams the library judges each event, by members that OpenAPI has no words for before 3.2."""

_TIMEOUT_S = 10.0
_STREAM_S = 0.3
_FIRST = ("owner", "ann", "owner")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer that the document does not name, with the request that had it."""

    operation: str
    title: str
    told: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.title}\n    {self.told}"


@dataclass(slots=True)
class Fuzz:
    """Asks an open house everything, as everybody; the same requests at every run, but for the ids."""

    house: House
    made: DocumentRequests
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict[tuple[str, str], Finding])
    statuses: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])
    _lucky: bool = False
    """Whether the request is to be one that succeeds, if it can."""

    _session: requests.Session = field(default_factory=requests.Session)
    _dice: Random = field(default_factory=lambda: Random(0))

    def run(self) -> None:
        """Ask every operation; what only looks comes first, and what takes away last."""
        self.statuses |= {operation.label: Counter() for operation, _ in self.made.cases}
        for answer in self.house.answers:
            self._judge(answer)
        self._session.trust_env = False
        with self._session:
            for operation, cases in self.made.cases:
                self._dice.seed(operation.label)
                for number, case in enumerate(cases):
                    self._lucky = number < len(_FIRST)
                    self._ask(case, self._who(operation, number))

    def _judge(self, answer: httpx.Response) -> None:
        """Look at an answer to what somebody did."""
        request = answer.request
        request.read()
        operation = self.made.schema.find_operation_by_path(request.method, request.url.path)
        if operation is None:
            self._found(f"{request.method} {request.url.path}", "Not in the document", str(answer.status_code))
            return
        self.statuses[operation.label][answer.status_code] += 1
        parts = zip(operation.path.split("/"), request.url.path.split("/"), strict=True)
        names = {template[1:-1]: part for template, part in parts if template.startswith("{")}
        self._check(operation.Case(path_parameters=names), answer, RESPONSE_CHECKS, f"{request.method} {request.url}")

    def report(self) -> str:
        """Tell how often each operation did what it was asked, and which never did."""
        lines: list[str] = []
        done, asked = 0, 0
        for label, statuses in self.statuses.items():
            well = sum(times for status, times in statuses.items() if status < 400)
            done, asked = done + well, asked + statuses.total()
            counts = ", ".join(f"{times}x {status}" for status, times in sorted(statuses.items()))
            lines.append(f"{'' if well else 'NEVER '}{label}: {counts}")
        never = sum(line.startswith("NEVER") for line in lines)
        return "\n".join([*lines, f"{done} of {asked} requests did what they asked; {never} operations never did."])

    def _ask(self, case: AnyCase, who: str) -> None:
        label = case.operation.label
        headers = dict(self.house.callers[who])
        self._furnish(case, staff=who in {"owner", "key"})
        self._match(case, headers)
        timeout = _STREAM_S if label.endswith("/events") else _TIMEOUT_S
        try:
            response = case.call(base_url=self.house.base_url, session=self._session, headers=headers, timeout=timeout)
        except requests.RequestException as error:
            self._found(label, type(error).__name__, f"as {who}: {error}")
            return
        self.statuses[label][response.status_code] += 1
        guarded = case.operation.definition.raw.get("security") != [{}]
        if who == "nobody" and guarded and response.status_code not in {401, 404, 405}:
            self._found(label, "Asked without a token", f"{response.status_code} {response.text[:200]}")
        asked = f"{response.request.method} {response.request.url} {str(response.request.body)[:300]} as {who}"
        checks = STREAM_CHECKS if label.endswith("/events") else CHECKS
        if any(isinstance(value, list) for value in case.query.values()):
            checks = RESPONSE_CHECKS  # of what is said twice the framework takes the last, which may be right
        self._check(case, response, checks, asked)
        self._learn(case, response)

    def _check(self, case: AnyCase, answer: Response | httpx.Response, checks: list[CheckFunction], asked: str) -> None:
        label = case.operation.label
        try:
            case.validate_response(answer, checks=checks)
        except SchemathesisError as error:
            self._found(label, type(error).__name__, str(error)[:500])
        except FailureGroup as failures:
            for failure in failures.exceptions:
                told = " ".join(str(failure.message).split())[:500]
                self._found(label, failure.title, f"{told}\n    {asked}\n    {answer.status_code} {answer.text[:300]}")

    def _found(self, label: str, title: str, told: str) -> None:
        self.findings.setdefault((label, title), Finding(label, title, told))

    def _who(self, operation: Operation, number: int) -> str:
        """Return who asks: the owner first and a fan then, as good as they can, and after that anybody."""
        security = operation.definition.raw.get("security")
        if security == [{}]:
            return self._dice.choices(("nobody", "owner"), (9, 1))[0]
        if self._lucky:
            return _FIRST[number]
        keys = 3 if security is not None else 1
        return self._dice.choices(("owner", "ann", "ben", "key", "nobody"), (10, 5, 2, keys, 1))[0]

    def _often(self) -> bool:
        return self._lucky or self._dice.random() < 0.8

    def _furnish(self, case: AnyCase, *, staff: bool) -> None:
        """Put in what is there, wherever the request is not wrong on purpose."""
        if self._may_change(case, ParameterLocation.PATH):
            for name, value in case.path_parameters.items():
                case.path_parameters[name] = self._known(name, value) if self._often() else value
        if self._may_change(case, ParameterLocation.HEADER):
            self._furnish_headers(case, staff=staff)
        if case.query and self._may_change(case, ParameterLocation.QUERY):
            if self._often():
                case.query.pop("cursor", None)
            for name, value in case.query.items():
                case.query[name] = self._meant(name, value)
        if isinstance(case.body, dict | list) and self._may_change(case, ParameterLocation.BODY):
            case.body = self._meaning(case.body)

    def _furnish_headers(self, case: AnyCase, *, staff: bool) -> None:
        if "X-Tenant-ID" in case.headers or not staff:
            case.headers["X-Tenant-ID"] = self.house.tenant_id
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid4())
        if self._often():
            case.headers.pop("X-Hold-Token", None)

    @staticmethod
    def _may_change(case: AnyCase, location: ParameterLocation) -> bool:
        meta = case.meta
        if meta is None or meta.generation.mode.is_positive:
            return True
        part = meta.components.get(location)
        return part is None or part.mode.is_positive

    def _meaning(self, value: Any) -> Any:
        match value:
            case dict():
                return {name: self._meaning(self._meant(name, member)) for name, member in value.items()}
            case list():
                return [self._meaning(item) for item in value]
            case _:
                return value

    def _meant(self, name: str, value: Any) -> Any:
        """Return what the member may be, of the type that it is."""
        if not self._often():
            return value
        if isinstance(value, str):
            return self._known(_snake(name), value)
        if name.endswith("Ids") and isinstance(value, list) and value:
            return list(dict.fromkeys(self._known(_snake(name.removesuffix("s")), item) for item in value))
        return value

    def _known(self, name: str, otherwise: Any) -> Any:
        if name == "reservation_id" and self._dice.random() < 0.3:
            return otherwise
        known = self.house.ids.get(name.removeprefix("for_")) or self.house.words.get(name)
        return self._dice.choice(known) if known else otherwise

    def _match(self, case: AnyCase, headers: dict[str, str]) -> None:
        """Read the ETag that an update needs, most of the time."""
        if "If-Match" not in case.headers and not any(one.name == "If-Match" for one in case.operation.headers):
            return
        if not self._may_change(case, ParameterLocation.HEADER) or not self._often():
            return
        path = case.formatted_path
        for action in ("/publish", "/archive", "/activate", "/deactivate", "/price-tiers", "/source"):
            path = path.removesuffix(action)
        sent = {name: str(value) for name, value in {**case.headers, **headers}.items()}
        read = self._session.get(self.house.base_url + path, headers=sent, timeout=_TIMEOUT_S)
        if "ETag" in read.headers:
            case.headers["If-Match"] = read.headers["ETag"]

    def _learn(self, case: AnyCase, response: Response) -> None:
        """Remember what was made, so that it is asked for, changed and deleted later."""
        if response.status_code not in {201, 202} or not case.path.startswith("/api/v1"):
            return
        below = re.compile(re.escape(case.path) + r"/\{(\w+)\}")
        name = next((found[1] for path in self.made.schema if (found := below.match(path))), None)
        location = response.headers.get("location")
        if name is not None and location:
            known = self.house.ids[name]
            known.append(location[0].rsplit("/", 1)[1])
            if len(known) > 12:
                del known[6]


def _snake(name: str) -> str:
    return _WORDS.sub("_", name).lower() if name.endswith("Id") else name
