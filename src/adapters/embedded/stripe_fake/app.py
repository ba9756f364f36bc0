"""The stand-in as an application: Stripe's calls under /v1, the controls of tests under /_fake."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from litestar import Litestar, Request, Response, Router, delete, get, post, route
from litestar.params import FromPath, JSONBody

from adapters.embedded.stripe_fake.access import access_of
from adapters.embedded.stripe_fake.api import Api
from adapters.embedded.stripe_fake.errors import StripeFakeError
from adapters.embedded.stripe_fake.faults import Faults
from adapters.embedded.stripe_fake.forms import parse_form
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_event, new_id
from adapters.embedded.stripe_fake.payments import Payments
from adapters.embedded.stripe_fake.replays import Answer, Replays
from adapters.embedded.stripe_fake.settings import StripeFakeSettings
from adapters.embedded.stripe_fake.webhooks import WebhookSender


class EndpointChange(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What to change about where webhooks go; what is left out stays."""

    url: str | None = None
    secret: str | None = None
    delay_s: Annotated[float, msgspec.Meta(ge=0, le=60)] | None = None
    copies: Annotated[int, msgspec.Meta(ge=1, le=10)] | None = None
    paused: bool | None = None


class FaultsWanted(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """How the next calls are to fail."""

    calls: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    after: bool = False
    delay_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0


class Copies(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """How often to send."""

    copies: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1


class Verdict(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What the buyer's bank says."""

    succeed: bool = True


class StripeFakeState:
    """All the parts of one stand-in."""

    def __init__(self, settings: StripeFakeSettings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.folder)
        self.sender = WebhookSender(settings, self.ledger)
        self.faults = Faults()
        self.payments = Payments(self.ledger, self._announce)
        self.api = Api(self.ledger, self.payments)
        self.replays = Replays(self.ledger)
        self._request: StripeDict = {"id": None, "idempotency_key": None}

    async def answer(self, request: Request[Any, Any, Any]) -> Answer:
        """Answer a call under /v1."""
        access = access_of(request.headers.get("authorization"), self.settings)
        await self.faults.before_work()
        method, path = request.method, str(request.path_params["path"])
        raw = await request.body() if method == "POST" else request.scope["query_string"]
        sent = raw.decode(errors="replace")
        key = request.headers.get("idempotency-key") if method == "POST" else None
        params = parse_form(sent)
        self._request = {"id": new_id("req", length=14), "idempotency_key": key}
        answer = self.replays.run(key, f"{method} {path} {sent}", lambda: self.api.call(method, path, params, access))
        if self.faults.after:
            self.faults.after_work()
        return answer

    def _announce(self, kind: str, about: StripeDict) -> None:
        sent = self.sender.listens_to(kind)
        event = new_event(kind, about, now=int(time.time()), request=self._request, pending=int(sent))
        self.ledger.put("events", event)
        if sent:
            self.sender.send(event)


def create_app(settings: StripeFakeSettings) -> Litestar:
    """Build the application; its state is at `app.state.fake`, a StripeFakeState."""
    fake = StripeFakeState(settings)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        await fake.sender.start()
        try:
            yield
        finally:
            await fake.sender.stop()
            fake.ledger.close()

    app = Litestar(
        route_handlers=[_stripe_calls(fake), *_controls(fake)],
        lifespan=[running],
        exception_handlers={StripeFakeError: _on_error},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )
    app.state.fake = fake
    return app


def _stripe_calls(fake: StripeFakeState) -> Router:
    @route("/v1/{path:path}", http_method=["GET", "POST"], status_code=200)
    async def stripe_call(request: Request[Any, Any, Any]) -> Response[StripeDict]:
        answer = await fake.answer(request)
        headers = {"request-id": new_id("req", length=14)}
        if answer.replayed:
            headers["idempotent-replayed"] = "true"
        return Response(answer.body, status_code=answer.status, headers=headers)

    return Router("/", route_handlers=[stripe_call])


def _controls(fake: StripeFakeState) -> list[Router]:
    @post("/webhooks", status_code=200)
    async def change_endpoint(data: JSONBody[EndpointChange]) -> StripeDict:
        endpoint = fake.sender.endpoint
        for name in data.__struct_fields__:
            value = getattr(data, name)
            if value is not None:
                setattr(endpoint, name, value)
        return {"url": endpoint.url, "paused": endpoint.paused}

    @post("/events/{event_id:str}/resend", status_code=202)
    async def resend(event_id: FromPath[str], data: JSONBody[Copies]) -> StripeDict:
        event = fake.ledger.get("events", event_id)
        fake.sender.send(event, copies=data.copies)
        return {"id": event_id, "copies": data.copies}

    @post("/payment_intents/{intent_id:str}/decide", status_code=200)
    async def decide(intent_id: FromPath[str], data: JSONBody[Verdict]) -> StripeDict:
        return fake.payments.decide(intent_id, succeed=data.succeed)

    @post("/faults", status_code=200)
    async def make_faults(data: JSONBody[FaultsWanted]) -> StripeDict:
        faults = fake.faults
        faults.calls, faults.status, faults.after, faults.delay_s = data.calls, data.status, data.after, data.delay_s
        return {"calls": faults.calls}

    @get("/totals")
    async def totals() -> StripeDict:
        charges = [charge for charge in fake.ledger.all("charges") if charge["captured"]]
        intents = list(fake.ledger.all("payment_intents"))
        return {
            "paymentIntents": len(intents),
            "succeeded": sum(intent["status"] == "succeeded" for intent in intents),
            "taken": sum(charge["amount_captured"] for charge in charges),
            "refunded": sum(charge["amount_refunded"] for charge in charges),
            "undelivered": sum(event["pending_webhooks"] for event in fake.ledger.all("events")),
        }

    @delete("/state", status_code=204)
    async def forget() -> None:
        fake.ledger.clear()

    return [Router("/_fake", route_handlers=[change_endpoint, resend, decide, make_faults, totals, forget])]


def _on_error(_: Request[Any, Any, Any], error: StripeFakeError) -> Response[StripeDict]:
    headers = {"request-id": new_id("req", length=14)}
    return Response(error.body, status_code=error.status, headers=headers)
