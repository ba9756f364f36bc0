"""Long operations from the command line: over HTTP, with a progress bar fed by the stream of events."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

RETRIES_MAX = 30
"""How often in a row a stream that broke is opened again, with a pause of a second: longer than a restart."""

PAUSE_S = 1.0
PAGES_MAX = 100
_SENT_AT_ONCE_BYTES = 262_144
_STREAM_TIMEOUT_S = 60.0
"""Longer than two of the server's heartbeats."""

type Json = Any
"""What a JSON document holds; the API promises its shape."""


class OperationRefusedError(Exception):
    """The API refused, cannot be reached, or let the token go; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class OperationsClient:
    """Asks one Fairseat as one member of staff; every method raises OperationRefusedError."""

    http: httpx.Client
    token: str
    pause: Callable[[float], None] = time.sleep

    def start(self, venue_id: UUID, type: str, params: Json, *, dry_run: bool) -> Json:
        """Return the operation, or with `dry_run` what it would do."""
        body = {"type": type, "params": params, "dryRun": dry_run}
        return self._ask("POST", f"/api/v1/venues/{venue_id}/operations", body)

    def of_venue(self, venue_id: UUID, *, type: str | None, status: str | None) -> Iterator[Json]:
        """Yield the operations of a venue, the first begun first."""
        query = {name: value for name, value in (("type", type), ("status", status)) if value is not None}
        for _ in range(PAGES_MAX):
            page = self._ask("GET", f"/api/v1/venues/{venue_id}/operations", query=query)
            yield from page["items"]
            if page["nextCursor"] is None:
                return
            query["cursor"] = page["nextCursor"]

    def cancel(self, operation_id: UUID) -> Json:
        """Return the operation, which ends as soon as it can."""
        return self._ask("POST", f"/api/v1/operations/{operation_id}/cancel")

    def resume(self, operation_id: UUID) -> Json:
        """Return the operation, which goes on."""
        return self._ask("POST", f"/api/v1/operations/{operation_id}/resume")

    def send_document(self, venue_id: UUID, file: Path) -> Json:
        """Send a document of a seating plan bit by bit, and return what is kept of it."""
        try:
            with file.open("rb") as content:
                answer = self.http.post(
                    f"/api/v1/venues/{venue_id}/plan-documents",
                    content=iter(lambda: content.read(_SENT_AT_ONCE_BYTES), b""),
                    headers=self._headers() | {"Content-Type": "application/json"},
                )
        except (OSError, httpx.TransportError) as error:
            raise OperationRefusedError(f"The document could not be sent: {error}") from None
        if not answer.is_success:
            raise _refusal(answer)
        return answer.json()

    def states(self, operation_id: UUID) -> Iterator[Json]:
        """Yield the operation with each change, until it is over; a stream that breaks is opened again."""
        known: str | None = None
        broken = 0
        while True:
            try:
                for name, id, data in self._events(operation_id, known):
                    broken = 0
                    if name == "expired":
                        raise OperationRefusedError("The token has ended; watch again with a new one.")
                    if name in {"progress", "end"}:
                        known = id
                        yield data
                    if name == "end":
                        return
            except httpx.TransportError as error:
                if broken >= RETRIES_MAX:
                    raise OperationRefusedError(f"There is no answer: {error}") from None
            broken += 1
            if broken > RETRIES_MAX:
                raise OperationRefusedError("The progress cannot be read at the moment.")
            self.pause(PAUSE_S)

    def _events(self, operation_id: UUID, known: str | None) -> Iterator[tuple[str, str, Json]]:
        headers = self._headers() | ({"Last-Event-ID": known} if known is not None else {})
        url = f"/api/v1/operations/{operation_id}/events"
        with self.http.stream("GET", url, headers=headers, timeout=_STREAM_TIMEOUT_S) as answer:
            if answer.status_code == 503:
                return
            if not answer.is_success:
                answer.read()
                raise _refusal(answer)
            members: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line and name:
                    members[name] = value
                elif not line and "data" in members:
                    yield members.get("event", ""), members.get("id", ""), msgspec.json.decode(members["data"])
                    members = {}

    def _ask(self, method: str, path: str, body: Json = None, *, query: Mapping[str, str] | None = None) -> Json:
        headers = self._headers() | ({"Idempotency-Key": str(uuid4())} if method == "POST" else {})
        try:
            answer = self.http.request(method, path, json=body, params=query, headers=headers)
        except httpx.TransportError as error:
            raise OperationRefusedError(f"There is no answer: {error}") from None
        if not answer.is_success:
            raise _refusal(answer)
        return answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def watch(client: OperationsClient, operation_id: UUID, console: Console) -> str:
    """Show the progress until the operation is over, and return its last status."""
    last: Json = None
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        console=console,
        transient=True,
    ) as bars:
        steps: dict[str, TaskID] = {}
        for last in client.states(operation_id):
            _show(last, bars, steps)
    console.print(_last_words(last), highlight=False, markup=False, soft_wrap=True)
    return str(last["status"])


def line_of(operation: Json) -> str:
    """Return an operation in one line."""
    progress = operation["progress"]
    steps = f"{progress['stepsDone']}/{progress['stepsTotal']} steps"
    error = f"  {operation['error']}" if operation["error"] else ""
    return f"{operation['id']}  {operation['type']}  {_status(operation)}  {steps}{error}"


def _show(operation: Json, bars: Progress, steps: dict[str, TaskID]) -> None:
    for step in operation["steps"]:
        if step["status"] == "done" and step["name"] in steps:
            bars.remove_task(steps.pop(step["name"]))
    name, progress = operation["currentStep"], operation["progress"]
    if name is None or operation["status"] != "in_progress":
        return
    if name not in steps:
        steps[name] = bars.add_task("", total=None, pace="")
    word = "undoing " if operation["undoing"] else ""
    description = f"{operation['type']}: {word}{name} ({progress['stepsDone']}/{progress['stepsTotal']} steps)"
    bars.update(
        steps[name],
        description=description,
        completed=progress["done"],
        total=progress["total"],
        pace=_pace(operation),
    )


def _pace(operation: Json) -> str:
    if operation["nextTryAt"] is not None:
        return f"tried {operation['tries']} time(s), waits: {operation['error']}"
    rate, left_s = operation["progress"]["ratePerSec"], operation["progress"]["secondsLeft"]
    left = "" if left_s is None else f", {timedelta(seconds=round(left_s))} left"
    return "" if rate is None else f"{rate:,.1f}/s{left}"


def _last_words(operation: Json) -> str:
    error = f": {operation['error']}" if operation["status"] == "failed" else ""
    return f"{operation['type']} {operation['id']} {_status(operation)}{error}"


def _status(operation: Json) -> str:
    return str(operation["status"]).replace("_", " ")


def _refusal(answer: httpx.Response) -> OperationRefusedError:
    try:
        problem = answer.json()
        faults = "".join(f"\n  {fault['pointer']}: {fault['message']}" for fault in problem.get("errors", ()))
        return OperationRefusedError(f"{problem['code']}: {problem['detail']}{faults}")
    except (ValueError, KeyError, TypeError):
        return OperationRefusedError(f"{answer.status_code} {answer.reason_phrase}")
