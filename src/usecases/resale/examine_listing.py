"""Ask again whether a listed pass may be sold: by the law, the organiser, and whoever keeps passes."""

from dataclasses import dataclass

from core.resale.law.rule import AppliesAt
from core.resale.market.listed import Cause, Suspension
from core.resale.market.listing import Listing
from core.resale.market.sellable import refusal_of
from core.resale.verdicts.verdict import Reason
from core.shared.errors import DomainError
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from usecases.resale.judging import Judge

_FROZEN = "The pass is frozen: {reason}."
_GONE = "The pass is not the seller's to sell any more."


@dataclass(frozen=True, slots=True)
class Finding:
    """What speaks against a sale: `objection` for the time being, `gone` for good; neither for a lawful one.

    `reasons` are those of a verdict that denies, and `refusal` is what a buyer is told.
    """

    objection: Suspension | None = None
    gone: str | None = None
    reasons: tuple[Reason, ...] = ()
    refusal: DomainError | None = None

    @property
    def is_fine(self) -> bool:
        return self.objection is None and self.gone is None


@dataclass(frozen=True, slots=True)
class ExamineListing:
    """Part of the use cases that let a sale go on. Nothing is changed, except that the verdict is kept."""

    admission: AdmissionApi
    judge: Judge
    clock: Clock

    async def __call__(self, tenant_id: TenantId, listing: Listing) -> Finding:
        """Return what was found; never inside a transaction. Raises LinkUnavailableError."""
        try:
            facts = await self.admission.pass_facts(tenant_id=tenant_id, pass_id=listing.subject.pass_id)
        except RefusedError:
            return Finding(gone=_GONE)
        if facts.status == "VOID" or facts.account_id != listing.seller_id or facts.offer_id != listing.id:
            return Finding(gone=_GONE)
        if facts.status == "FROZEN":
            told = _FROZEN.format(reason=facts.freeze_reason or "it is disputed")
            return Finding(objection=Suspension(Cause.PASS_STOPPED, told))
        judged = await self.judge(
            tenant_id,
            pass_facts=facts,
            price=listing.price,
            seller=listing.seller_id,
            buyer_place=None,
            moment=AppliesAt.RESALE,
            now=self.clock.now(),
            seller_trader=listing.terms.seller_trader,
            channel=listing.kind.channel,
        )
        refusal = refusal_of(judged.verdict, kind=listing.kind)
        if refusal is None:
            return Finding()
        objection = Suspension(Cause.UNLAWFUL, refusal.message)
        return Finding(objection=objection, reasons=judged.verdict.reasons, refusal=refusal)
