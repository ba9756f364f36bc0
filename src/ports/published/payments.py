"""What payments offers: to orders, to whoever puts something on sale, and the news of money."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID, uuid5

import msgspec

from ports.events import Event

type PaymentMethod = Literal["CARD", "APPLE_PAY", "GOOGLE_PAY"]


class PaymentStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that the buyer can now confirm with Stripe's client library."""

    payment_id: UUID
    client_secret: str
    stripe_payment_intent_id: str
    amount_minor: int
    currency: str


class CancelOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the payment of an order that is to end.

    `cancelled`: no money will come; `none`: there never was a payment; `succeeded`: the money was taken already, so
    the order has to be confirmed, or the money refunded; `processing`: Stripe has not decided, ask again later.
    """

    outcome: Literal["cancelled", "none", "succeeded", "processing"]


class RefundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a refund stands; a pending or failed one is seen to by payments, and its end is told as RefundSettled.

    `failure` says why one failed, as `RefundSettled` does.
    """

    refund_id: UUID
    amount_minor: int
    currency: str
    status: Literal["pending", "succeeded", "failed"]
    failure: str | None = None


class PayoutAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a payout stands, and in `currency` how its money is shared.

    `pending`: it waits for Stripe, or for the buyer's bank while a dispute is open; `owed`: it is a credit of the
    seller's (or the organisation's), who has no account yet that money can be sent to; `failed`: `failure` says why;
    `reversed`: its transfers were taken back in Stripe's pages. A pending or failed one is seen to by payments, and how
    it stands then is told as PayoutSettled.
    """

    payout_id: UUID
    status: Literal["pending", "paid", "owed", "failed", "reversed"]
    seller_minor: int
    royalty_minor: int
    fee_minor: int
    currency: str
    failure: str | None


def whole_refund_id(order_id: UUID) -> UUID:
    """Return the id of the refund that gives an order's money back by itself: always the same, so it is made once."""
    return uuid5(order_id, "refund of the whole order")


class PaymentsApi(Protocol):
    """Commands on the payment of an order; each may be repeated. No call is made inside a transaction."""

    @abstractmethod
    async def start(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        account_id: UUID,
        amount_minor: int,
        currency: str,
        method: PaymentMethod,
        description: str,
        venue_ids: tuple[UUID, ...],
        escrow: bool = False,
    ) -> PaymentStarted:
        """Create the PaymentIntent of the order, or return the one it has; after a decline another takes its place.

        One that is declined can be confirmed again as well, with the client secret that is known. Each is made with the
        key of order and attempt, is an `attempted` in the payment's records, and is cancelled before the next one is
        made, so that an order is never paid twice.
        The money goes to the connected account of the venues that the order's tickets are for, where one is needed.
        With `escrow` it waits on the platform's balance until `pay_out`, whatever accounts the venues have.
        Raises RefusedError `payments.declined`, `payments.already_paid`, `payments.closed` (after `cancel`),
        `payments.conflict` (another amount or account, or escrow after all, or not), `payments.too_many_attempts`,
        `payments.charges_not_enabled` (a venue's account may not charge), `payments.several_accounts`, and
        LinkUnavailableError while Stripe cannot be asked.
        """

    @abstractmethod
    async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
        """Cancel the order's PaymentIntent at Stripe first, and say what became of it.

        From then on `start` is refused. Raises LinkUnavailableError while Stripe cannot be asked.
        """

    @abstractmethod
    async def refund(
        self, *, tenant_id: UUID, order_id: UUID, refund_id: UUID, amount_minor: int | None, reason: str
    ) -> RefundAnswer:
        """Give money of the order back: so much, or with None all that is left.

        The caller makes `refund_id`; the same id answers the same refund, as it stands by then, and asking again for
        one that failed is its next try, with None over no more than is left. While Stripe cannot be asked the answer is
        `pending`: that the money must go back is noted, and is seen to. Raises RefusedError `payments.not_found`,
        `payments.not_refundable` (nothing came, or nothing is left), `payments.disputed` (the buyer's bank has the
        money), `payments.refund_too_large`, `payments.refund_conflict` (the id is that of another order's refund, or of
        one over another amount), and `request.invalid` for an amount that is not positive.
        """

    @abstractmethod
    async def pay_out(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        payout_id: UUID,
        seller_account_id: UUID,
        seller_minor: int,
        royalty_minor: int,
        fee_minor: int,
        venue_ids: tuple[UUID, ...],
        reason: str,
    ) -> PayoutAnswer:
        """Release money of an order in escrow: to the seller, to the organisation of the venues, to the platform.

        The caller makes `payout_id`; the same id answers the same payout, as it stands by then, and asking again for
        one that failed is its next try. The payouts of an order never take more than was received; what of that went
        back to the buyer the platform bears. While Stripe cannot be asked the answer is `pending`. Raises RefusedError
        `payments.not_found`,
        `payments.not_in_escrow`, `payments.payout_too_large`, `payments.payout_conflict` (the id is that of another
        order's payout, another seller's, or one with other shares), and `request.invalid` for a negative share, or when
        all are 0.
        """


