"""May this pass be resold, here, now, at this price."""

import asyncio
from typing import Any

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from adapters.http.callers import open_to_keys_for
from adapters.http.problems import problem_of
from adapters.http.resale_answers import AnsweredBody, AnswersBody, VerdictBody, verdict_body
from adapters.http.resale_bodies import ResaleQuestionBody, ResaleQuestionsBody
from core.shared.callers import ApiScope, Caller
from core.shared.errors import DomainError
from ports.published.identity import VerifiedToken
from usecases.resale.validate_external import ValidateExternal
from usecases.resale.validate_pass import ValidatePass

_WITHOUT_A_BREAK_MAX = 20
"""Questions of a batch that are answered before others get their turn: most wait for nothing, and only reckon."""


class ResaleController(Controller):
    """Verdicts about resale."""

    path = "/resale/validate"
    tags = ("Resale",)

    @post(summary="Ask whether a pass may be resold", status_code=200, opt=open_to_keys_for(ApiScope.RESALE_VALIDATE))
    @inject
    async def validate(
        self,
        data: JSONBody[ResaleQuestionBody],
        caller: NamedDependency[Caller],
        of_pass: FromDishka[ValidatePass],
        external: FromDishka[ValidateExternal],
    ) -> VerdictBody:
        """The holder, staff and services, about a pass; anyone signed in, about a pass that was issued elsewhere.

        Changes nothing. A denial is an answer too, and so 200: 422 is for what no resale can be, such as a part of
        another country.
        """
        return await _answer(caller, data, of_pass, external)

    @post(
        "/batch",
        summary="Ask about many passes at once",
        status_code=200,
        opt=open_to_keys_for(ApiScope.RESALE_VALIDATE),
    )
    @inject
    async def validate_many(
        self,
        data: JSONBody[ResaleQuestionsBody],
        request: Request[VerifiedToken, Any, Any],
        caller: NamedDependency[Caller],
        of_pass: FromDishka[ValidatePass],
        external: FromDishka[ValidateExternal],
    ) -> AnswersBody:
        """As one at a time, up to 1,000. A question that cannot be answered is a problem in its place, and no more."""
        items: list[AnsweredBody] = []
        for number, item in enumerate(data.items):
            if number % _WITHOUT_A_BREAK_MAX == 0:
                await asyncio.sleep(0)
            pointer = f"/items/{number}"
            try:
                question = msgspec.convert(item, ResaleQuestionBody)
                items.append(AnsweredBody(verdict=await _answer(caller, question, of_pass, external)))
            except (DomainError, msgspec.ValidationError) as error:
                items.append(AnsweredBody(problem=problem_of(error, instance=request.url.path, inside=pointer)))
        return AnswersBody(items=tuple(items))


async def _answer(
    caller: Caller, question: ResaleQuestionBody, of_pass: ValidatePass, external: ValidateExternal
) -> VerdictBody:
    hypothetical = question.as_of is not None
    if question.pass_id is None:
        return verdict_body(await external(caller, question.external()), hypothetical=hypothetical)
    return verdict_body(await of_pass(caller, question.about_pass(question.pass_id)), hypothetical=hypothetical)
