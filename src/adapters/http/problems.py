"""Errors as problem details (RFC 9457): stable code, no internals, never a plain 500."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec

from adapters.http.observing import note_refusal
from adapters.http.statuses import STATUSES
from core.shared.errors import DomainError, Problem, UnavailableError
from ports.decoding import problem_in
from ports.published.refusals import RefusedError

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = 1
_SENDER_GONE = "client disconnected prematurely"
"""How Litestar tells that a body ended before its end; it counts as a fault of ours there."""

_LOG = logging.getLogger("fairseat.http")
_HTTP_CODES = {
    400: "request.invalid",
    401: "access.unauthenticated",
    403: "access.forbidden",
    404: "request.not_found",
    405: "request.method_not_allowed",
    413: "request.too_large",
    415: "request.unsupported_media_type",
    429: "request.too_many",
}


class ProblemItem(msgspec.Struct, frozen=True):
    """One fault: a JSON pointer (RFC 6901) into the request, and what is wrong there."""

    pointer: str
    message: str


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: tuple[ProblemItem, ...] = ()


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a refusal; the table is total, which a test holds."""
    if isinstance(error, RefusedError):
        return _STATUS_BY_CODE.get(error.refusal_code, 409)
    return STATUSES[type(error)]


def code_of(error: DomainError) -> str:
    """Return the stable code; a refusal by another context shows that context's own code."""
    return error.refusal_code if isinstance(error, RefusedError) else error.code


def problem_response(
    request: Request[Any, Any, Any],
    *,
    status: int,
    code: str,
    detail: str,
    problems: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[ProblemDocument]:
    """Build the answer to a request that failed."""
    note_refusal(code)
    document = ProblemDocument(
        type=f"urn:fairseat:problem:{code}",
        title=title_of(code),
        status=status,
        detail=detail,
        instance=request.url.path,
        code=code,
        errors=tuple(ProblemItem(problem.pointer, problem.message) for problem in problems),
    )
    return Response(document, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def problem_of(error: DomainError | msgspec.ValidationError, *, instance: str, inside: str = "") -> ProblemDocument:
    """Describe what is wrong with one of many things in a request; `inside` points at that one."""
    if isinstance(error, msgspec.ValidationError):
        problems: Sequence[Problem] = [problem := problem_in(error)]
        status, code, detail = 400, _HTTP_CODES[400], f"{inside}{problem.pointer}: {problem.message}"
    else:
        problems = error.problems
        status, code, detail = status_of(error), code_of(error), error.message
    return ProblemDocument(
        type=f"urn:fairseat:problem:{code}",
        title=title_of(code),
        status=status,
        detail=detail,
        instance=instance,
        code=code,
        errors=tuple(ProblemItem(inside + problem.pointer, problem.message) for problem in problems),
    )


def on_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[ProblemDocument]:
    """Answer a command that could not be done."""
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return problem_response(
        request, status=status, code=code_of(error), detail=error.message, problems=error.problems, headers=headers
    )


def on_unavailable(request: Request[Any, Any, Any], error: UnavailableError) -> Response[ProblemDocument]:
    """Answer while something behind us is away."""
    _LOG.warning("unavailable: %s %s: %s", request.method, request.url.path, error)
    return problem_response(
        request,
        status=503,
        code="service.unavailable",
        detail="Something that this needs cannot be reached at the moment; nothing was changed. Please try again.",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemDocument]:
    """Answer what the framework itself refused: routing, decoding, validation."""
    status = error.status_code
    if error.detail == _SENDER_GONE:
        return problem_response(request, status=400, code="request.invalid", detail="The body is not complete.")
    if status >= 500:
        return on_any_exception(request, error)
    problems = _problems_of(error) if isinstance(error, ValidationException) else ()
    detail = (
        "; ".join(f"{p.pointer or 'body'}: {p.message}" for p in problems) or error.detail or "The request was refused."
    )
    headers = dict(error.headers or {})
    if status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    code = _HTTP_CODES.get(status, f"http.{status}")
    return problem_response(request, status=status, code=code, detail=detail, problems=problems, headers=headers)


def on_recursion(request: Request[Any, Any, Any], _: RecursionError) -> Response[ProblemDocument]:
    """Answer a document that is nested deeper than any of ours."""
    return problem_response(request, status=400, code="request.invalid", detail="The document is nested too deeply.")


def on_any_exception(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDocument]:
    """Answer a fault of ours: logged in full, told in one sentence."""
    _LOG.error("unexpected: %s %s", request.method, request.url.path, exc_info=error)
    return problem_response(
        request, status=500, code="service.fault", detail="Something went wrong on our side; it has been recorded."
    )


def title_of(code: str) -> str:
    """Return the few words that stand above an error of this code."""
    return code.rsplit(".", 1)[-1].replace("_", " ").capitalize()


def _problems_of(error: ValidationException) -> tuple[Problem, ...]:
    extra: object = error.extra
    if not isinstance(extra, list):
        return ()
    found: list[Problem] = []
    for item in cast("list[object]", extra):
        if isinstance(item, dict):
            fault = cast("dict[str, object]", item)
            key = str(fault.get("key", ""))
            if key == "data":  # the body as a whole, to which a pointer is empty, or something in a list
                inside = _IN_A_LIST.search(str(error.__cause__))
                key = inside[1] if inside is not None else ""
            pointer = "/" + key.replace(".", "/").replace("[", "/").replace("]", "").lstrip("/") if key else ""
            said = str(fault.get("message", "is not valid"))
            found.append(Problem(pointer, "There is none, and this needs one." if said == _NO_BODY else said))
    return tuple(found)


_NO_BODY = "'data'"
"""What the framework says of a body that is not there."""
_IN_A_LIST = re.compile(r"`\$\.data(\[\d+\].*)`$")
"""How msgspec names what is wrong in a body that is a list. The framework tells the key in other bodies only."""

_STATUS_BY_CODE = {kind.code: status for kind, status in STATUSES.items()}

EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]] = {
    DomainError: on_domain_error,
    UnavailableError: on_unavailable,
    HTTPException: on_http_exception,
    RecursionError: on_recursion,
    Exception: on_any_exception,
}

_MEANINGS = {
    400: "The request is not well formed; `errors` names each member.",
    401: "No token, or one that is not valid.",
    403: "Not yours to do.",
    404: "Not there, or another organisation's.",
    409: "The state does not allow it.",
    422: "Well formed, but impossible.",
    429: "Too many requests of this kind, or too many attempts at this; wait as long as `Retry-After` says.",
    503: "Something behind the API is away; try again.",
}


def problem_spec(meaning: str) -> ResponseSpec:
    """Return how the API's document describes an error."""
    return ResponseSpec(ProblemDocument, media_type=MEDIA_TYPE, description=meaning, generate_examples=False)


PROBLEM_RESPONSES = {status: problem_spec(meaning) for status, meaning in _MEANINGS.items()}
