"""Accept a pass that was offered to one's address."""

from dataclasses import dataclass

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_errors import (
    HolderNameNeededError,
    TransferNeedsAccountError,
    TransferNotFoundError,
    TransferRefusedError,
)
from core.resale.transfers.transfer_rules import objections
from core.resale.transfers.transfer_status import TransferStatus
from core.resale.verdicts.verdict import Reason
from core.shared.callers import Caller
from core.shared.ids import TenantId, TransferId
from core.shared.names import checked_name
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.identity import IdentityApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from usecases.resale.finish_transfer import FinishTransfer
from usecases.resale.persons import must_be_free
from usecases.resale.transfer_news import save_transfer
from usecases.resale.transfer_persons import recipient_email_of
from usecases.resale.transfer_ruling import RuleOnTransfer, Ruling

SENDER_BLOCKED = Reason("resale.sender_blocked", "Whoever offered the pass may not hand it on for the time being.")


@dataclass(frozen=True, slots=True)
class AcceptTransfer:
    """Open to the account whose verified address the pass was offered to; to everybody else there is no transfer.

    The organiser's policies are asked again, and so is the count of hands, under the lock of the pass's lineage: the
    pass is tied to this transfer from then on until it is handed over, so that nothing comes between.
    """

    resale: ResaleTransactions
    admission: AdmissionApi
    identity: IdentityApi
    rule: RuleOnTransfer
    finish: FinishTransfer
    clock: Clock

    async def __call__(self, caller: Caller, transfer_id: TransferId, *, holder_name: str | None) -> Transfer:
        """Return the transfer as ACCEPTED; the same again changes nothing.

        Raises TransferNotFoundError, TransferNeedsAccountError for a guest, EmailUnverifiedError for an account that
        has not shown that its address is its own, TransferStepError when it is over,
        TransferRefusedError, HolderNameNeededError, InvalidInputError for what is no name, PersonBlockedError, and
        RefusedError of admission: `.pass_frozen` for as long as it is, anything else ends the transfer.
        """
        if caller.guest:
            raise TransferNeedsAccountError
        name = checked_name(holder_name, pointer="/holderName") if holder_name is not None else None
        email = await recipient_email_of(self.identity, caller)
        async with self.resale.begin(caller.tenant_id) as tx:
            transfer = await tx.transfers.get(transfer_id)
        if transfer is None or not transfer.is_offered_to(email):
            raise TransferNotFoundError
        if transfer.to_account is None:
            await self._take(caller, transfer, name)
        return await self.finish(caller.tenant_id, transfer_id)

    async def _take(self, caller: Caller, transfer: Transfer, name: str | None) -> None:
        subject = transfer.subject
        transfer.accepting(caller.account_id, holder_name=name, now=self.clock.now())  # raises for one that is over
        await self._must_not_be_frozen(caller.tenant_id, transfer)
        ruling = await self.rule(caller.tenant_id, subject.venue_id, subject.ticket_id)
        if ruling.why_named is not None and name is None:
            raise HolderNameNeededError(ruling.why_named)
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            lineage = await tx.history.lock(subject.lineage_id)
            found = await tx.transfers.locked(transfer.id)
            assert found is not None, "no transfer is ever deleted"
            if found.status in {TransferStatus.ACCEPTING, TransferStatus.ACCEPTED}:
                return  # by another request for the same address, which belongs to one account
            taken = found.accepting(caller.account_id, holder_name=name, now=now)
            await must_be_free(tx, caller.account_id, now=now)
            if await tx.blocks.holding(found.from_account, now=now):  # why is no business of the recipient
                raise TransferRefusedError.of([SENDER_BLOCKED])
            self._must_be_allowed(ruling, found, handed_on_count=lineage.handed_on_count)
            await save_transfer(tx, found, taken, now=now)

    async def _must_not_be_frozen(self, tenant_id: TenantId, transfer: Transfer) -> None:
        facts = await self.admission.pass_facts(tenant_id=tenant_id, pass_id=transfer.subject.pass_id)
        if facts.status == "FROZEN":
            raise RefusedError("admission.pass_frozen", "The pass is frozen for the time being.")

    def _must_be_allowed(self, ruling: Ruling, transfer: Transfer, *, handed_on_count: int) -> None:
        reasons = tuple(
            objections(
                ruling.chain,
                starts_at=transfer.subject.event_starts_at,
                time_zone=transfer.subject.event_time_zone,
                handed_on_count=handed_on_count,
                now=self.clock.now(),
            )
        )
        if reasons:
            raise TransferRefusedError.of(reasons)
