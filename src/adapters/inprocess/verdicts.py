"""VerdictsApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.resale.receipts.kept_verdict import KeptVerdict
from core.resale.receipts.receipt import PassSubject
from core.shared.ids import PassId, TenantId
from ports.published.resale_verdicts import VerdictRecord, VerdictsApi
from usecases.resale.verdicts_of_passes import VerdictsOfPasses


class InProcessVerdicts(VerdictsApi):
    """Calls the use case of resale."""

    def __init__(self, verdicts: VerdictsOfPasses) -> None:
        self._verdicts = verdicts

    @override
    async def verdicts_of_passes(self, *, tenant_id: UUID, pass_ids: tuple[UUID, ...]) -> tuple[VerdictRecord, ...]:
        async with refusals_translated():
            found = await self._verdicts(TenantId(tenant_id), [PassId(pass_id) for pass_id in pass_ids])
        return tuple(_record(kept) for kept in found)


def _record(kept: KeptVerdict) -> VerdictRecord:
    receipt = kept.receipt.receipt
    assert isinstance(receipt.subject, PassSubject), "it was found by its pass"
    return VerdictRecord(
        verdict_id=receipt.id,
        pass_id=receipt.subject.pass_id,
        decided_at=receipt.issued_at,
        price_minor=receipt.price.amount_minor,
        currency=receipt.price.currency,
        allowed=receipt.allowed,
        price_max_minor=receipt.price_max.amount_minor if receipt.price_max is not None else None,
        reasons=receipt.reason_codes,
        rulebook_version=receipt.rulebook_version,
    )
