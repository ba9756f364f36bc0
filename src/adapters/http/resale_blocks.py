"""Persons who are kept from reselling, and how much a seller looks like a scalper."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from adapters.http.moments import moment_or_none
from adapters.http.paging import PageBody, page_body
from core.resale.trust.blocks import REASON_LENGTH_MAX, Block
from core.resale.trust.scalping import Score
from core.shared.callers import Caller
from core.shared.ids import AccountId, ResaleBlockId
from ports.clock import Clock
from ports.paging import PageRequest
from usecases.resale.block_persons import BlockPersons
from usecases.resale.score_seller import ScoreSeller


class BlockBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to block, why, and until when; without an end until somebody ends it."""

    account_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH_MAX)]
    until: Annotated[datetime, Meta(tz=True)] | None = None


class BlockView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A block; `holds` says whether it holds at the moment of asking."""

    id: UUID
    account_id: UUID
    reason: str
    blocked_by: UUID
    blocked_at: datetime
    until: datetime | None
    ended_by: UUID | None
    ended_at: datetime | None
    holds: bool


class FactorBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that was looked at; the value of `markup` is in hundredths of a percent, the others are counts."""

    kind: Literal["bulk_buying", "resales", "markup", "flips"]
    value: int
    points: int
    explanation: str


class ScoreBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A score with all that was looked at. It refuses nothing: from 40 points on staff look."""

    account_id: UUID
    points: int
    needs_review: bool
    requires: tuple[str, ...]
    factors: tuple[FactorBody, ...]

    @classmethod
    def of(cls, account_id: UUID, score: Score) -> Self:
        """Return what is sent of a score."""
        return cls(
            account_id=account_id,
            points=score.points,
            needs_review=score.needs_review,
            requires=tuple(kind.value for kind in score.requires),
            factors=tuple(
                FactorBody(
                    kind=factor.kind.value, value=factor.value, points=factor.points, explanation=factor.explanation
                )
                for factor in score.factors
            ),
        )


class ResaleBlockController(Controller):
    """Blocks on persons."""

    path = "/resale/blocks"
    tags = ("Resale",)

    @post(summary="Keep a person from reselling")
    @inject
    async def block(
        self,
        data: JSONBody[BlockBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[BlockPersons],
        clock: FromDishka[Clock],
    ) -> Response[BlockView]:
        """Managers only."""
        until = moment_or_none(data.until, "/until")
        block = await usecase.block(AccountId(data.account_id), reason=data.reason, until=until, caller=caller)
        return Response(_view(block, clock.now()), status_code=201)

    @get(summary="List blocks on persons")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[BlockPersons],
        clock: FromDishka[Clock],
        account_id: Annotated[
            UUID | None, QueryParameter(name="accountId", description="Only those on this person.")
        ] = None,
    ) -> PageBody[BlockView]:
        """Staff who may act for customers; those that are over too, oldest first."""
        now = clock.now()
        wanted = AccountId(account_id) if account_id is not None else None
        return page_body(await usecase.page(page, account_id=wanted, caller=caller), lambda block: _view(block, now))

    @delete("/{block_id:uuid}", summary="End a block")
    @inject
    async def end(
        self, block_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[BlockPersons]
    ) -> None:
        """Managers only. The block is kept, with who ended it."""
        await usecase.end(ResaleBlockId(block_id), caller=caller)


class SellerScoreController(Controller):
    """How much sellers look like scalpers."""

    path = "/resale/sellers/{account_id:uuid}/score"
    tags = ("Resale",)

    @get(summary="Read a seller's score")
    @inject
    async def read(
        self, account_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ScoreSeller]
    ) -> ScoreBody:
        """Staff who may act for customers. Somebody who sold nothing has no points."""
        return ScoreBody.of(account_id, await usecase.explained(AccountId(account_id), caller=caller))


def _view(block: Block, now: datetime) -> BlockView:
    return BlockView(
        id=block.id,
        account_id=block.account_id,
        reason=block.reason,
        blocked_by=block.blocked_by,
        blocked_at=block.blocked_at,
        until=block.until,
        ended_by=block.ended_by,
        ended_at=block.ended_at,
        holds=block.holds_at(now),
    )
