"""Where a provider in memory makes refunds."""

from dataclasses import replace

from core.payments.errors import ProviderRefusedError
from core.payments.intent import Intent
from core.payments.ledger import PostingKind
from core.payments.movements import Movement
from core.payments.payment import Payment
from core.payments.refund import ProviderRefund, Refund, RefundStatus
from core.shared.money import Money
from ports.clock import Clock


class RefundDesk:
    """The refunds of all intents: `settle` is what a bank does, `make_elsewhere` what staff do in the provider's pages.

    `status` is what the next refunds become at once, and `refusal` why they are refused. `fees_returned` has, by
    intent, how much of the application fee went back.
    """

    def __init__(self, clock: Clock, movements: list[Movement]) -> None:
        self._clock = clock
        self._movements = movements
        self._refunds: dict[str, tuple[str, ProviderRefund]] = {}
        self._made: dict[tuple[object, int], str] = {}
        self.status = RefundStatus.SUCCEEDED
        self.refusal: str | None = None
        self.fees_returned: dict[str, int] = {}

    def of(self, intent_id: str) -> tuple[ProviderRefund, ...]:
        """Return the refunds of an intent, oldest first."""
        return tuple(refund for of, refund in self._refunds.values() if of == intent_id)

    def refunded_minor(self, intent_id: str) -> int:
        """Return how much went back, or is on its way."""
        return sum(one.amount.amount_minor for one in self.of(intent_id) if one.status is not RefundStatus.FAILED)

    def make(self, intent: Intent, payment: Payment, refund: Refund) -> ProviderRefund:
        """Make a refund of ours once for each attempt."""
        key = (refund.id, refund.attempt)
        if key not in self._made:
            self._made[key] = self._new(intent, refund.amount.amount_minor, refund).id
            destination = payment.destination
            if destination is not None:
                returned = destination.application_fee_minor * self.refunded_minor(intent.id) // intent.received_minor
                self.fees_returned[intent.id] = max(returned, self.fees_returned.get(intent.id, 0))
        return self._refunds[self._made[key]][1]

    def make_elsewhere(self, intent: Intent, *, amount_minor: int | None = None) -> str:
        """Make a refund that is not ours, of all that is left unless an amount is given, and return its id."""
        left = intent.received_minor - self.refunded_minor(intent.id)
        return self._new(intent, left if amount_minor is None else amount_minor, None).id

    def settle(self, refund_id: str, status: RefundStatus, *, failure: str = "expired_or_canceled_card") -> None:
        """Let a refund arrive, or fail, even after it had arrived."""
        intent_id, refund = self._refunds[refund_id]
        failed = status is RefundStatus.FAILED
        if failed and refund.status is not RefundStatus.FAILED:
            self._move(PostingKind.REFUND_FAILED, refund, refund.amount.amount_minor, intent_id)
        self._refunds[refund_id] = intent_id, replace(refund, status=status, failure=failure if failed else None)

    def _new(self, intent: Intent, amount_minor: int, ours: Refund | None) -> ProviderRefund:
        if self.refusal is not None:
            raise ProviderRefusedError(self.refusal)
        left = intent.received_minor - self.refunded_minor(intent.id)
        if not 0 < amount_minor <= left:
            raise ProviderRefusedError(f"{intent.id} has {left} left, not {amount_minor}.")
        refund = ProviderRefund(
            id=f"re_{len(self._refunds) + 1:024d}",
            amount=Money(amount_minor, intent.amount.currency),
            status=RefundStatus.PENDING,
            failure=None,
            refund_id=ours.id if ours else None,
            attempt=ours.attempt if ours else None,
            moved=True,
            at=self._clock.now(),
        )
        self._refunds[refund.id] = intent.id, refund
        self._move(PostingKind.REFUND, refund, -amount_minor, intent.id)
        self.settle(refund.id, self.status)
        return self._refunds[refund.id][1]

    def _move(self, kind: PostingKind, refund: ProviderRefund, amount_minor: int, intent_id: str) -> None:
        currency = refund.amount.currency
        self._movements.append(
            Movement(
                id=f"txn_{len(self._movements) + 1:024d}",
                kind=kind,
                source=refund.id,
                charge=f"ch_of_{intent_id}",
                amount=Money(amount_minor, currency),
                fee=Money.zero(currency),
                ours=True,
                at=self._clock.now(),
            )
        )
