"""Offer a pass to a person."""

from dataclasses import dataclass
from datetime import timedelta

from core.resale.transfers.transfer import Transfer, TransferredPass
from core.resale.transfers.transfer_errors import OwnTransferError, TooManyTransfersError, TransferRefusedError
from core.resale.transfers.transfer_rules import TransferTerms, closing_time, objections
from core.shared.callers import Caller
from core.shared.emails import Email
from core.shared.ids import PassId, TicketId, TransferId, VenueId
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.admission import AdmissionApi, PassFacts
from ports.published.identity import IdentityApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransaction, ResaleTransactions
from usecases.resale.open_transfer import OpenTransfer
from usecases.resale.persons import must_be_free
from usecases.resale.purchases import begun, purchase_of
from usecases.resale.tend_transfers import TendTransfer
from usecases.resale.transfer_persons import email_of
from usecases.resale.transfer_ruling import RuleOnTransfer, Ruling

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OfferTransfer:
    """Open to the holder of a pass. Of many offers of one pass at once, one is made."""

    resale: ResaleTransactions
    admission: AdmissionApi
    identity: IdentityApi
    rule: RuleOnTransfer
    open: OpenTransfer
    tend: TendTransfer
    clock: Clock
    ids: IdSource
    terms: TransferTerms

    async def __call__(self, caller: Caller, pass_id: PassId, to_email: str) -> Transfer:
        """Return the transfer, whose pass admits nobody until it is accepted or comes back.

        Raises RefusedError of admission for a pass that is not the caller's or cannot be offered, InvalidInputError for
        what is no address, OwnTransferError, TransferRefusedError with the organiser's reasons, TransferOpenError,
        TooManyTransfersError, and PersonBlockedError.
        """
        recipient = Email.parse(to_email, pointer="/toEmail")
        facts = await self._facts(caller, pass_id)
        own = await email_of(self.identity, caller)
        if own is not None and own.key == recipient.key:
            raise OwnTransferError
        venue_id, ticket_id = VenueId(facts.venue_id), TicketId(facts.ticket_id)
        ruling = await self.rule(caller.tenant_id, venue_id, ticket_id)
        await self._tidy(caller, pass_id)
        now = self.clock.now()
        transfer = Transfer.begin(
            TransferId(self.ids.new()),
            subject=TransferredPass(
                pass_id=pass_id,
                lineage_id=PassId(facts.lineage_id),
                ticket_id=ticket_id,
                venue_id=venue_id,
                event_title=facts.event_title,
                event_starts_at=facts.event_starts_at,
                event_time_zone=facts.event_time_zone,
                seat_label=facts.seat_label,
                place=ruling.place,
            ),
            from_account=caller.account_id,
            to_email=recipient,
            lapses_at=min(now + self.terms.window, closing_time(ruling.chain, starts_at=facts.event_starts_at)),
            now=now,
        )
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=now)
            await self._must_be_allowed(tx, facts, ruling, transfer)
            await self._must_have_room(tx, transfer)
            await tx.transfers.add(transfer)
        return await self.open(caller.tenant_id, transfer.id)

    async def _facts(self, caller: Caller, pass_id: PassId) -> PassFacts:
        facts = await self.admission.pass_facts(tenant_id=caller.tenant_id, pass_id=pass_id)
        if facts.account_id != caller.account_id:
            raise RefusedError("admission.pass_not_found", "There is no such pass.")
        # Admission refuses the same when the pass is tied; asked first, nothing is recorded of what cannot be.
        if facts.status != "VALID":
            raise RefusedError(f"admission.pass_{facts.status.lower()}", f"The pass is {facts.status}.")
        if facts.scanned_at is not None:
            raise RefusedError("admission.pass_scanned", "The pass was used.")
        if facts.offer_kind in {"listing", "return"}:
            raise RefusedError("admission.pass_offered", "The pass is offered to others. Take that back first.")
        return facts

    async def _tidy(self, caller: Caller, pass_id: PassId) -> None:
        """Let what is over by its time not stand in the way until the sweep comes."""
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            live = [await tx.transfers.get(found) for found in await tx.transfers.live_of_passes([pass_id])]
        for transfer in live:
            if transfer is not None and transfer.is_due(now):
                await self.tend(caller.tenant_id, transfer.id)

    async def _must_be_allowed(
        self, tx: ResaleTransaction, facts: PassFacts, ruling: Ruling, transfer: Transfer
    ) -> None:
        first = facts.pass_id == facts.lineage_id and facts.revision == 1
        lineage = (
            await begun(tx.history, purchase_of(facts, place=ruling.place))
            if first
            else await tx.history.lock(transfer.subject.lineage_id)
        )
        reasons = tuple(
            objections(
                ruling.chain,
                starts_at=facts.event_starts_at,
                time_zone=facts.event_time_zone,
                handed_on_count=lineage.handed_on_count,
                now=transfer.created_at,
            )
        )
        if reasons:
            raise TransferRefusedError.of(reasons)

    async def _must_have_room(self, tx: ResaleTransaction, transfer: Transfer) -> None:
        made = await tx.transfers.made_since(transfer.from_account, transfer.created_at - DAY)
        if made >= self.terms.per_day_max:
            raise TooManyTransfersError(
                f"You have offered {made} passes within 24 hours; at most {self.terms.per_day_max}."
            )
