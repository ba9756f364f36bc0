"""Refunds and refund policies as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.http.money import MoneyBody, PriceBody
from core.orders.refund_decisions import Decision, RefundWish, WantedItem
from core.orders.refund_policy import DAYS_MAX, RULES_MAX, WHOLE, RefundPolicy, RefundReason, RefundRule
from core.orders.refunds import Explanation, OrderRefund, ReturnedItem
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import OrderItemId

ITEMS_MAX = 1_000

type Reason = Literal[
    "customer_request", "event_cancelled", "event_rescheduled", "duplicate", "fraud", "goodwill", "other"
]
type ShownReason = Literal[
    "customer_request",
    "event_cancelled",
    "event_rescheduled",
    "duplicate",
    "fraud",
    "goodwill",
    "other",
    "dispute_lost",
    "pass_not_reissued",
    "returned",
]
type BasisPoints = Annotated[int, Meta(ge=0, le=WHOLE, description="Hundredths of a percent.")]


class WantedItemBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An item that is to be refunded; of general admission also how many of its places (all that are left if unset)."""

    item_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class RefundRequestBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be refunded: all that is left of the order, `itemIds`, or `items` with a quantity of places.

    Managers may go beyond the policy, and say why in `note`: another percentage, with or without fees, or an `amount`,
    which leaves the seats with the buyer unless `keepSeats` is false. Buyers give the reason `customer_request`.
    """

    reason: Reason
    item_ids: Annotated[list[UUID], Meta(min_length=1, max_length=ITEMS_MAX)] | None = None
    items: Annotated[list[WantedItemBody], Meta(min_length=1, max_length=ITEMS_MAX)] | None = None
    note: Annotated[str, Meta(max_length=500)] = ""
    amount: PriceBody | None = None
    keep_seats: bool | UnsetType = UNSET
    percent_basis_points: BasisPoints | None = None
    with_fees: bool | None = None

    def wish(self) -> RefundWish:
        """Return what is asked for; raises InvalidInputError for members that exclude one another."""
        if self.items is not None and self.item_ids is not None:
            raise _excluded("/items", "Send itemIds or items, not both.")
        if self.amount is not None and (self.percent_basis_points, self.with_fees) != (None, None):
            raise _excluded("/amount", "An amount has no percentage and no fees.")
        if self.amount is None and self.keep_seats is not UNSET:
            raise _excluded("/keepSeats", "Only with an amount can the seats be kept.")
        wanted = self.items or [WantedItemBody(item_id=id) for id in self.item_ids or ()]
        keeps = self.keep_seats is not False
        if self.amount is not None and keeps and wanted:
            raise _excluded("/keepSeats", "Items go back only where keepSeats is false.")
        return RefundWish(
            reason=RefundReason(self.reason),
            note=self.note,
            items=tuple(WantedItem(OrderItemId(each.item_id), each.quantity) for each in wanted) or None,
            amount=self.amount.money() if self.amount else None,
            keep_seats=keeps,
            percent_basis_points=self.percent_basis_points,
            fees=self.with_fees,
        )


class RefundRuleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """So much goes back as long as there are as many days or more to the event, by the calendar of its place."""

    percent_basis_points: BasisPoints
    until_days_before: Annotated[int, Meta(ge=0, le=DAYS_MAX)]

    @staticmethod
    def of(rule: RefundRule) -> "RefundRuleBody":
        """Return the rule as the API shows it."""
        return RefundRuleBody(percent_basis_points=rule.percent_basis_points, until_days_before=rule.until_days_before)


class RefundPolicyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What goes back when a buyer asks; the rule with the most days comes first, and percentages never rise after it.

    Without rules buyers cannot refund by themselves, and staff may give everything back. Orders keep the policy that
    they were placed under.
    """

    rules: Annotated[list[RefundRuleBody], Meta(max_length=RULES_MAX)]
    fees_refundable: bool = False

    def policy(self) -> RefundPolicy:
        """Return the policy; raises InvalidRefundPolicyError."""
        rules = tuple(RefundRule(each.percent_basis_points, each.until_days_before) for each in self.rules)
        return RefundPolicy(rules, self.fees_refundable)

    @staticmethod
    def of(policy: RefundPolicy) -> "RefundPolicyBody":
        """Return the policy as the API shows it."""
        return RefundPolicyBody(
            rules=[RefundRuleBody.of(rule) for rule in policy.rules], fees_refundable=policy.fees_refundable
        )


class RefundedItemBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many admissions of an item go back."""

    item_id: UUID
    quantity: int

    @staticmethod
    def of(item: ReturnedItem) -> "RefundedItemBody":
        """Return the item as the API shows it."""
        return RefundedItemBody(item_id=item.item_id, quantity=item.quantity)


class TicketVerdictBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What applied to the items of one ticket, and why; `rule` is null where none did."""

    ticket_id: UUID
    title: str
    days_left: int
    percent_basis_points: int
    rule: RefundRuleBody | None
    why: str


class ReckoningStepBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step of the arithmetic."""

    text: str
    amount: MoneyBody


class ExplanationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a refund is as large as it is."""

    tickets: tuple[TicketVerdictBody, ...]
    fees_refundable: bool
    steps: tuple[ReckoningStepBody, ...]

    @staticmethod
    def of(explanation: Explanation) -> "ExplanationBody":
        """Return the explanation as the API shows it."""
        return ExplanationBody(
            tickets=tuple(
                TicketVerdictBody(
                    ticket_id=each.ticket_id,
                    title=each.title,
                    days_left=each.days_left,
                    percent_basis_points=each.percent_basis_points,
                    rule=RefundRuleBody.of(each.rule) if each.rule else None,
                    why=each.why,
                )
                for each in explanation.tickets
            ),
            fees_refundable=explanation.fees_refundable,
            steps=tuple(
                ReckoningStepBody(text=each.text, amount=MoneyBody.of(each.amount)) for each in explanation.steps
            ),
        )


class RefundPreviewBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a refund would come to now; `refusal` says why it would be refused, where it would."""

    amount: MoneyBody
    allowed: bool
    refusal: str | None
    items: tuple[RefundedItemBody, ...]
    explanation: ExplanationBody

    @staticmethod
    def of(decision: Decision) -> "RefundPreviewBody":
        """Return the decision as the API shows it."""
        return RefundPreviewBody(
            amount=MoneyBody.of(decision.amount),
            allowed=decision.refusal is None,
            refusal=decision.refusal,
            items=tuple(RefundedItemBody.of(item) for item in decision.items),
            explanation=ExplanationBody.of(decision.explanation),
        )


class RefundBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A refund. `requested` until it is known whether the money went back; `failure` says why it did not.

    A `failed` one is owed, and tried again; a `refused` one is not, and can be asked for anew. Nobody asked for one of
    the reason `dispute_lost`: the buyer's bank took the money back.

    From `acceptedAt` on the items are back with the public. `note` and `accountId`, who asked for it, are for staff.
    """

    id: UUID
    order_id: UUID
    amount: MoneyBody
    status: Literal["requested", "succeeded", "failed", "refused"]
    reason: ShownReason
    requested_by: Literal["buyer", "staff"]
    items: tuple[RefundedItemBody, ...]
    explanation: ExplanationBody
    failure: str | None
    requested_at: datetime
    accepted_at: datetime | None
    settled_at: datetime | None
    note: str | UnsetType = UNSET
    account_id: UUID | UnsetType = UNSET

    @staticmethod
    def of(refund: OrderRefund, *, for_staff: bool) -> "RefundBody":
        """Return the refund as the API shows it."""
        return RefundBody(
            id=refund.id,
            order_id=refund.order_id,
            amount=MoneyBody.of(refund.amount),
            status=refund.status.value,
            reason=refund.reason.value,
            requested_by="staff" if refund.by_staff else "buyer",
            items=tuple(RefundedItemBody.of(item) for item in refund.items),
            explanation=ExplanationBody.of(refund.explanation),
            failure=refund.failure,
            requested_at=refund.requested_at,
            accepted_at=refund.accepted_at,
            settled_at=refund.settled_at,
            note=refund.note if for_staff else UNSET,
            account_id=refund.by if for_staff else UNSET,
        )


def _excluded(pointer: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, [Problem(pointer, message)])
