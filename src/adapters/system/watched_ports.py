"""Ports that tell an observer what passes through them, and change nothing."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, cast, override

import msgspec

from adapters.system.observer import DONE, FAILED, REFUSED, UNAVAILABLE, Observer
from core.resale.receipts.receipt_key import ReceiptKey
from core.seating.ledger import Change, Claim
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import TenantId
from ports.events import Envelope, EventPublisher, PublisherUnavailableError
from ports.published.refusals import RefusedError
from ports.resale.receipts import ReceiptSigner
from ports.seating import Holds, PlanChangedError


def outcome_of(error: BaseException) -> str:
    """Return how a call ended that raised this: a refusal's code, or `unavailable`, or `failed`."""
    if isinstance(error, RefusedError):
        return error.refusal_code
    if isinstance(error, DomainError):
        return error.code
    return UNAVAILABLE if isinstance(error, (UnavailableError, TimeoutError)) else FAILED


class WatchedPublisher(EventPublisher):
    """Tells of each event that a relay hands on."""

    def __init__(self, publisher: EventPublisher, observer: Observer) -> None:
        self._publisher = publisher
        self._observer = observer

    @override
    async def publish(self, envelope: Envelope) -> None:
        ended = self._observer.publishing(envelope)
        outcome = FAILED
        try:
            await self._publisher.publish(envelope)
            outcome = DONE
        except PublisherUnavailableError:
            outcome = UNAVAILABLE
            raise
        finally:
            if ended is not None:
                ended(outcome)


class WatchedHolds(Holds):
    """Tells of each hold, and with which code it was refused."""

    def __init__(self, holds: Holds, observer: Observer) -> None:
        self._holds = holds
        self._observer = observer

    @override
    async def hold(self, tenant_id: TenantId, claim: Claim, *, now: datetime) -> Change:
        ended = self._observer.hold()
        if ended is None:
            return await self._holds.hold(tenant_id, claim, now=now)
        outcome = FAILED
        try:
            change = await self._holds.hold(tenant_id, claim, now=now)
            outcome = DONE
        except PlanChangedError:
            outcome = "plan_changed"  # the caller looks again and asks again
            raise
        except BaseException as error:
            outcome = outcome_of(error)
            raise
        finally:
            ended(outcome)
        return change


class _Outcome(msgspec.Struct):
    allowed: bool
    reasons: tuple[str, ...]


class _Receipt(msgspec.Struct):
    outcome: _Outcome


class WatchedReceipts(ReceiptSigner):
    """Tells of each verdict: all that leave Fairseat are signed."""

    def __init__(self, signer: ReceiptSigner, observer: Observer) -> None:
        self._signer = signer
        self._observer = observer

    @override
    def new_key(self, *, at: datetime) -> ReceiptKey:
        return self._signer.new_key(at=at)

    @override
    def sign(self, key: ReceiptKey, message: bytes) -> bytes:
        signature = self._signer.sign(key, message)
        found = msgspec.json.decode(message[message.index(b"{") :], type=_Receipt).outcome
        self._observer.verdict(allowed=found.allowed, reasons=found.reasons)
        return signature


class _WatchedLink:
    """Stands in for a published API: calls pass through it."""

    def __init__(self, api: type, called: object, observer: Observer) -> None:
        self._api = api.__name__
        self._called = called
        self._observer = observer

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._called, name)
        if name.startswith("_") or not callable(found):
            return found
        watched = self._watched(name, cast("Callable[..., Awaitable[object]]", found))
        setattr(self, name, watched)  # the next call finds it without asking here
        return watched

    def _watched(self, method: str, call: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def watched(*arguments: Any, **named: Any) -> object:  # noqa: ANN401  (what the API's method takes)
            ended = self._observer.link(self._api, method)
            outcome = FAILED
            try:
                answer = await call(*arguments, **named)
                outcome = DONE
            except BaseException as error:
                known = outcome_of(error)
                outcome = known if known in {FAILED, UNAVAILABLE} else REFUSED
                raise
            finally:
                if ended is not None:
                    ended(outcome)
            return answer

        return watched


def watched_link[T](api: type[T], called: T, observer: Observer) -> T:
    """Return what does the same as `called`, and tells of each call; every method of an API is async."""
    return cast("T", _WatchedLink(api, called, observer))
