"""Those who watch the work at the edges of the system: metrics, traces, and the log of requests.

The core and the use cases know nothing of them. What begins is told once, and what is told then is called with how it
ended, in the same task.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import override

from adapters.system.work_context import Work
from ports.events import Envelope

DONE = "done"
REFUSED = "refused"
FAILED = "failed"
UNAVAILABLE = "unavailable"
"""How things end; a command that is refused ends with its stable code where that is told."""

type Ended = Callable[[str], None]
"""To be called once, with how it ended."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP request that was answered: `route` is the template, such as /api/v1/venues/{venue_id}.

    `duration_s` is the time until the answer began, so that a stream counts like anything else. The status is 499 when
    the client went away first. `work.refusal` has the code of a problem.
    """

    method: str
    route: str
    status: int
    duration_s: float


type RequestEnded = Callable[[Answered], None]


class Observer:
    """Watches nothing; whoever watches something overrides what it is about."""

    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded | None:
        """Be told that an HTTP request came."""

    def event(self, envelope: Envelope, consumer: str, work: Work) -> Ended | None:
        """Be told that a consumer begins to take an event."""

    def publishing(self, envelope: Envelope) -> Ended | None:
        """Be told that a relay begins to publish an event."""

    def job(self, name: str, work: Work) -> Callable[[str, int], None] | None:
        """Be told that a job begins to run; its end comes with how many things it did."""

    def webhook(self, event_type: str, traceparent: str | None, work: Work) -> Ended | None:
        """Be told that a provider's event begins to have its effect."""

    def hold(self) -> Ended | None:
        """Be told that seats are asked for."""

    def verdict(self, *, allowed: bool, reasons: Sequence[str]) -> None:
        """Be told what was decided about a resale."""

    def link(self, api: str, method: str) -> Ended | None:
        """Be told that another service is called."""

    def call(self, api: str, method: str, traceparent: str | None, work: Work) -> Ended | None:
        """Be told that another process calls a service of this one."""


NOBODY = Observer()


class Observers(Observer):
    """Several, in the order in which they are told of beginnings; of ends they are told the other way round."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    @override
    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded | None:
        return _all(each.request(method, headers, work) for each in self._observers)

    @override
    def event(self, envelope: Envelope, consumer: str, work: Work) -> Ended | None:
        return _all(each.event(envelope, consumer, work) for each in self._observers)

    @override
    def publishing(self, envelope: Envelope) -> Ended | None:
        return _all(each.publishing(envelope) for each in self._observers)

    @override
    def job(self, name: str, work: Work) -> Callable[[str, int], None] | None:
        return _all(each.job(name, work) for each in self._observers)

    @override
    def webhook(self, event_type: str, traceparent: str | None, work: Work) -> Ended | None:
        return _all(each.webhook(event_type, traceparent, work) for each in self._observers)

    @override
    def hold(self) -> Ended | None:
        return _all(each.hold() for each in self._observers)

    @override
    def verdict(self, *, allowed: bool, reasons: Sequence[str]) -> None:
        for each in self._observers:
            each.verdict(allowed=allowed, reasons=reasons)

    @override
    def link(self, api: str, method: str) -> Ended | None:
        return _all(each.link(api, method) for each in self._observers)

    @override
    def call(self, api: str, method: str, traceparent: str | None, work: Work) -> Ended | None:
        return _all(each.call(api, method, traceparent, work) for each in self._observers)


def watched_by(observers: Sequence[Observer]) -> Observer:
    """Return one observer for all of these."""
    return observers[0] if len(observers) == 1 else Observers(observers) if observers else NOBODY


def _all[**P](ends: Iterable[Callable[P, None] | None]) -> Callable[P, None] | None:
    told = [end for end in ends if end is not None]
    if len(told) < 2:
        return told[0] if told else None

    def ended(*arguments: P.args, **named: P.kwargs) -> None:
        for end in reversed(told):
            end(*arguments, **named)

    return ended
