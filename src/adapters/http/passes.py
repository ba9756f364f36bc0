"""Passes: the right to enter, with the code that a scanner reads."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adapters.http.callers import open_to_keys_for
from adapters.http.events import EventBody
from adapters.http.money import MoneyBody
from adapters.http.paging import PageBody, page_body
from core.admission.keys import PassKey
from core.admission.offers import PassOffer
from core.admission.passes import AdmittedSeat, PassStatus
from core.shared.callers import ApiScope, Caller
from core.shared.ids import OrderId, PassId, TicketId
from ports.paging import PageRequest
from usecases.admission.codes import ShownPass
from usecases.admission.list_order_passes import ListOrderPasses
from usecases.admission.list_pass_keys import ListPassKeys
from usecases.admission.list_passes import ListPasses
from usecases.admission.pass_code_svg import PassCodeSvg
from usecases.admission.read_pass import ReadPass


class PassSeatBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The place."""

    id: UUID
    label: str
    section: str
    row: str
    number: str


class PassOfferBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a pass is offered for: to be bought, to be given to somebody, or to go back to the organiser."""

    id: UUID
    kind: Literal["listing", "transfer", "return"]
    offered_at: datetime


class PassBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A pass. `code` is what a scanner reads, null when it admits nobody and for services.

    `revision` grows with each new holder.

    `seat` is null for general admission. `faceValue` is what the place cost, without fees. `voidReason` is `refunded`
    when the whole order was, and otherwise why its item was given back or why it ended. A FROZEN pass admits nobody
    until what `freezeReason` names is over: `disputed`, when the buyer's bank has the money and has yet to decide.
    `resold` is the `voidReason` of a pass that its holder sold on. While there is an `offer` the pass shows no code and
    admits nobody. `holderName` is whom it names, where it names somebody; `scannedAt` is when it first admitted.
    """

    id: UUID
    order_id: UUID
    order_item_id: UUID
    ticket_id: UUID
    status: Literal["VALID", "FROZEN", "VOID"]
    event: EventBody
    ticket_title: str
    seat: PassSeatBody | None
    face_value: MoneyBody
    revision: int
    code: str | None
    issued_at: datetime
    voided_at: datetime | None
    void_reason: str | None
    frozen_at: datetime | None
    freeze_reason: str | None
    holder_name: str | None
    offer: PassOfferBody | None
    scanned_at: datetime | None


class PassKeyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The public key of one event as a JSON Web Key (RFC 8037); `kid` is the key id of a code, in hexadecimal."""

    kid: str
    x: str
    ticket_id: UUID
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"


class PassKeySetBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON Web Key Set (RFC 7517)."""

    keys: tuple[PassKeyBody, ...]


class SvgResponse(Response[bytes]):
    """A drawing."""

    media_type = "image/svg+xml"


class OrderPassController(Controller):
    """The passes of an order."""

    path = "/orders/{order_id:uuid}/passes"
    tags = ("Passes",)

    @get(summary="List the passes of an order", opt=open_to_keys_for(ApiScope.PASSES_READ))
    @inject
    async def of_order(
        self, order_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ListOrderPasses]
    ) -> PageBody[PassBody]:
        """The buyer and staff, and services without the codes; on one page, and empty until the order is paid."""
        shown = await usecase(caller, OrderId(order_id))
        return PageBody(items=tuple(_body(each) for each in shown), next_cursor=None)


class PassController(Controller):
    """Passes."""

    path = "/passes"
    tags = ("Passes",)

    @get(summary="List one's own passes")
    @inject
    async def own(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListPasses],
        status: Annotated[
            Literal["VALID", "FROZEN", "VOID"] | None, QueryParameter(description="Only passes of this status.")
        ] = None,
    ) -> Response[PageBody[PassBody]]:
        """Everybody signed in, for what is theirs now, of whatever order; those issued last come first."""
        shown = await usecase(caller, page, PassStatus(status) if status is not None else None)
        return Response(page_body(shown, _body), headers=_PRIVATE)

    @get("/{pass_id:uuid}", summary="Read a pass", opt=open_to_keys_for(ApiScope.PASSES_READ))
    @inject
    async def one(
        self, pass_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadPass]
    ) -> Response[PassBody]:
        """The account that the pass belongs to, and staff; services without the code.

        The code is a bearer secret, so nothing may cache it.
        """
        return Response(_body(await usecase(caller, PassId(pass_id))), headers=_PRIVATE)

    @get("/{pass_id:uuid}/code.svg", summary="Show the code of a pass", media_type="image/svg+xml")
    @inject
    async def code(
        self, pass_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[PassCodeSvg]
    ) -> SvgResponse:
        """The account that the pass belongs to, and staff: a QR code. 409 while the pass admits nobody."""
        return SvgResponse(await usecase(caller, PassId(pass_id)), headers=_PRIVATE)


class PassKeyController(Controller):
    """The public keys that passes are checked with."""

    path = "/pass-keys"
    tags = ("Passes",)

    @get(
        summary="List the public keys of the events",
        media_type=MediaType.JSON,
        opt=open_to_keys_for(ApiScope.SCANS_WRITE),
    )
    @inject
    async def keys(
        self,
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListPassKeys],
        ticket_id: Annotated[UUID | None, QueryParameter(name="ticketId", description="Only the key of this.")] = None,
    ) -> PassKeySetBody:
        """Everybody in the organisation: scanners check codes with these keys offline. The newest 500."""
        keys = await usecase(caller, TicketId(ticket_id) if ticket_id is not None else None)
        return PassKeySetBody(keys=tuple(_key_body(key) for key in keys))


_PRIVATE = {"Cache-Control": "private, no-store"}


def _body(shown: ShownPass) -> PassBody:
    found = shown.admission
    event = found.event
    return PassBody(
        id=found.id,
        order_id=found.order_id,
        order_item_id=found.order_item_id,
        ticket_id=event.ticket_id,
        status=found.status.value,
        event=EventBody(
            title=event.title,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            time_zone=event.time_zone,
            venue_id=event.venue_id,
            venue_name=event.venue_name,
        ),
        ticket_title=event.ticket_title,
        seat=_seat(found.seat),
        face_value=MoneyBody.of(found.face_value),
        revision=found.revision,
        code=shown.code,
        issued_at=found.issued_at,
        voided_at=found.voided_at,
        void_reason=found.void_reason,
        frozen_at=found.frozen_at,
        freeze_reason=found.freeze_reason,
        holder_name=found.holder_name,
        offer=_offer(found.offer),
        scanned_at=found.scanned_at,
    )


def _offer(offer: PassOffer | None) -> PassOfferBody | None:
    if offer is None:
        return None
    return PassOfferBody(id=offer.offer_id, kind=offer.kind.value, offered_at=offer.offered_at)


def _seat(seat: AdmittedSeat | None) -> PassSeatBody | None:
    if seat is None:
        return None
    return PassSeatBody(id=seat.seat_id, label=seat.label, section=seat.section, row=seat.row, number=seat.number)


def _key_body(key: PassKey) -> PassKeyBody:
    return PassKeyBody(kid=key.key_id_text, x=key.public_key_text, ticket_id=key.ticket_id)
