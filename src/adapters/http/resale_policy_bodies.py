"""Resale policies as the API takes and shows them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.money import PriceBody
from core.resale.law.rights import Collision
from core.resale.policies.policy import Channel, ResalePolicy, VerificationKind
from core.resale.policies.policy_rules import BASIS_POINTS, CUTOFF_MAX, TRANSFERS_MAX_MAX
from core.resale.policies.settings import Setting, Target
from core.shared.money import Money
from usecases.resale.policy_of import EffectivePolicy, Layer

Multiplier = Annotated[
    str,
    Meta(
        pattern=r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$",
        description="Of the face value, from 0 to 100, with up to four decimals.",
        examples=["1.05"],
    ),
]
Cutoff = Annotated[
    int, Meta(ge=0, le=int(CUTOFF_MAX.total_seconds()), description="Seconds before the event begins.", examples=[3600])
]
Share = Annotated[
    int, Meta(ge=0, le=BASIS_POINTS, description="Hundredths of a percent of the resale price.", examples=[250])
]
Kind = Literal[
    "identity",
    "trader_traceability",
    "state_licence",
    "sales_tax_registration",
    "last_owner_name",
    "organiser_authorisation",
]


class ResalePolicyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an organiser allows beyond the law, always less; null leaves a member to the wider policy and the law.

    The fees come out of what the seller gets.
    """

    allowed: bool | None = None
    transfer_allowed: bool | None = None
    price_multiplier: Multiplier | None = None
    price_max: PriceBody | None = None
    price_min: PriceBody | None = None
    transfers_max: Annotated[int, Meta(ge=0, le=TRANSFERS_MAX_MAX)] | None = None
    listing_cutoff_sec: Cutoff | None = None
    resale_cutoff_sec: Cutoff | None = None
    transfer_cutoff_sec: Cutoff | None = None
    verifications: tuple[Kind, ...] = ()
    approved_channels: tuple[Literal["fairseat", "return", "elsewhere"], ...] | None = None
    platform_fee_basis_points: Share | None = None
    royalty_basis_points: Share | None = None
    names_holders: bool | None = None

    def policy(self) -> ResalePolicy:
        """Return the policy; raises UnknownCurrencyError."""
        return ResalePolicy(
            allowed=self.allowed,
            transfer_allowed=self.transfer_allowed,
            multiplier_basis_points=_basis_points(self.price_multiplier),
            price_max=self.price_max.money() if self.price_max is not None else None,
            price_min=self.price_min.money() if self.price_min is not None else None,
            transfers_max=self.transfers_max,
            listing_cutoff=_duration(self.listing_cutoff_sec),
            resale_cutoff=_duration(self.resale_cutoff_sec),
            transfer_cutoff=_duration(self.transfer_cutoff_sec),
            verifications=frozenset(VerificationKind(kind) for kind in self.verifications),
            approved_channels=_channels(self.approved_channels),
            platform_fee_basis_points=self.platform_fee_basis_points,
            royalty_basis_points=self.royalty_basis_points,
            names_holders=self.names_holders,
        )

    @classmethod
    def of(cls, policy: ResalePolicy) -> Self:
        """Return what is sent of a policy."""
        channels = policy.approved_channels
        return cls(
            allowed=policy.allowed,
            transfer_allowed=policy.transfer_allowed,
            price_multiplier=_multiplier(policy.multiplier_basis_points),
            price_max=_price(policy.price_max),
            price_min=_price(policy.price_min),
            transfers_max=policy.transfers_max,
            listing_cutoff_sec=_seconds(policy.listing_cutoff),
            resale_cutoff_sec=_seconds(policy.resale_cutoff),
            transfer_cutoff_sec=_seconds(policy.transfer_cutoff),
            verifications=tuple(sorted(kind.value for kind in policy.verifications)),
            approved_channels=tuple(sorted(one.value for one in channels)) if channels is not None else None,
            platform_fee_basis_points=policy.platform_fee_basis_points,
            royalty_basis_points=policy.royalty_basis_points,
            names_holders=policy.names_holders,
        )


class ResalePolicyChangeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One change of a policy, by whom and when; null stands for no policy."""

    version: int
    before: ResalePolicyBody | None
    after: ResalePolicyBody | None
    changed_by: UUID
    changed_at: datetime


class YieldBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member of a policy that does not hold, since a law gives a right that it would take away."""

    member: str
    right: Literal["transfer", "unlimited_transfers", "resale_up_to_cap"]
    rule_id: str
    citation: str
    message: str

    @classmethod
    def of(cls, collision: Collision) -> Self:
        """Return what is sent of a collision."""
        return cls(
            member=collision.pointer.removeprefix("/"),
            right=collision.right.value,
            rule_id=collision.rule.id,
            citation=collision.rule.citation,
            message=collision.message,
        )


class PolicyLayerBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One policy of a chain as it was set, and its members that give way to a law."""

    of: Literal["organisation", "venue", "ticket"]
    version: int
    policy: ResalePolicyBody
    gives_way: tuple[YieldBody, ...]


class EffectivePolicyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The policies that hold for a ticket, the widest first, and what they come to: of each member the tightest."""

    layers: tuple[PolicyLayerBody, ...]
    policy: ResalePolicyBody
    rulebook_version: str

    @classmethod
    def of(cls, effective: EffectivePolicy) -> Self:
        """Return what is sent of a chain."""
        return cls(
            layers=tuple(_layer(layer) for layer in effective.layers),
            policy=ResalePolicyBody.of(effective.policy),
            rulebook_version=effective.rulebook_version,
        )


def change_bodies(changes: list[Setting[ResalePolicy]]) -> tuple[ResalePolicyChangeBody, ...]:
    """Return changes, the newest first, each with what was before it; the oldest of a cut list tells none before."""
    earlier = [*changes, None][1:]
    return tuple(
        ResalePolicyChangeBody(
            version=change.version,
            before=_shown(before.value) if before is not None else None,
            after=_shown(change.value),
            changed_by=change.changed_by,
            changed_at=change.changed_at,
        )
        for change, before in zip(changes, earlier, strict=True)
    )


def _shown(policy: ResalePolicy | None) -> ResalePolicyBody | None:
    return ResalePolicyBody.of(policy) if policy is not None else None


def _layer(layer: Layer) -> PolicyLayerBody:
    return PolicyLayerBody(
        of=_word(layer.setting.target),
        version=layer.setting.version,
        policy=ResalePolicyBody.of(layer.setting.value or ResalePolicy()),
        gives_way=tuple(YieldBody.of(collision) for collision in layer.collisions),
    )


def _word(target: Target) -> Literal["organisation", "venue", "ticket"]:
    if target.ticket_id is not None:
        return "ticket"
    return "venue" if target.venue_id is not None else "organisation"


def _basis_points(multiplier: str | None) -> int | None:
    return int(Decimal(multiplier) * BASIS_POINTS) if multiplier is not None else None


def _multiplier(basis_points: int | None) -> str | None:
    return f"{(Decimal(basis_points) / BASIS_POINTS).normalize():f}" if basis_points is not None else None


def _channels(words: tuple[str, ...] | None) -> frozenset[Channel] | None:
    return frozenset(Channel(word) for word in words) if words is not None else None


def _duration(seconds: int | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds is not None else None


def _seconds(duration: timedelta | None) -> int | None:
    return int(duration.total_seconds()) if duration is not None else None


def _price(money: Money | None) -> PriceBody | None:
    return PriceBody(amount=money.amount_minor, currency=money.currency) if money is not None else None
