"""Facts about a venue or a ticket that nobody but its organiser knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from core.resale.law.facts import EventKind, Fact, FactValue, VenueKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFacts:
    """What staff declare; None for what they do not say, which then is as the wider setting says, or not known.

    Each member is the fact of the same name.
    """

    event_kind: EventKind | None = None
    venue_independent: bool | None = None
    venue_kind: VenueKind | None = None
    venue_designated: bool | None = None
    event_declared: bool | None = None
    ticket_restricted: bool | None = None
    ticket_nominative: bool | None = None
    charity: bool | None = None
    organiser_prohibition_filed: bool | None = None

    def known(self) -> dict[Fact, FactValue]:
        """Return what is declared, as rules ask for it."""
        said = {Fact(member.name): getattr(self, member.name) for member in fields(self)}
        return {fact: value for fact, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What is known of an event before anything of it is resold."""

    facts: Mapping[Fact, FactValue] = field(default_factory=dict[Fact, FactValue])

    def value_of(self, fact: Fact) -> FactValue | None:
        """Return what is known of a fact; None for nothing."""
        return self.facts.get(fact)


def known_of_event(
    *, venue_capacity: int, event_kind: str | None, venue: DeclaredFacts | None, ticket: DeclaredFacts | None
) -> dict[Fact, FactValue]:
    """Return all that is known of an event: what is declared for its ticket before what is declared for its venue.

    The kind that the catalogue has counts where nobody declares one and it is a word of `EventKind`.
    """
    known: dict[Fact, FactValue] = {Fact.VENUE_CAPACITY: venue_capacity}
    if event_kind is not None and event_kind in set(EventKind):
        known[Fact.EVENT_KIND] = event_kind
    for declared in (venue, ticket):
        known |= declared.known() if declared is not None else {}
    return known
