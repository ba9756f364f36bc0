"""How the history of a pass begins: with its purchase, which is written when the pass is first offered."""

from core.resale.law.facts import PriceComponents, Where
from core.resale.transfers.history import HistoryEntry, HistoryKind, Lineage
from core.shared.ids import AccountId, PassId, TicketId
from core.shared.money import Money
from ports.published.admission import PassFacts
from ports.resale.history import HistoryStore


def purchase_of(facts: PassFacts, *, place: Where) -> HistoryEntry:
    """Return the purchase of a pass that never changed hands; `place` is where its event is."""

    def money(amount_minor: int | None) -> Money | None:
        return Money(amount_minor, facts.currency) if amount_minor is not None else None

    return HistoryEntry(
        lineage_id=PassId(facts.lineage_id),
        kind=HistoryKind.PURCHASE,
        at=facts.first_sold_at,
        ticket_id=TicketId(facts.ticket_id),
        pass_id=PassId(facts.lineage_id),
        to_account=AccountId(facts.account_id),
        price=money(facts.paid_minor),
        components=PriceComponents(
            face=money(facts.face_minor),
            mandatory_fees=money(facts.mandatory_fees_minor),
            optional=money(facts.optional_minor),
            tax=money(facts.tax_minor),
            fee_printed=facts.fee_printed,
            paid_by_seller=money(facts.paid_minor),
        ),
        place=place,
    )


async def begun(history: HistoryStore, purchase: HistoryEntry) -> Lineage:
    """Lock a lineage and return where it ends, after writing how its first pass was bought, unless that stands there.

    Whoever offers a pass, or hands one on, does this first and in the same transaction.
    """
    lineage = await history.lock(purchase.lineage_id)
    return lineage if lineage.entries_count else lineage.after(await history.append(purchase))
