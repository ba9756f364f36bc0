"""Value added tax, included in the prices or on top of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.orders.content import OrderContent, Tax
from core.orders.fees import BASIS_POINTS
from core.shared.ids import VenueId
from core.shared.money import Money


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax of what happens in one country (ISO 3166-1 alpha-2), or, without a country, in any that has no own rate.

    `rate_basis_points` is in hundredths of a percent; 0 is a rate too, and is shown. `included` says whether prices and
    fees have the tax in them already.
    """

    code: str
    name: str
    rate_basis_points: int
    included: bool
    country: str | None = None


def rate_at(country: str | None, rates: Sequence[TaxRate]) -> TaxRate | None:
    """Return the rate of the country, else the one for all others, else None: nothing is taxed there."""
    by_country = {rate.country: rate for rate in rates}
    return by_country.get(country, by_country.get(None))


def taxes_on(
    content: OrderContent, *, rates: Sequence[TaxRate], countries: Mapping[VenueId, str | None]
) -> tuple[Tax, ...]:
    """Return the taxes of an order on its items less the discounts, and on the fees that are passed on.

    `countries` has the country of each venue of the order. Where the venues are taxed at different rates, what is taxed
    is split among the rates as the items' prices are (`Money.apportioned`), so that nothing of it is lost or taxed
    twice. Each tax is rounded once for the whole order, exact halves of a minor unit up: one on top is
    base x rate / 10000, an included one base x rate / (10000 + rate). Nothing is taxed of an order that costs nothing.
    """
    base = content.discounted + content.fees_passed_on
    if base.amount_minor == 0:
        return ()
    weights: dict[TaxRate | None, int] = {}
    venues = {ticket.ticket_id: ticket.event.venue_id for ticket in content.tickets}
    for item in content.items:
        rate = rate_at(countries[venues[item.ticket_id]], rates)
        tax = rate and replace(rate, country=None)
        weights[tax] = weights.get(tax, 0) + item.unit_price.amount_minor * item.quantity
    parts = zip(weights, base.apportioned(tuple(weights.values())), strict=True)
    return tuple(_tax(rate, part) for rate, part in parts if rate is not None and part.amount_minor > 0)


def _tax(rate: TaxRate, base: Money) -> Tax:
    whole = BASIS_POINTS + rate.rate_basis_points if rate.included else BASIS_POINTS
    amount = base.share(rate.rate_basis_points, of=whole)
    return Tax(rate.code, rate.name, rate.rate_basis_points, amount, rate.included)
