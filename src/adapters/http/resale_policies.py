"""Resale policies of organisations, venues and tickets."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody
from adapters.http.resale_policy_bodies import (
    EffectivePolicyBody,
    ResalePolicyBody,
    ResalePolicyChangeBody,
    change_bodies,
)
from adapters.http.resale_targets import provide_organisation, provide_ticket, provide_venue
from core.resale.policies.policy import ResalePolicy
from core.resale.policies.settings import Setting, Target
from core.shared.callers import Caller
from core.shared.ids import TicketId
from usecases.resale.policy_of import PolicyOf
from usecases.resale.tune_policies import TunePolicies


class _ResalePolicies(Controller):
    """A policy of whatever the path names."""

    tags = ("Resale",)

    @get(summary="Read a resale policy")
    @inject
    async def read(
        self, target: NamedDependency[Target], caller: NamedDependency[Caller], usecase: FromDishka[TunePolicies]
    ) -> Response[ResalePolicyBody]:
        """Staff only. Where none is set, every member is null, and the wider policy and the law decide."""
        return _response(await usecase.current(target, caller=caller))

    @put(summary="Replace a resale policy")
    @inject
    async def change(
        self,
        target: NamedDependency[Target],
        data: JSONBody[ResalePolicyBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[TunePolicies],
        if_match: IfMatch = None,
    ) -> Response[ResalePolicyBody]:
        """Managers only, with the ETag they read in If-Match.

        A member that would take a right away from ticket holders is refused with `resale.policy_collides_with_right`,
        and `errors` names the rule and its citation.
        """
        version = expected_version(if_match)
        return _response(await usecase.change(target, data.policy(), expected_version=version, caller=caller))

    @delete(summary="Take a resale policy back")
    @inject
    async def remove(
        self,
        target: NamedDependency[Target],
        caller: NamedDependency[Caller],
        usecase: FromDishka[TunePolicies],
        if_match: IfMatch = None,
    ) -> None:
        """Managers only, with the ETag they read in If-Match; the wider policy and the law decide from then on."""
        await usecase.remove(target, expected_version=expected_version(if_match), caller=caller)

    @get("/history", summary="List the changes of a resale policy")
    @inject
    async def history(
        self, target: NamedDependency[Target], caller: NamedDependency[Caller], usecase: FromDishka[TunePolicies]
    ) -> PageBody[ResalePolicyChangeBody]:
        """Managers only; the last hundred changes on one page, the newest first."""
        changes = await usecase.changes(target, caller=caller)
        return PageBody(items=change_bodies(list(changes)), next_cursor=None)


class OrganisationResalePolicyController(_ResalePolicies):
    """The policy of an organisation."""

    path = "/organisations/{organisation_id:uuid}/resale-policy"
    dependencies = {"target": Provide(provide_organisation)}  # noqa: RUF012 - the framework's own attribute


class VenueResalePolicyController(_ResalePolicies):
    """The policy of a venue."""

    path = "/venues/{venue_id:uuid}/resale-policy"
    dependencies = {"target": Provide(provide_venue)}  # noqa: RUF012 - as above


class TicketResalePolicyController(_ResalePolicies):
    """The policy of a ticket."""

    path = "/tickets/{ticket_id:uuid}/resale-policy"
    dependencies = {"target": Provide(provide_ticket)}  # noqa: RUF012 - as above


class EffectiveResalePolicyController(Controller):
    """What all the policies of a ticket come to."""

    path = "/tickets/{ticket_id:uuid}/resale-policy/effective"
    tags = ("Resale",)

    @get(summary="Read what a ticket's resale policies come to")
    @inject
    async def effective(
        self, ticket_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[PolicyOf]
    ) -> EffectivePolicyBody:
        """Everybody in the organisation, fans too. A member that collides with a right gives way, and says to what."""
        return EffectivePolicyBody.of(await usecase.effective(caller.tenant_id, TicketId(ticket_id)))


def _response(setting: Setting[ResalePolicy] | None) -> Response[ResalePolicyBody]:
    policy = setting.value if setting is not None else None
    version = setting.version if setting is not None else 0
    return Response(ResalePolicyBody.of(policy or ResalePolicy()), headers={"ETag": etag(version)})
