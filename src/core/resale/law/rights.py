"""What no organiser may take from the holder of a pass, and the policies that try."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.resale.law.facts import Fact, Where
from core.resale.law.rule import Base, Hook, Right, Rule, RuleKind
from core.resale.law.rulebook import Rulebook
from core.resale.law.scopes import Known, assumptions
from core.resale.policies.policy import Channel, ResalePolicy
from core.resale.policies.policy_rules import BASIS_POINTS
from core.shared.places import places_around

_SELLING = frozenset({Channel.FAIRSEAT, Channel.ELSEWHERE})
_COSTS_AT_MOST = Decimal("1.1")
"""The supply cost is at most this many times the face value: costs count to a tenth of the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightInForce:
    """A rule that gives rights at a place. `assumed` are facts that nobody gave: it may not apply."""

    rule: Rule
    assumed: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """A member of a policy that takes a right away, and the rule that gives it.

    `member` is the policy's own name of it, and `pointer` leads to it in a request.
    """

    member: str
    pointer: str
    right: Right
    rule: Rule
    assumed: tuple[Fact, ...]
    message: str


def rights_in_force(rulebook: Rulebook, *, place: Where, known: Known, on: date) -> tuple[RightInForce, ...]:
    """Return the rules of an event's place that bind on the day and give rights; a fact that is missing brings one in.

    Only rules that the place of the event brings in give rights to holders. Whether a rule counts from the first sale
    or from the resale on makes no difference here: the policy holds for sales from now on.
    """
    found: list[RightInForce] = []
    for rule in rulebook.of_places(places_around(place.country, place.subdivision)):
        if rule.rights and rule.binds and rule.hook is Hook.EVENT and rule.is_effective_on(on):
            assumed = assumptions(rule.scope, known)
            if assumed is not None:
                found.append(RightInForce(rule=rule, assumed=assumed))
    return tuple(found)


def collisions(policy: ResalePolicy, rights: Iterable[RightInForce]) -> tuple[Collision, ...]:
    """Return every member that takes a right away, in the order of the rights; none for a policy that may be set.

    The right to transfer: neither transfers nor resale can be forbidden, nor limited to none, nor kept to a return. No
    limit of transfers: none at all. Resale up to the cap: no forbidding of resale, no lowest price, no fixed highest
    one (for a pass that cost more it is below the cap), and no multiplier of the face value that can be below the
    rule's own ceiling. Where that ceiling has fees or an amount in it, no multiplier is sure to reach it, but for the
    supply cost, in which costs count to a tenth.
    """
    return tuple(
        Collision(
            member=member,
            pointer=_POINTERS[member],
            right=right,
            rule=one.rule,
            assumed=one.assumed,
            message=_message(one, why),
        )
        for one in rights
        for right in sorted(one.rule.rights)
        for member, why in _FINDERS[right](policy, one.rule)
    )


def giving_way(policy: ResalePolicy, found: Iterable[Collision]) -> ResalePolicy:
    """Return the policy without the members that collide, which so are left to the wider policy and the law."""
    taken: dict[str, Any] = {one.member: None for one in found}
    return replace(policy, **taken)


def _of_transfer(policy: ResalePolicy, _: Rule) -> Iterator[tuple[str, str]]:
    if policy.transfer_allowed is False:
        yield "transfer_allowed", "holders may pass their tickets on"
    yield from _no_resale(policy)
    if policy.transfers_max == 0:
        yield "transfers_max", "holders may pass their tickets on"


def _of_unlimited_transfers(policy: ResalePolicy, _: Rule) -> Iterator[tuple[str, str]]:
    if policy.transfers_max is not None:
        yield "transfers_max", "tickets may be passed on as often as their holders like"


def _of_resale_up_to_cap(policy: ResalePolicy, rule: Rule) -> Iterator[tuple[str, str]]:
    yield from _no_resale(policy)
    if policy.price_min is not None and policy.price_min.amount_minor > 0:
        yield "price_min", "holders may resell at any price that the law allows"
    if policy.price_max is not None:
        yield "price_max", "holders of dearer tickets may ask more than any fixed amount"
    multiplier, needed = policy.multiplier_basis_points, _multiplier_needed(rule)
    if multiplier is not None and (needed is None or multiplier < needed * BASIS_POINTS):
        least = "no multiple of the face value is sure to reach that" if needed is None else f"that is {needed:f} times"
        yield "multiplier_basis_points", f"holders may ask as much as the law allows, and {least}"


def _no_resale(policy: ResalePolicy) -> Iterator[tuple[str, str]]:
    if policy.allowed is False:
        yield "allowed", "holders may resell their tickets"
    if policy.approved_channels is not None and not policy.approved_channels & _SELLING:
        yield "approved_channels", "holders may resell their tickets to others"


def _multiplier_needed(rule: Rule) -> Decimal | None:
    """Return the multiple of the face value that no ceiling of the rule is above; None where there is none."""
    if rule.kind is RuleKind.MULTIPLIER and rule.value is not None:
        factor = rule.value
    elif rule.kind is RuleKind.FACE_VALUE:
        factor = Decimal(1)
    else:
        return None
    if rule.base is Base.FACE:
        return factor
    return factor * _COSTS_AT_MOST if rule.base is Base.SUPPLY_COST else None


def _message(one: RightInForce, why: str) -> str:
    unless = f" (unless it is not so: {', '.join(one.assumed)})" if one.assumed else ""
    return f"{why}: {one.rule.name}, {one.rule.citation}, rule {one.rule.id} of {one.rule.place}{unless}"


_FINDERS = {
    Right.TRANSFER: _of_transfer,
    Right.UNLIMITED_TRANSFERS: _of_unlimited_transfers,
    Right.RESALE_UP_TO_CAP: _of_resale_up_to_cap,
}
_POINTERS = {
    "allowed": "/allowed",
    "transfer_allowed": "/transferAllowed",
    "multiplier_basis_points": "/priceMultiplier",
    "price_max": "/priceMax",
    "price_min": "/priceMin",
    "transfers_max": "/transfersMax",
    "approved_channels": "/approvedChannels",
}