class ChargingState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a venue can take payments, as of `version`, which grows with each change; 0 without an account.

    `missing` names what Stripe wants to know of its owner, and `disabled_reason` is Stripe's word for why it is not
    served, None while it is.
    """

    charges_enabled: bool
    missing: tuple[str, ...]
    disabled_reason: str | None
    version: int


class VenueAccountsApi(Protocol):
    """Questions about the connected accounts of a tenant's venues."""

    @abstractmethod
    async def charging(self, *, tenant_id: UUID, venue_id: UUID) -> ChargingState:
        """Return whether the venue can take payments now; one that nobody connected, or that is not there, cannot."""


class AccountChanged(Event, frozen=True, kw_only=True):
    """A venue's connected account changed: most of all, whether it may charge.

    `version` grows with each change, so that whoever hears of an older one later can tell; `stripe_account` is
    Stripe's name for it. The rest is as in ChargingState.
    """

    event_type: ClassVar[str] = "payments.account.changed"

    venue_id: UUID
    stripe_account: str
    charges_enabled: bool
    payouts_enabled: bool
    deauthorized: bool
    missing: tuple[str, ...]
    disabled_reason: str | None
    version: int


class PaymentSucceeded(Event, frozen=True, kw_only=True):
    """Money was taken, as Stripe itself says."""

    event_type: ClassVar[str] = "payments.payment.succeeded"

    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    succeeded_at: datetime


class PaymentFailed(Event, frozen=True, kw_only=True):
    """A try to pay was declined; the buyer may try again while the order lives."""

    event_type: ClassVar[str] = "payments.payment.failed"

    payment_id: UUID
    order_id: UUID
    decline_code: str | None


class PaymentRefunded(Event, frozen=True, kw_only=True):
    """All the money of a payment went back. Told once."""

    event_type: ClassVar[str] = "payments.payment.refunded"

    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    reason: str


class RefundSettled(Event, frozen=True, kw_only=True):
    """A refund arrived, or failed; a failed one may succeed yet, and one that succeeded may come back as failed.

    `all_refunded` says whether all that was received has gone back by now; `failure` is why it failed.
    """

    event_type: ClassVar[str] = "payments.refund.settled"

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    status: Literal["succeeded", "failed"]
    reason: str
    failure: str | None
    all_refunded: bool


class DisputeOpened(Event, frozen=True, kw_only=True):
    """The buyer's bank took the money of a payment back, and asks for evidence; a mere inquiry is not told of.

    `version` grows with each news of the dispute, so that whoever hears of an older one later can tell. `reason` is
    Stripe's word for what the buyer says.
    """

    event_type: ClassVar[str] = "payments.dispute.opened"

    dispute_id: UUID
    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    reason: str
    version: int


class DisputeClosed(Event, frozen=True, kw_only=True):
    """The bank decided: the money comes back when it was `won`, and is the buyer's for good when it was `lost`.

    The rest is as in DisputeOpened. A bank that changes its mind closes the dispute again, with a higher version.
    """

    event_type: ClassVar[str] = "payments.dispute.closed"

    dispute_id: UUID
    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    reason: str
    outcome: Literal["won", "lost"]
    version: int


class PayoutSettled(Event, frozen=True, kw_only=True):
    """A payout came to something: it may be told more than once, each time with another status.

    `status` is as in PayoutAnswer, at the moment `settled_at`: of two that come in any order the later moment counts.
    `amount_minor` is the seller's share, and `failure` why it failed or came back.
    """

    event_type: ClassVar[str] = "payments.payout.settled"

    payout_id: UUID
    order_id: UUID
    seller_account_id: UUID
    amount_minor: int
    currency: str
    status: Literal["paid", "owed", "failed", "reversed"]
    settled_at: datetime
    failure: str | None
