"""The parameters and results of `re-pricing`, as they are sent and stored."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from core.seating.price_tiers import PriceChange, PriceTier
from core.seating.pricing import CHANGES_PER_TIER_MAX, TIER_NAME_LENGTH_MAX, TIERS_MAX
from core.seating.repricing import NewPrice
from core.shared.errors import Problem
from core.shared.money import PRICE_MAX_MINOR, Money
from core.shared.time import utc
from ports.decoding import problem_in
from ports.published.operations import ParamsRefusedError, Values

PLANS_MAX = 200


class _Struct(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Plain JSON."""


class Price(_Struct, frozen=True):
    """Minor units of an ISO 4217 currency."""

    amount: Annotated[int, Meta(ge=0, le=PRICE_MAX_MINOR)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]

    def money(self) -> Money:
        """Return the price; raises UnknownCurrencyError."""
        return Money(self.amount, self.currency)


class Change(_Struct, frozen=True):
    """A price from a time on."""

    at: Annotated[datetime, Meta(tz=True)]
    price: Price


class TierParams(_Struct, frozen=True):
    """What the tier of this name is to cost, and how that changes by itself."""

    tier: Annotated[str, Meta(min_length=1, max_length=TIER_NAME_LENGTH_MAX)]
    price: Price
    changes: Annotated[tuple[Change, ...], Meta(max_length=CHANGES_PER_TIER_MAX)] = ()

    def new_price(self) -> NewPrice:
        """Return it as the core knows it; raises UnknownCurrencyError."""
        changes = tuple(PriceChange(utc(change.at), change.price.money()) for change in self.changes)
        return NewPrice(self.tier, self.price.money(), changes)

    @classmethod
    def of(cls, tier: PriceTier) -> Self:
        """Return what a tier costs."""
        changes = tuple(Change(change.at, _price(change.price)) for change in tier.changes)
        return cls(tier.name, _price(tier.price), changes)

    @classmethod
    def wanted(cls, new: NewPrice) -> Self:
        """Return what a tier is to cost."""
        changes = tuple(Change(change.at, _price(change.price)) for change in new.changes)
        return cls(new.tier, _price(new.price), changes)


class RePricingParams(_Struct, frozen=True):
    """Plans of the venue, and the new prices of tiers that each of them has."""

    plan_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=PLANS_MAX)]
    changes: Annotated[tuple[TierParams, ...], Meta(min_length=1, max_length=TIERS_MAX)]

    def new_prices(self) -> tuple[NewPrice, ...]:
        """Return the new prices as the core knows them."""
        return tuple(change.new_price() for change in self.changes)


class TierPrice(_Struct, frozen=True):
    """What a tier of a plan cost before, and is to cost."""

    before: TierParams
    after: TierParams

    @classmethod
    def of(cls, tier: PriceTier, new: NewPrice) -> Self:
        """Return both prices of a tier."""
        return cls(TierParams.of(tier), TierParams.wanted(new))


class CheckedPlan(_Struct, frozen=True):
    """A plan that can be re-priced, and how many of its seats will cost something else by that."""

    plan_id: UUID
    name: str
    seats_with_new_price: int
    tiers: tuple[TierPrice, ...]


class Checked(_Struct, frozen=True):
    """The result of the first step, by which the second is undone; and the preview."""

    plans: tuple[CheckedPlan, ...]


def params_of(params: Values) -> Values:
    """Return parameters as they are stored; raises ParamsRefusedError and UnknownCurrencyError."""
    try:
        wanted = msgspec.convert(params, RePricingParams)
        wanted.new_prices()
    except msgspec.ValidationError as error:
        raise ParamsRefusedError(str(error), [problem_in(error, inside="/params")]) from None
    except OverflowError:
        message = "A time lies outside the years 1 to 9999 in UTC."
        raise ParamsRefusedError(message, [Problem("/params/changes", message)]) from None
    if len(set(wanted.plan_ids)) != len(wanted.plan_ids):
        message = "A plan is named once."
        raise ParamsRefusedError(message, [Problem("/params/planIds", message)])
    return plain(wanted)


def plain(value: RePricingParams | Checked) -> Values:
    """Return a value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value), type=dict[str, object])


def _price(money: Money) -> Price:
    return Price(money.amount_minor, money.currency)
