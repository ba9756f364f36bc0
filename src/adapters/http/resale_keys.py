"""Receipts that are kept, and the public keys that receipts are checked with."""

from typing import Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters.http.resale_answers import ReceiptBody, receipt_body
from core.resale.receipts.receipt import base64url
from core.shared.callers import Caller
from core.shared.ids import VerdictId
from usecases.resale.read_receipt import ReadReceipt
from usecases.resale.receipt_keys import ReceiptKeys

_PUBLIC_FOR_A_WHILE = {"Cache-Control": "public, max-age=300"}


class ReceiptKeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A public key as a JSON Web Key (RFC 8037); `kid` is its thumbprint (RFC 7638), and the `keyId` of receipts."""

    kid: str
    x: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"


class ReceiptKeySetBody(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON Web Key Set (RFC 7517): every key that ever signed, the one that signs now first."""

    keys: tuple[ReceiptKeyBody, ...]


class ReceiptKeyController(Controller):
    """What receipts are checked with."""

    path = "/resale/keys"
    tags = ("Resale",)

    @get(
        summary="List the public keys of receipts",
        media_type=MediaType.JSON,
        opt={"exclude_from_auth": True},
        security=[{}],
    )
    @inject
    async def keys(self, keys: FromDishka[ReceiptKeys]) -> Response[ReceiptKeySetBody]:
        """Everybody, without a token: with these keys anyone can check a receipt, without asking Fairseat again."""
        published = await keys.published()
        body = ReceiptKeySetBody(
            keys=tuple(ReceiptKeyBody(kid=key.key_id, x=base64url(key.public_key)) for key in published)
        )
        return Response(body, headers=_PUBLIC_FOR_A_WHILE)


class ReceiptController(Controller):
    """Receipts of listings, transfers and sales."""

    path = "/resale/receipts/{receipt_id:uuid}"
    tags = ("Resale",)

    @get(summary="Read a receipt")
    @inject
    async def read(
        self, receipt_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadReceipt]
    ) -> ReceiptBody:
        """The seller, the buyer, and staff who may act for customers; for others there is none.

        Its id is the `receiptId` of a listing and the `verdictId` in the history of a pass. It names the pass, the
        price and the outcome, and no person. Receipts of mere questions are in their answers, and are not kept.
        """
        return receipt_body(await usecase(caller, VerdictId(receipt_id)))
