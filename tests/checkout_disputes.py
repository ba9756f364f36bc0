"""Disputes in the stories of a checkout: banks ask, take money, and give it back or keep it."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.payments.intent import Intent, IntentStatus
from core.payments.refund import RefundStatus as MoneyStatus
from tests.checkout_choices import DISPUTES, blows, picks
from tests.checkout_faults import Blow
from tests.checkout_refunds import Refunds


class Disputes(Refunds):
    """Purchases and refunds, whose money banks may want back."""

    @precondition(lambda self: self.checkout.intents)
    @rule(pick=picks, deed=st.sampled_from(DISPUTES), told=st.sampled_from([0, 1, 1, 2]), blow=blows)
    def dispute(self, pick: int, deed: str, told: int, blow: Blow | None) -> None:
        """Let a bank open a dispute of a payment, or go on with the one that there is."""
        paid = [intent for intent in self.checkout.intents if intent.status is IntentStatus.SUCCEEDED]
        if not paid:
            return
        intent, bank = paid[-1 - pick % len(paid)], self.checkout.gateway.bank
        made = bank.of(intent.id)
        if not made and deed in {"open", "inquire"} and self._may_be_disputed(intent):
            self.checkout.gateway.dispute(intent.id, inquiry=deed == "inquire")
        elif made and made[0].status == "warning_needs_response" and deed == "open":
            if not self._may_be_disputed(intent, made[0].amount.amount_minor):
                return
            bank.escalate(made[0].id)
        elif made and made[0].status in {"needs_response", "warning_needs_response"} and deed in {"win", "lose"}:
            bank.decide(made[0].id, won=deed == "win")
        elif not made:
            return
        self.checkout.count[f"bank: dispute {bank.of(intent.id)[0].status}"] += 1
        for again in range(told):
            about = {"id": bank.of(intent.id)[0].id, "object": "dispute"}
            self.run(self.checkout.tell_of(about, "charge.dispute.updated", again=bool(again), blow=blow))

    def _may_be_disputed(self, intent: Intent, amount_minor: int = 1) -> bool:
        """Whether so much is left, and no refund is on its way: what fails later would be owed to whom nobody can pay.

        The provider refuses refunds of money that the bank has, so that such a debt is settled by hand, past Fairseat.
        """
        pending = any(one.status is MoneyStatus.PENDING for one in self.checkout.gateway.desk.of(intent.id))
        return not pending and intent.received_minor - intent.refunded_minor >= amount_minor
