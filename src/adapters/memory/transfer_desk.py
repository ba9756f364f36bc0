"""Where a provider in memory makes transfers."""

from dataclasses import replace

from core.payments.errors import DestinationNotReadyError, ProviderRefusedError
from core.payments.intent import Intent
from core.payments.ledger import PostingKind
from core.payments.movements import Movement
from core.payments.payout import Leg, Payout, ProviderReversal, ProviderTransfer
from core.shared.ids import PayoutId
from core.shared.money import Money
from ports.clock import Clock


class TransferDesk:
    """The transfers of all intents: `reverse` is also what staff do in the provider's pages.

    `refusal` is why the next ones are refused, and accounts in `not_ready` may receive nothing.
    """

    def __init__(self, clock: Clock, movements: list[Movement]) -> None:
        self._clock = clock
        self._movements = movements
        self._transfers: dict[str, tuple[str, ProviderTransfer]] = {}
        self._made: dict[tuple[PayoutId, Leg, int], str] = {}
        self.refusal: str | None = None
        self.not_ready: set[str] = set()

    def of(self, intent_id: str) -> tuple[ProviderTransfer, ...]:
        """Return the transfers of an intent, oldest first."""
        return tuple(transfer for of, transfer in self._transfers.values() if of == intent_id)

    def make(self, intent: Intent, payout: Payout, leg: Leg, *, to: str) -> ProviderTransfer:
        """Send a leg once for each attempt, and never more than the intent's charge brought."""
        key = (payout.id, leg, payout.attempt)
        if key in self._made:
            return self._transfers[self._made[key]][1]
        if self.refusal is not None:
            raise ProviderRefusedError(self.refusal)
        if to in self.not_ready:
            raise DestinationNotReadyError(f"{to} may not receive transfers.")
        amount = payout.shares.of(leg)
        gone = sum(one.amount.amount_minor for one in self.of(intent.id))
        if gone + amount.amount_minor > intent.received_minor:
            raise ProviderRefusedError(f"{intent.id} did not bring that much.")
        transfer = ProviderTransfer(
            id=f"tr_{len(self._transfers) + 1:024d}",
            amount=amount,
            payout_id=payout.id,
            leg=leg,
            at=self._clock.now(),
            tenant_id=payout.tenant_id,
            payment_id=payout.payment_id,
        )
        self._made[key] = transfer.id
        self._transfers[transfer.id] = intent.id, transfer
        self._move(PostingKind.TRANSFER_SENT, transfer.id, amount * -1)
        return transfer

    def known(self, transfer_id: str) -> ProviderTransfer:
        """Return a transfer; raises ProviderRefusedError for one that there is not."""
        if transfer_id not in self._transfers:
            raise ProviderRefusedError(f"No such transfer: {transfer_id!r}")
        return self._transfers[transfer_id][1]

    def reverse(self, transfer_id: str) -> None:
        """Take a transfer back."""
        intent_id, transfer = self._transfers[transfer_id]
        if transfer.reversals:
            return
        back = ProviderReversal(f"trr_{transfer_id}", transfer.amount, self._clock.now())
        self._transfers[transfer_id] = intent_id, replace(transfer, reversals=(back,))
        self._move(PostingKind.TRANSFER_REVERSED, back.id, transfer.amount, of=transfer.id)

    def _move(self, kind: PostingKind, source: str, amount: Money, *, of: str | None = None) -> None:
        self._movements.append(
            Movement(
                id=f"txn_{len(self._movements) + 1:024d}",
                kind=kind,
                source=source,
                charge=of,
                amount=amount,
                fee=Money.zero(amount.currency),
                ours=True,
                at=self._clock.now(),
            )
        )
