"""The rules that verdicts rest on, as anyone may read them."""

from datetime import date, datetime
from typing import Annotated, cast

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.params import HeaderParameter, QueryParameter

from adapters.http.callers import open_to_keys_for
from adapters.http.etags import is_known
from adapters.http.moments import moment_or_none
from adapters.http.paging import cursor_of, read_cursor
from core.resale.law.facts import Fact, FactValue
from core.resale.law.rule import (
    AppliesAt,
    Base,
    Combination,
    Compared,
    Confidence,
    Duty,
    Hook,
    Lift,
    Operator,
    Right,
    Rule,
    RuleKind,
    RuleStatus,
    Scope,
)
from core.shared.callers import ApiScope
from ports.paging import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from usecases.resale.read_rulebook import ReadRulebook

_NOTHING = cast("RulebookBody", None)
"""What a 304 carries; the OpenAPI document is about the page that a 200 does."""

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="The ETag that you have.")]


class PredicateBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One condition on one fact; `in` takes several values, every other operator one."""

    fact: Fact
    operator: Operator
    values: tuple[bool | int | str, ...]


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule of law about resale. Only one that `binds` decides anything; the others are shown with their doubts.

    `value` is a factor, or an amount in the main unit of `currency`; a text, so that nothing of it is rounded.
    `effectiveTo` is the first day on which it no longer holds. `scope` lists alternatives, each of conditions that all
    have to hold; none is no condition.
    """

    id: str
    version: int
    place: str
    name: str
    kind: RuleKind
    binds: bool
    status: RuleStatus
    confidence: Confidence
    citation: str
    source: str | None
    doubts: str
    reviewed_on: date
    effective_from: date | None
    effective_to: date | None
    applies_at: AppliesAt
    hook: Hook
    value: str | None
    currency: str | None
    base: Base | None
    base_text: str
    compared: Compared
    combination: Combination
    group: str | None
    scope: tuple[tuple[PredicateBody, ...], ...]
    scope_text: str
    lifted_by: tuple[Lift, ...]
    rights: tuple[Right, ...]
    duties: tuple[Duty, ...]


class RulebookBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of the rulebook, in the order of the rules' ids; ask for the next with `nextCursor`."""

    items: tuple[RuleBody, ...]
    next_cursor: str | None
    rulebook_version: str


class RulebookController(Controller):
    """The rulebook."""

    path = "/resale/rulebook"
    tags = ("Resale",)

    @get(summary="Read the rulebook", opt=open_to_keys_for(ApiScope.RESALE_READ))
    @inject
    async def rules(
        self,
        usecase: FromDishka[ReadRulebook],
        as_of: Annotated[
            datetime | None,
            QueryParameter(name="asOf", description="Only what holds on this day; RFC 3339, with an offset."),
        ] = None,
        place: Annotated[
            str | None, QueryParameter(max_length=6, description="Only what holds there: US-ME, FR, EU.")
        ] = None,
        limit: Annotated[
            int, QueryParameter(ge=1, le=PAGE_SIZE_MAX, description="Rules on a page.")
        ] = PAGE_SIZE_DEFAULT,
        cursor: Annotated[
            str | None, QueryParameter(max_length=200, description="Where the page before this one ended.")
        ] = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[RulebookBody]:
        """Everybody who is signed in, whatever the organisation. The ETag is the version of the rulebook."""
        after = None if cursor is None else read_cursor(cursor, bytes.decode)
        at = moment_or_none(as_of, "/asOf")
        page = await usecase(as_of=at, place=place, after=after, limit=limit)
        headers = {"ETag": f'"{page.rulebook_version}"', "Cache-Control": "private, max-age=60"}
        if is_known(headers["ETag"], if_none_match):
            return Response(_NOTHING, status_code=304, headers=headers)
        body = RulebookBody(
            items=tuple(map(_rule, page.rules)),
            next_cursor=None if page.next_after is None else cursor_of(page.next_after.encode()),
            rulebook_version=page.rulebook_version,
        )
        return Response(body, headers=headers)


def _rule(rule: Rule) -> RuleBody:
    return RuleBody(
        id=rule.id,
        version=rule.version,
        place=rule.place,
        name=rule.name,
        kind=rule.kind,
        binds=rule.binds,
        status=rule.status,
        confidence=rule.confidence,
        citation=rule.citation,
        source=rule.source,
        doubts=rule.doubts,
        reviewed_on=rule.reviewed_on,
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        applies_at=rule.applies_at,
        hook=rule.hook,
        value=str(rule.value) if rule.value is not None else None,
        currency=rule.currency,
        base=rule.base,
        base_text=rule.base_text,
        compared=rule.compared,
        combination=rule.combination,
        group=rule.group,
        scope=_scope(rule.scope),
        scope_text=rule.scope_text,
        lifted_by=tuple(sorted(rule.lifted_by)),
        rights=tuple(sorted(rule.rights)),
        duties=tuple(sorted(rule.duties)),
    )


def _scope(scope: Scope) -> tuple[tuple[PredicateBody, ...], ...]:
    return tuple(
        tuple(
            PredicateBody(fact=each.fact, operator=each.operator, values=tuple(map(_value, each.values)))
            for each in conditions
        )
        for conditions in scope
    )


def _value(value: FactValue) -> bool | int | str:
    return value.isoformat() if isinstance(value, date) else value
