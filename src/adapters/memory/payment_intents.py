"""A payment provider in memory, as its buyers and its own pages move it."""

import asyncio
from dataclasses import replace

from adapters.memory.clock import MemoryClock
from adapters.memory.disputes import DisputeDesk
from adapters.memory.refund_desk import RefundDesk
from adapters.memory.transfer_desk import TransferDesk
from core.payments.errors import ProviderRefusedError, ProviderUnavailableError
from core.payments.intent import Charge, Decline, Intent, IntentStatus
from core.payments.ledger import PostingKind
from core.payments.movements import Movement
from core.shared.money import Money
from ports.clock import Clock


class MemoryIntents:
    """A provider with buyers: `pay`, `decline`, `process` and `pay_wrongly` are what happens in the browser.

    Set `away` to let every call fail as if the network were down, `fee_minor` to what the provider takes of each
    payment, and `fee_is_late` to let it say so only in its balance. `desk` is where refunds are made, `bank` where
    disputes are, `till` where transfers are.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._intents: dict[str, Intent] = {}
        self._made: dict[str, str] = {}
        self._declines = 0
        self._clock = clock or MemoryClock()
        self._movements: list[Movement] = []
        self.desk = RefundDesk(self._clock, self._movements)
        self.bank = DisputeDesk(self._clock, self._movements)
        self.till = TransferDesk(self._clock, self._movements)
        self.away = False
        self.fee_minor = 0
        self.fee_is_late = False

    def pay(self, intent_id: str) -> None:
        """Let the buyer pay."""
        intent = self._known(intent_id)
        assert intent.status not in {IntentStatus.SUCCEEDED, IntentStatus.CANCELLED}, "it can be paid no more"
        self._take(intent, intent.amount.amount_minor)

    def decline(self, intent_id: str, code: str = "card_declined") -> None:
        """Let the buyer's card be declined."""
        self._declines += 1
        self._intents[intent_id] = replace(
            self._known(intent_id),
            status=IntentStatus.AWAITING_BUYER,
            decline=Decline(id=f"ch_{self._declines}", code=code),
        )

    def ask_the_buyer(self, intent_id: str) -> None:
        """Let the buyer's bank want to know that it is the buyer."""
        self._intents[intent_id] = replace(self._known(intent_id), status=IntentStatus.NEEDS_ACTION, decline=None)

    def process(self, intent_id: str) -> None:
        """Let the provider take its time."""
        self._intents[intent_id] = replace(self._known(intent_id), status=IntentStatus.PROCESSING, decline=None)

    def cancel_at_provider(self, intent_id: str) -> None:
        """Let somebody cancel the intent in the provider's own pages."""
        self._intents[intent_id] = replace(self._known(intent_id), status=IntentStatus.CANCELLED)

    def refund_at_provider(self, intent_id: str, *, amount_minor: int | None = None) -> None:
        """Let somebody refund the intent, or so much of it, in the provider's own pages."""
        self.desk.make_elsewhere(self._known(intent_id), amount_minor=amount_minor)

    def dispute(self, intent_id: str, *, inquiry: bool = False) -> str:
        """Let the buyer dispute what is left of the money, and return the dispute's id."""
        intent = self._known(intent_id)
        return self.bank.open(intent, left_minor=intent.received_minor - intent.refunded_minor, inquiry=inquiry)

    def pay_wrongly(self, intent_id: str, *, received_minor: int) -> None:
        """Let another amount be taken than was asked for."""
        self._take(self._known(intent_id), received_minor)

    def _take(self, intent: Intent, received_minor: int) -> None:
        now, currency = self._clock.now(), intent.amount.currency
        fee = Money(self.fee_minor, currency)
        charge = Charge(f"ch_of_{intent.id}", now, None if self.fee_is_late else fee)
        self._intents[intent.id] = replace(
            intent, status=IntentStatus.SUCCEEDED, received_minor=received_minor, decline=None, charge=charge
        )
        self._movements.append(
            Movement(
                id=f"txn_{len(self._movements) + 1:024d}",
                kind=PostingKind.CAPTURE,
                source=charge.id,
                charge=None,
                amount=Money(received_minor, currency),
                fee=fee,
                ours=intent.payment_id is not None,
                at=now,
            )
        )

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise ProviderUnavailableError("The provider is away.")

    def _known(self, intent_id: str) -> Intent:
        intent = self._intents.get(intent_id)
        if intent is None:
            raise ProviderRefusedError(f"No such intent: {intent_id!r}")
        disputed = bool(self.bank.of(intent_id))
        return replace(intent, refunded_minor=self.desk.refunded_minor(intent_id), disputed=disputed)
