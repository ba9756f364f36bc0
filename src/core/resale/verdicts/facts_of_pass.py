"""The facts of a pass that Fairseat issued, from what is known of it, its venue and its seller."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.resale.law.facts import Act, Fact, FactValue, PriceComponents, ResaleFacts, Where
from core.resale.policies.policy import Channel, PolicyChain, VerificationKind
from core.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSale:
    """What one pass cost at its first sale; None where it is not known. `discount` came off the face value.

    `paid_by_seller` is what the present holder paid, or whoever gave it to them.
    """

    at: datetime
    face: Money
    discount: Money | None = None
    mandatory_fees: Money | None = None
    optional: Money | None = None
    tax: Money | None = None
    fee_printed: bool | None = None
    paid_by_seller: Money | None = None

    def components(self) -> PriceComponents:
        """Return the bases of ceilings. What a voucher took off was never paid, so no ceiling is reckoned from it."""
        return PriceComponents(
            face=self.face - self.discount if self.discount is not None else self.face,
            mandatory_fees=self.mandatory_fees,
            optional=self.optional,
            tax=self.tax,
            fee_printed=self.fee_printed,
            paid_by_seller=self.paid_by_seller,
        )


def facts_of_pass(
    *,
    act: Act,
    price: Money,
    place: Where,
    starts_at: datetime,
    time_zone: str,
    first_sale: FirstSale,
    transfer_count: int,
    known_of_event: Mapping[Fact, FactValue],
    complimentary: bool | None,
    policy: PolicyChain,
    verifications: frozenset[VerificationKind],
    buyer_place: Where | None,
    seller_place: Where | None = None,
    seller_trader: bool | None = None,
    channel: Channel = Channel.FAIRSEAT,
) -> ResaleFacts:
    """Return the facts of a resale on Fairseat's own market, whose buyer pays the price and nothing on top of it.

    The organiser authorised this market where one of its policies allows resale in so many words, or names the market;
    its silence is no consent. A return is sold by the organiser itself.
    What is verified of the seller is known, what is not is left open; `seller_trader` is the
    seller's own word, and evidence that they are a trader goes before it. This market guarantees a refund: the money
    waits in escrow until the buyer has a pass, and goes back by itself when none can be issued.
    """
    known = {**known_of_event, Fact.CHANNEL_ONLINE: True, Fact.CHANNEL_REFUND_GUARANTEE: True}
    if seller_trader is not None:
        known[Fact.SELLER_TRADER] = seller_trader
    if complimentary is not None:
        known[Fact.COMPLIMENTARY] = complimentary
    known |= {fact: True for kind, fact in _SAID_BY.items() if kind in verifications}
    if channel is Channel.RETURN or any(each.allowed or channel in (each.approved_channels or ()) for each in policy):
        known[Fact.CHANNEL_AUTHORISED] = True
    nothing = Money.zero(price.currency)
    return ResaleFacts(
        event_place=place,
        event_starts_at=starts_at,
        event_time_zone=time_zone,
        price=price,
        components=first_sale.components(),
        act=act,
        transfer_count=transfer_count,
        first_sold_on=first_sale.at.astimezone(ZoneInfo(time_zone)).date(),
        known=known,
        channel=channel,
        verifications=verifications,
        buyer_place=buyer_place,
        seller_place=seller_place,
        buyer_fees=nothing,
        buyer_tax=nothing,
    )


_SAID_BY = {
    VerificationKind.STATE_LICENCE: Fact.SELLER_LICENSED,
    VerificationKind.SALES_TAX_REGISTRATION: Fact.SELLER_TAX_REGISTERED,
    VerificationKind.TRADER_TRACEABILITY: Fact.SELLER_TRADER,
}
