"""What staff declare about venues and tickets, since rules on resale ask for it."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody
from adapters.http.resale_targets import provide_ticket, provide_venue
from core.resale.law.declared_facts import DeclaredFacts
from core.resale.law.facts import EventKind, VenueKind
from core.resale.policies.settings import Setting, Target
from core.shared.callers import Caller
from usecases.resale.declare_facts import DeclareFacts

Event = Literal["concert", "sport", "theatre", "comedy", "festival", "exhibition", "conference", "cinema", "other"]
Venue = Literal["nonprofit_fair", "collegiate_sport", "amateur_sport", "major_sports_facility", "theme_park", "other"]


class ResaleFactsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Facts that rules ask for; null is not known, and counts as bringing a rule in."""

    event_kind: Event | None = None
    venue_independent: bool | None = None
    venue_kind: Venue | None = None
    venue_designated: bool | None = None
    event_declared: bool | None = None
    ticket_restricted: bool | None = None
    ticket_nominative: bool | None = None
    charity: bool | None = None
    organiser_prohibition_filed: bool | None = None

    def facts(self) -> DeclaredFacts:
        """Return what is declared."""
        return DeclaredFacts(
            event_kind=EventKind(self.event_kind) if self.event_kind is not None else None,
            venue_independent=self.venue_independent,
            venue_kind=VenueKind(self.venue_kind) if self.venue_kind is not None else None,
            venue_designated=self.venue_designated,
            event_declared=self.event_declared,
            ticket_restricted=self.ticket_restricted,
            ticket_nominative=self.ticket_nominative,
            charity=self.charity,
            organiser_prohibition_filed=self.organiser_prohibition_filed,
        )

    @classmethod
    def of(cls, facts: DeclaredFacts) -> Self:
        """Return what is sent of declared facts."""
        return cls(
            event_kind=facts.event_kind.value if facts.event_kind is not None else None,
            venue_independent=facts.venue_independent,
            venue_kind=facts.venue_kind.value if facts.venue_kind is not None else None,
            venue_designated=facts.venue_designated,
            event_declared=facts.event_declared,
            ticket_restricted=facts.ticket_restricted,
            ticket_nominative=facts.ticket_nominative,
            charity=facts.charity,
            organiser_prohibition_filed=facts.organiser_prohibition_filed,
        )


class ResaleFactsChangeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One declaration, by whom and when, and the one before it."""

    version: int
    before: ResaleFactsBody | None
    after: ResaleFactsBody | None
    changed_by: UUID
    changed_at: datetime


class _ResaleFacts(Controller):
    """Facts of whatever the path names."""

    tags = ("Resale",)

    @get(summary="Read declared facts")
    @inject
    async def read(
        self, target: NamedDependency[Target], caller: NamedDependency[Caller], usecase: FromDishka[DeclareFacts]
    ) -> Response[ResaleFactsBody]:
        """Staff only."""
        return _response(await usecase.current(target, caller=caller))

    @put(summary="Declare facts")
    @inject
    async def declare(
        self,
        target: NamedDependency[Target],
        data: JSONBody[ResaleFactsBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[DeclareFacts],
        if_match: IfMatch = None,
    ) -> Response[ResaleFactsBody]:
        """Managers only, with the ETag they read in If-Match. A ticket's facts count before its venue's."""
        version = expected_version(if_match)
        return _response(await usecase.declare(target, data.facts(), expected_version=version, caller=caller))

    @get("/history", summary="List the changes of declared facts")
    @inject
    async def history(
        self, target: NamedDependency[Target], caller: NamedDependency[Caller], usecase: FromDishka[DeclareFacts]
    ) -> PageBody[ResaleFactsChangeBody]:
        """Managers only; the last hundred changes on one page, the newest first."""
        changes = list(await usecase.changes(target, caller=caller))
        bodies = tuple(
            ResaleFactsChangeBody(
                version=change.version,
                before=_shown(before.value) if before is not None else None,
                after=_shown(change.value),
                changed_by=change.changed_by,
                changed_at=change.changed_at,
            )
            for change, before in zip(changes, [*changes, None][1:], strict=True)
        )
        return PageBody(items=bodies, next_cursor=None)


class VenueResaleFactsController(_ResaleFacts):
    """Facts about a venue."""

    path = "/venues/{venue_id:uuid}/resale-facts"
    dependencies = {"target": Provide(provide_venue)}  # noqa: RUF012 - the framework's own attribute


class TicketResaleFactsController(_ResaleFacts):
    """Facts about a ticket and its event."""

    path = "/tickets/{ticket_id:uuid}/resale-facts"
    dependencies = {"target": Provide(provide_ticket)}  # noqa: RUF012 - as above


def _shown(facts: DeclaredFacts | None) -> ResaleFactsBody | None:
    return ResaleFactsBody.of(facts) if facts is not None else None


def _response(setting: Setting[DeclaredFacts] | None) -> Response[ResaleFactsBody]:
    facts = setting.value if setting is not None else None
    version = setting.version if setting is not None else 0
    return Response(ResaleFactsBody.of(facts or DeclaredFacts()), headers={"ETag": etag(version)})
