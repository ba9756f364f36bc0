"""Let listed passes change hands: the seller's ends, and the buyer's of the new order is issued in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.admission.errors import PassNotFoundError
from core.admission.offers import Reissue, SaleOn
from core.admission.passes import Pass
from core.shared.errors import DomainError
from core.shared.ids import AccountId, ListingId, OrderId, OrderItemId, PassId
from core.shared.money import Money
from ports.admission import AdmissionTransaction
from ports.ids import IdSource
from ports.published.admission import ORDER_OVER, PassNotReissued, PassReissued
from ports.published.orders import OrderCompleted, OrderedResale


@dataclass(frozen=True, slots=True)
class ReissuePasses:
    """Part of IssuePasses, in its transaction. Once for each order item, however often the sale is told.

    The seller's pass must be valid and tied to that very listing; otherwise nothing changes, and it is told that the
    money is to go back. Nor does anything change for an order whose money went back before its sale was heard of: there
    would be nothing to pay the seller with, so that the pass stays theirs, and on the market. Orders free the place
    only once they have heard that the pass was sold on, so nobody else has it.
    """

    ids: IdSource

    async def __call__(
        self, tx: AdmissionTransaction, event: OrderCompleted, *, order_over: bool, at: datetime
    ) -> Sequence[PassId]:
        """Return the passes that were issued now."""
        returned = await tx.passes.returned(OrderId(event.order_id))
        issued: list[PassId] = []
        for sold in sorted(event.resold, key=lambda each: each.pass_id):  # the order in which passes are locked
            item_id = OrderItemId(sold.order_item_id)
            if await tx.handovers.reissue(item_id) is not None:
                continue
            old = await tx.passes.lock(PassId(sold.pass_id))
            try:
                ended, bought = self._sold_on(old, sold, event, at=at)
            except DomainError as refusal:
                await self._refused(tx, event, sold, refusal=refusal.code, at=at)
                continue
            if order_over or (item_id, bought.unit) in returned:
                await self._refused(tx, event, sold, refusal=ORDER_OVER, at=at)
                continue
            await tx.passes.save(ended)
            await tx.passes.add_missing([bought])
            await self._told(tx, event, sold, ended, bought, at=at)
            issued.append(bought.id)
        return issued

    def _sold_on(
        self, old: Pass | None, sold: OrderedResale, event: OrderCompleted, *, at: datetime
    ) -> tuple[Pass, Pass]:
        if old is None:
            raise PassNotFoundError
        sale = SaleOn(
            pass_id=PassId(self.ids.new()),
            listing_id=ListingId(sold.listing_id),
            order_id=OrderId(event.order_id),
            order_item_id=OrderItemId(sold.order_item_id),
            account_id=AccountId(event.account_id),
            price=Money(sold.price_minor, event.currency),
        )
        return old.sold_on(sale, at=at)

    async def _told(
        self,
        tx: AdmissionTransaction,
        event: OrderCompleted,
        sold: OrderedResale,
        ended: Pass,
        bought: Pass,
        *,
        at: datetime,
    ) -> None:
        await tx.handovers.add_reissue(_reissue(sold, pass_id=bought.id, refusal=None, at=at))
        told = PassReissued(
            old_pass_id=ended.id,
            pass_id=bought.id,
            listing_id=sold.listing_id,
            order_id=event.order_id,
            order_item_id=sold.order_item_id,
            from_account_id=ended.account_id,
            to_account_id=bought.account_id,
            price_minor=sold.price_minor,
            currency=event.currency,
        )
        await tx.outbox.add(told, subject=bought.id, at=at)

    async def _refused(
        self, tx: AdmissionTransaction, event: OrderCompleted, sold: OrderedResale, *, refusal: str, at: datetime
    ) -> None:
        await tx.handovers.add_reissue(_reissue(sold, pass_id=None, refusal=refusal, at=at))
        told = PassNotReissued(
            listing_id=sold.listing_id,
            old_pass_id=sold.pass_id,
            order_id=event.order_id,
            order_item_id=sold.order_item_id,
            reason=refusal,
        )
        await tx.outbox.add(told, subject=sold.pass_id, at=at)


def _reissue(sold: OrderedResale, *, pass_id: PassId | None, refusal: str | None, at: datetime) -> Reissue:
    return Reissue(
        order_item_id=OrderItemId(sold.order_item_id),
        listing_id=ListingId(sold.listing_id),
        old_pass_id=PassId(sold.pass_id),
        pass_id=pass_id,
        refusal=refusal,
        at=at,
    )
