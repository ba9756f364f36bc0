"""What a test, or a person who tries things out, may do to the stand-in beyond Stripe's API: under /_fake."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from adapters.embedded.stripe_fake.accounts import Accounts
from adapters.embedded.stripe_fake.disputes import Disputes
from adapters.embedded.stripe_fake.faults import Faults
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.payments import Payments
from adapters.embedded.stripe_fake.payouts import Payouts
from adapters.embedded.stripe_fake.refunds import Refunds
from adapters.embedded.stripe_fake.transfers import Transfers
from adapters.embedded.stripe_fake.webhooks import Endpoint, Order, WebhookSender

type Whose = Literal["platform", "connect"]


class _Control(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The body of a control."""


class EndpointChange(_Control):
    """What to change about where webhooks go; what is left out stays, an empty `previous_secret` ends a rotation."""

    url: str | None = None
    secret: str | None = None
    previous_secret: str | None = None
    event_types: frozenset[str] | None = None
    delay_s: Annotated[float, msgspec.Meta(ge=0, le=60)] | None = None
    copies: Annotated[int, msgspec.Meta(ge=1, le=10)] | None = None
    paused: bool | None = None
    held: bool | None = None


class Release(_Control):
    """In which order to send what was held."""

    order: Order = "made"
    seed: int = 0


class FaultsWanted(_Control):
    """How the next calls are to fail: see Faults. What is left out is as it was at the start."""

    calls: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    after: bool = False
    delay_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    path_prefix: str = ""
    silent: bool = False
    kept: bool = False


class Copies(_Control):
    """How often to send."""

    copies: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1


class Verdict(_Control):
    """What the buyer's bank says."""

    succeed: bool = True


class DisputeWanted(_Control):
    """How a buyer disputes a charge."""

    reason: str = "fraudulent"
    inquiry: bool = False


class DisputeVerdict(_Control):
    """Who wins."""

    won: bool


class Refusals(_Control):
    """Why, and how often, the next transfers or reversals are refused."""

    message: str = "The transfer was refused (asked for by a test)."
    times: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1


class PayoutWanted(_Control):
    """A payout to a connected account, in minor units."""

    amount: Annotated[int, msgspec.Meta(ge=1)]
    currency: str = "eur"
    status: Literal["paid", "pending", "in_transit", "canceled", "failed"] = "paid"
    arrival_date: int | None = None


class AccountChange(_Control):
    """What Stripe changes about a connected account; what is left out stays."""

    charges_enabled: bool | None = None
    payouts_enabled: bool | None = None
    details_submitted: bool | None = None
    currently_due: list[str] | msgspec.UnsetType = msgspec.UNSET
    eventually_due: list[str] | msgspec.UnsetType = msgspec.UNSET
    past_due: list[str] | msgspec.UnsetType = msgspec.UNSET
    disabled_reason: str | msgspec.UnsetType | None = msgspec.UNSET
    current_deadline: int | msgspec.UnsetType | None = msgspec.UNSET

    def due(self) -> StripeDict:
        """Return the members of `requirements` that were given."""
        names = ("currently_due", "eventually_due", "past_due", "disabled_reason", "current_deadline")
        return {name: value for name in names if (value := getattr(self, name)) is not msgspec.UNSET}


def webhook_controls(sender: WebhookSender, ledger: Ledger) -> list[Any]:
    """Return the controls of where, when and how often webhooks are sent."""
    endpoints = {"platform": sender.endpoint, "connect": sender.connect}

    @post(["/webhooks", "/webhooks/{whose:str}"], status_code=200)
    async def change_endpoint(data: JSONBody[EndpointChange], whose: FromPath[Whose] = "platform") -> StripeDict:
        endpoint = endpoints[whose]
        for name in data.__struct_fields__:
            value = getattr(data, name)
            if value is not None:
                setattr(endpoint, name, value)
        endpoint.previous_secret = endpoint.previous_secret or None
        return _told(endpoint)

    @post("/webhooks/{whose:str}/release", status_code=202)
    async def release(whose: FromPath[Whose], data: JSONBody[Release]) -> StripeDict:
        return {"events": sender.release(endpoints[whose], order=data.order, seed=data.seed)}

    @post("/events/{event_id:str}/resend", status_code=202)
    async def resend(event_id: FromPath[str], data: JSONBody[Copies]) -> StripeDict:
        sender.send(ledger.get("events", event_id), copies=data.copies)
        return {"id": event_id, "copies": data.copies}

    return [change_endpoint, release, resend]


