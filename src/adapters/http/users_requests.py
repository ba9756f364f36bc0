"""A copy of all that is kept about oneself, and being forgotten."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, delete, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from adapters.http.callers import address_of
from adapters.http.problems import problem_spec
from core.users.data_requests import SERVICES, DataRequest
from ports.published.identity import VerifiedToken
from usecases.users.ask_for_erasure import AskForErasure
from usecases.users.ask_for_export import AskForExport

_PRIVATE = {"Cache-Control": CacheControlHeader(no_store=True).to_header()}


class KeptBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that stays after an erasure, and why."""

    what: str
    why: str


class PartBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far one service is; of an erasure what it removed, as counts by kind, and what stays."""

    service: str
    done: bool
    removed: dict[str, int]
    kept: tuple[KeptBody, ...]


class DataRequestBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was asked, and how far every service is."""

    kind: Literal["export", "erasure"]
    status: Literal["open", "done", "expired"]
    requested_at: datetime
    finished_at: datetime | None
    parts: tuple[PartBody, ...]


class BundleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that is kept about the person: by service and kind, with the members that the service stores."""

    schema: str
    schema_version: int
    account_id: str
    requested_at: str
    collected_at: str
    services: dict[str, dict[str, list[dict[str, Any]]]]  # Any: records are as different as tables


class EraseBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The password, and where the account has an authenticator app its code or a recovery code, so that nobody else
    does it; and whether passes for events to come are given up: they admit nobody any more.
    """

    password: Annotated[str, Meta(max_length=512)]
    totp_code: Annotated[str, Meta(max_length=64, examples=["123456"])] | None = None
    give_up_passes: bool = False


class DataRequestController(Controller):
    """One's own data in every service and organisation."""

    path = "/users/me"
    tags = ("Users",)

    @get(
        "/export",
        summary="Get a copy of all that is kept about me",
        responses={
            200: ResponseSpec(BundleBody, description="The copy.", generate_examples=False),
            202: ResponseSpec(DataRequestBody, description="The services are still gathering; ask again."),
        },
    )
    @inject
    async def export(
        self,
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[AskForExport],
        fresh: FromQuery[bool] = False,
    ) -> Response[BundleBody] | Response[DataRequestBody]:
        """Begins a copy where none is there or it is a day old, or with `fresh=true`; copies are kept for 7 days."""
        found = await usecase(identity, fresh=fresh)
        if found.bundle is not None:
            return Response(msgspec.convert(found.bundle, BundleBody), headers=_PRIVATE)
        return Response(_body(found.request), status_code=202, headers=_PRIVATE | {"Retry-After": "1"})

    @delete(
        "/",
        summary="Forget me",
        status_code=202,
        responses={
            429: problem_spec("The account or its address tried too often; wait as long as `Retry-After` says.")
        },
    )
    @inject
    async def erase(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[EraseBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[AskForErasure],
    ) -> Response[DataRequestBody]:
        """It cannot be taken back. `users.passes_to_come` names passes that would be out of reach.

        The e-mail address is free again soon afterwards. Records of money stay, and lead to nobody; what stays and
        why is in the answer of each service, which this tells while the token lasts.
        """
        asked = await usecase(
            identity,
            password=data.password,
            give_up_passes=data.give_up_passes,
            totp_code=data.totp_code,
            address=address_of(request),
        )
        return Response(_body(asked), status_code=202, headers=_PRIVATE)


def _body(request: DataRequest) -> DataRequestBody:
    missing = set(request.missing)
    parts = [(name, request.parts.get(name)) for name in SERVICES]
    return DataRequestBody(
        kind=request.kind.value,
        status=request.status.value,
        requested_at=request.requested_at,
        finished_at=request.finished_at,
        parts=tuple(
            PartBody(
                service=name,
                done=name not in missing,
                removed=dict(part.removed) if part else {},
                kept=tuple(KeptBody(what=each.what, why=each.why) for each in part.kept) if part else (),
            )
            for name, part in parts
        ),
    )
