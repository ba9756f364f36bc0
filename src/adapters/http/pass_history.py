"""How passes changed hands."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters.http.money import MoneyBody
from core.resale.law.facts import PriceComponents
from core.resale.transfers.history import KeptEntry
from core.shared.callers import SELLERS, Caller
from core.shared.ids import PassId
from core.shared.money import Money
from usecases.resale.read_history import PassHistory, ReadHistory


class ComponentsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the first sale cost, taken apart; null is not known."""

    face: MoneyBody | None
    mandatory_fees: MoneyBody | None
    optional: MoneyBody | None
    tax: MoneyBody | None
    fee_printed: bool | None


class HistoryEntryBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One change of hands. `passId` is the pass that there was afterwards, `oldPassId` the one that it replaced.

    Accounts are shown to staff; a holder sees their own, and null for everybody else's. `verdictId` is also the id of
    the receipt.
    """

    position: int
    kind: Literal["purchase", "transfer", "resale", "return", "refund"]
    at: datetime
    pass_id: UUID
    old_pass_id: UUID | None
    from_account_id: UUID | None
    to_account_id: UUID | None
    price: MoneyBody | None
    components: ComponentsBody | None
    country: str | None
    subdivision: str | None
    verdict_id: UUID | None
    prev_hash: str
    hash: str


class PassHistoryBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The chain from its first entry on; `brokenAt` is the first position that is not as it was written."""

    items: tuple[HistoryEntryBody, ...]
    intact: bool
    broken_at: int | None

    @classmethod
    def of(cls, history: PassHistory, caller: Caller) -> Self:
        """Return what this caller is sent of a history."""
        return cls(
            items=tuple(_entry(kept, caller) for kept in history.entries),
            intact=history.broken_at is None,
            broken_at=history.broken_at,
        )


class PassHistoryController(Controller):
    """Histories of passes."""

    path = "/passes/{pass_id:uuid}/history"
    tags = ("Resale",)

    @get(summary="Read how a pass changed hands")
    @inject
    async def read(
        self, pass_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadHistory]
    ) -> PassHistoryBody:
        """The present holder, without other people's accounts; staff who may act for customers, with them.

        A history is written from the day on which its pass is first offered; before, it is the purchase alone. Each
        `hash` is SHA-256 over the hash before it and the entry.
        """
        return PassHistoryBody.of(await usecase(PassId(pass_id), caller=caller), caller)


def _entry(kept: KeptEntry, caller: Caller) -> HistoryEntryBody:
    entry = kept.entry
    return HistoryEntryBody(
        position=kept.position,
        kind=entry.kind.value,
        at=entry.at,
        pass_id=entry.pass_id,
        old_pass_id=entry.old_pass_id,
        from_account_id=_seen(entry.from_account, caller),
        to_account_id=_seen(entry.to_account, caller),
        price=_money(entry.price),
        components=_components(entry.components),
        country=entry.place.country if entry.place is not None else None,
        subdivision=entry.place.subdivision if entry.place is not None else None,
        verdict_id=entry.verdict_id,
        prev_hash=kept.prev_hash.hex(),
        hash=kept.hash.hex(),
    )


def _seen(account_id: UUID | None, caller: Caller) -> UUID | None:
    return account_id if caller.role in SELLERS or account_id == caller.account_id else None


def _components(components: PriceComponents | None) -> ComponentsBody | None:
    if components is None:
        return None
    return ComponentsBody(
        face=_money(components.face),
        mandatory_fees=_money(components.mandatory_fees),
        optional=_money(components.optional),
        tax=_money(components.tax),
        fee_printed=components.fee_printed,
    )


def _money(money: Money | None) -> MoneyBody | None:
    return MoneyBody.of(money) if money is not None else None