def account_controls(accounts: Accounts, payouts: Payouts) -> list[Any]:
    """Return the controls of what Stripe, or its owner, does to a connected account."""

    @post("/accounts/{account_id:str}", status_code=200)
    async def change_account(account_id: FromPath[str], data: JSONBody[AccountChange]) -> StripeDict:
        return accounts.change(
            account_id,
            charges_enabled=data.charges_enabled,
            payouts_enabled=data.payouts_enabled,
            details_submitted=data.details_submitted,
            due=data.due(),
        )

    @post("/accounts/{account_id:str}/onboard", status_code=200)
    async def onboard(account_id: FromPath[str]) -> StripeDict:
        return accounts.onboard(account_id)

    @post("/accounts/{account_id:str}/deauthorize", status_code=204)
    async def deauthorise(account_id: FromPath[str]) -> None:
        accounts.deauthorise(account_id)

    @post("/account_links/expire", status_code=204)
    async def expire_links() -> None:
        accounts.expire_links()

    @post("/accounts/{account_id:str}/payouts", status_code=200)
    async def pay_out(account_id: FromPath[str], data: JSONBody[PayoutWanted]) -> StripeDict:
        return payouts.add(
            account_id,
            amount=data.amount,
            currency=data.currency,
            status=data.status,
            arrival_date=data.arrival_date,
        )

    return [change_account, onboard, deauthorise, expire_links, pay_out]


def money_controls(payments: Payments, refunds: Refunds, disputes: Disputes, transfers: Transfers) -> list[Any]:
    """Return the controls of what banks and buyers do, and of what comes with time."""

    @post("/payment_intents/{intent_id:str}/decide", status_code=200)
    async def decide(intent_id: FromPath[str], data: JSONBody[Verdict]) -> StripeDict:
        return payments.decide(intent_id, succeed=data.succeed)

    @post("/refunds/{refund_id:str}/decide", status_code=200)
    async def decide_refund(refund_id: FromPath[str], data: JSONBody[Verdict]) -> StripeDict:
        return refunds.decide(refund_id, succeed=data.succeed)

    @post("/charges/{charge_id:str}/dispute", status_code=200)
    async def dispute(charge_id: FromPath[str], data: JSONBody[DisputeWanted]) -> StripeDict:
        return disputes.open(charge_id, reason=data.reason, inquiry=data.inquiry)

    @post("/disputes/{dispute_id:str}/decide", status_code=200)
    async def decide_dispute(dispute_id: FromPath[str], data: JSONBody[DisputeVerdict]) -> StripeDict:
        return disputes.decide(dispute_id, won=data.won)

    @post("/later", status_code=204)
    async def later() -> None:
        payments.later()
        refunds.later()

    @post("/transfers/refuse", status_code=204)
    async def refuse_transfers(data: JSONBody[Refusals]) -> None:
        transfers.refuse(data.message, times=data.times)

    @post("/transfers/{transfer_id:str}/reverse", status_code=200)
    async def reverse_transfer(transfer_id: FromPath[str]) -> StripeDict:
        return transfers.reverse(transfer_id, {})

    return [decide, decide_refund, dispute, decide_dispute, later, refuse_transfers, reverse_transfer]


def state_controls(ledger: Ledger, sender: WebhookSender, faults: Faults) -> list[Any]:
    """Return the controls of faults, and of the state as a whole."""

    @post("/faults", status_code=200)
    async def make_faults(data: JSONBody[FaultsWanted]) -> StripeDict:
        for name in data.__struct_fields__:
            setattr(faults, name, getattr(data, name))
        return {"calls": faults.calls}

    @get("/totals")
    async def totals() -> StripeDict:
        charges = [charge for charge in ledger.all("charges") if charge["captured"]]
        intents = list(ledger.all("payment_intents"))
        return {
            "paymentIntents": len(intents),
            "succeeded": sum(intent["status"] == "succeeded" for intent in intents),
            "taken": sum(charge["amount_captured"] for charge in charges),
            "refunded": sum(charge["amount_refunded"] for charge in charges),
            "undelivered": sum(event["pending_webhooks"] for event in ledger.all("events")),
        }

    @delete("/state", status_code=204)
    async def forget() -> None:
        ledger.clear()
        for endpoint in (sender.endpoint, sender.connect):
            endpoint.waiting.clear()

    return [make_faults, totals, forget]


def _told(endpoint: Endpoint) -> StripeDict:
    return {"url": endpoint.url, "paused": endpoint.paused, "held": endpoint.held, "waiting": len(endpoint.waiting)}
