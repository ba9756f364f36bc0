"""Which policies take a right away from the holders of passes, and what becomes of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from adapters.rulebook.builtin import built_in_rulebook
from core.resale.errors import PolicyCollidesError
from core.resale.law.declared_facts import DeclaredFacts, KnownFacts, known_of_event
from core.resale.law.facts import EventKind, Fact, VenueKind, Where
from core.resale.law.rights import RightInForce, collisions, giving_way, rights_in_force
from core.resale.law.rule import Base, Confidence, Hook, Operator, Predicate, Right, Rule, RuleKind, RuleStatus
from core.resale.law.rulebook import Rulebook
from core.resale.policies.policy import Channel, ResalePolicy
from core.resale.policies.settings import ORGANISATION, Target
from core.shared.ids import TicketId, VenueId
from core.shared.money import Money
from tests.resale_house import CONNECTICUT, NEW_SOUTH_WALES, World
from tests.resale_neighbours import ERFURT, HARTFORD, SYDNEY, TENANT, TICKET_OF
from tests.resale_rules import a_right

TODAY = date(2026, 11, 22)
NOTHING = KnownFacts()
TRANSFER = a_right("transfer", "US-CT", Right.TRANSFER)
UNLIMITED = a_right("unlimited", "US-CT", Right.UNLIMITED_TRANSFERS)


def members(policy: ResalePolicy, *rules: Rule) -> list[str]:
    return [found.member for found in collisions(policy, [RightInForce(rule=rule) for rule in rules])]


@pytest.mark.parametrize(
    ("policy", "colliding"),
    [
        (ResalePolicy(transfer_allowed=False), ["transfer_allowed"]),
        (ResalePolicy(allowed=False), ["allowed"]),
        (ResalePolicy(approved_channels=frozenset({Channel.RETURN})), ["approved_channels"]),
        (ResalePolicy(approved_channels=frozenset()), ["approved_channels"]),
        (ResalePolicy(transfers_max=0), ["transfers_max"]),
        (ResalePolicy(transfers_max=1, multiplier_basis_points=0, transfer_allowed=True, allowed=True), []),
        (ResalePolicy(approved_channels=frozenset({Channel.FAIRSEAT})), []),
        (ResalePolicy(), []),
    ],
)
def test_the_right_to_transfer_forbids_to_forbid(policy: ResalePolicy, colliding: list[str]) -> None:
    assert members(policy, TRANSFER) == colliding


@pytest.mark.parametrize(("transfers_max", "colliding"), [(None, []), (1_000, ["transfers_max"])])
def test_where_transfers_have_no_limit_none_can_be_set(transfers_max: int | None, colliding: list[str]) -> None:
    assert members(ResalePolicy(transfers_max=transfers_max, transfer_allowed=False), UNLIMITED) == colliding


@pytest.mark.parametrize(
    ("kind", "value", "base", "enough"),
    [
        (RuleKind.FACE_VALUE, None, Base.FACE, 10_000),
        (RuleKind.MULTIPLIER, Decimal("1.1"), Base.FACE, 11_000),
        (RuleKind.FACE_VALUE, None, Base.SUPPLY_COST, 11_000),
        (RuleKind.MULTIPLIER, Decimal("1.1"), Base.SUPPLY_COST, 12_100),
    ],
)
def test_a_multiplier_reaches_the_ceiling_of_the_rule_or_collides(
    kind: RuleKind, value: Decimal | None, base: Base, enough: int
) -> None:
    rule = a_right("cap", "AU-NSW", Right.RESALE_UP_TO_CAP, kind=kind, value=value, base=base)
    assert members(ResalePolicy(multiplier_basis_points=enough), rule) == []
    assert members(ResalePolicy(multiplier_basis_points=enough - 1), rule) == ["multiplier_basis_points"]


@pytest.mark.parametrize(
    ("kind", "value", "base"),
    [
        (RuleKind.FACE_VALUE, None, Base.FACE_PLUS_FEES),
        (RuleKind.MULTIPLIER, Decimal(1), Base.TOTAL_PAID),
        (RuleKind.FIXED_MARKUP, Decimal(2), Base.FACE),
        (RuleKind.NONE, None, None),
    ],
)
def test_no_multiplier_is_sure_to_reach_a_ceiling_with_fees_or_an_amount_in_it(
    kind: RuleKind, value: Decimal | None, base: Base | None
) -> None:
    rule = a_right("cap", "US-ME", Right.RESALE_UP_TO_CAP, kind=kind, value=value, base=base)
    assert members(ResalePolicy(multiplier_basis_points=1_000_000), rule) == ["multiplier_basis_points"]


def test_where_holders_may_resell_up_to_a_cap_no_price_of_the_organisers_stands_below_it() -> None:
    cent = Money(1, "AUD")
    forbidding = ResalePolicy(allowed=False, price_min=cent, price_max=Money(99_999_999, "AUD"))
    assert members(forbidding, NEW_SOUTH_WALES) == ["allowed", "price_min", "price_max"]
    assert (
        members(ResalePolicy(price_min=Money(0, "AUD"), transfers_max=1, transfer_allowed=False), NEW_SOUTH_WALES) == []
    )


def test_a_collision_names_right_rule_citation_and_what_nobody_declared() -> None:
    right = RightInForce(rule=TRANSFER, assumed=(Fact.EVENT_KIND,))
    (found,) = collisions(ResalePolicy(transfer_allowed=False), [right])
    assert (found.pointer, found.right, found.rule) == ("/transferAllowed", Right.TRANSFER, TRANSFER)
    for part in ("US-CT Code 1-2", "rule transfer of US-CT", "event_kind"):
        assert part in found.message


def test_a_policy_that_gives_way_keeps_what_collides_with_nothing() -> None:
    policy = ResalePolicy(transfer_allowed=False, transfers_max=3, multiplier_basis_points=12_000, allowed=True)
    found = collisions(policy, [RightInForce(rule=CONNECTICUT)])
    given = giving_way(policy, found)
    assert given == ResalePolicy(multiplier_basis_points=12_000, allowed=True)
    assert collisions(given, [RightInForce(rule=CONNECTICUT)]) == ()
    assert giving_way(policy, ()) == policy


@pytest.mark.parametrize(
    ("changed", "in_force"),
    [
        ({}, True),
        ({"status": RuleStatus.PROPOSED}, False),
        ({"confidence": Confidence.LOW}, False),
        ({"hook": Hook.BUYER}, False),
        ({"rights": frozenset[Right]()}, False),
        ({"effective_from": TODAY}, True),
        ({"effective_from": date(2026, 11, 23)}, False),
        ({"effective_to": date(2026, 11, 23)}, True),
        ({"effective_to": TODAY}, False),
        ({"place": "US"}, True),
        ({"place": "US-NY"}, False),
    ],
)
def test_only_rules_that_bind_at_the_place_on_the_day_give_rights(changed: dict[str, object], in_force: bool) -> None:
    rule = a_right("a", "US-CT", Right.TRANSFER)
    book = Rulebook.of("1", [replace(rule, **changed)])  # type: ignore[arg-type]  # members are named above
    found = rights_in_force(book, place=Where(country="US", subdivision="US-CT"), known=NOTHING, on=TODAY)
    assert bool(found) is in_force


@pytest.mark.parametrize(
    ("known", "assumed"),
    [({}, (Fact.CHARITY,)), ({Fact.CHARITY: False}, ()), ({Fact.CHARITY: True}, None)],
)
def test_a_fact_that_nobody_declared_brings_a_rule_in(
    known: dict[Fact, bool], assumed: tuple[Fact, ...] | None
) -> None:
    scope = ((Predicate(Fact.CHARITY, Operator.IS, (False,)),),)
    book = Rulebook.of("1", [a_right("ie", "IE", Right.TRANSFER, scope=scope)])
    found = rights_in_force(book, place=Where(country="IE"), known=KnownFacts(dict(known)), on=TODAY)
    assert [one.assumed for one in found] == ([] if assumed is None else [assumed])


def test_the_law_of_connecticut_and_new_south_wales_gives_rights() -> None:
    book = built_in_rulebook()
    concert = KnownFacts({Fact.EVENT_KIND: EventKind.CONCERT.value, Fact.TICKET_RESTRICTED: True})
    connecticut = rights_in_force(book, place=Where(country="US", subdivision="US-CT"), known=concert, on=TODAY)
    forbidding = ResalePolicy(transfer_allowed=False, transfers_max=2)
    assert {found.rule.citation for found in collisions(forbidding, connecticut)} == {"C.G.S. 53-289d (P.A. 17-28)"}
    sydney = rights_in_force(book, place=Where(country="AU", subdivision="AU-NSW"), known=concert, on=TODAY)
    assert collisions(ResalePolicy(multiplier_basis_points=10_999), sydney) != ()
    assert collisions(ResalePolicy(multiplier_basis_points=11_000), sydney) == ()
    texas = rights_in_force(book, place=Where(country="US", subdivision="US-TX"), known=concert, on=TODAY)
    assert collisions(forbidding, texas) == ()


def test_what_is_declared_of_a_ticket_counts_before_its_venue_and_both_before_the_catalogue() -> None:
    venue = DeclaredFacts(event_kind=EventKind.SPORT, venue_kind=VenueKind.AMATEUR_SPORT, charity=True)
    ticket = DeclaredFacts(charity=False, ticket_restricted=True)
    assert known_of_event(venue_capacity=900, event_kind="concert", venue=venue, ticket=ticket) == {
        Fact.VENUE_CAPACITY: 900,
        Fact.EVENT_KIND: "sport",
        Fact.VENUE_KIND: "amateur_sport",
        Fact.CHARITY: False,
        Fact.TICKET_RESTRICTED: True,
    }
    assert known_of_event(venue_capacity=1, event_kind="comedy", venue=None, ticket=None)[Fact.EVENT_KIND] == "comedy"
    assert Fact.EVENT_KIND not in known_of_event(venue_capacity=1, event_kind="a gala", venue=None, ticket=None)


async def test_a_declared_fact_takes_a_rule_out_and_lets_a_policy_in() -> None:
    scope = ((Predicate(Fact.TICKET_RESTRICTED, Operator.IS, (True,)),),)
    world = World(None, replace(NEW_SOUTH_WALES, scope=scope))
    target = Target(ticket_id=TicketId(TICKET_OF[SYDNEY]))
    policy = ResalePolicy(allowed=False)
    with pytest.raises(PolicyCollidesError, match="ticket_restricted"):
        await world.policies.change(target, policy, expected_version=0, caller=world.staff())
    await world.facts.declare(target, DeclaredFacts(ticket_restricted=False), expected_version=0, caller=world.staff())
    await world.policies.change(target, policy, expected_version=0, caller=world.staff())
    assert await world.policy_of(TENANT, VenueId(SYDNEY), TicketId(TICKET_OF[SYDNEY])) == (policy,)
    # Declared otherwise afterwards, the policy gives way.
    await world.facts.declare(target, DeclaredFacts(ticket_restricted=True), expected_version=1, caller=world.staff())
    assert await world.policy_of(TENANT, VenueId(SYDNEY), TicketId(TICKET_OF[SYDNEY])) == (ResalePolicy(),)


async def test_an_organisations_policy_is_held_against_the_rules_of_all_its_venues() -> None:
    world = World()
    with pytest.raises(PolicyCollidesError, match="US-CT"):
        await world.policies.change(
            ORGANISATION, ResalePolicy(transfers_max=2), expected_version=0, caller=world.staff()
        )
    del world.venues.places[HARTFORD]
    await world.policies.change(ORGANISATION, ResalePolicy(transfers_max=2), expected_version=0, caller=world.staff())
    chain = await world.policy_of(TENANT, VenueId(ERFURT), TicketId(TICKET_OF[ERFURT]))
    assert chain == (ResalePolicy(transfers_max=2),)
    assert [event.type for event in world.messages.events] == ["resale.policy.changed"]
