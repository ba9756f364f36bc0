"""What the gateway says by itself: problem details like those of the services, and small answers."""

from collections.abc import Mapping, Sequence

import msgspec

from adapters.gateway.asgi import Send
from adapters.http.problems import MEDIA_TYPE, ProblemDocument, ProblemItem, code_of, status_of, title_of
from core.shared.errors import DomainError, Problem

_RETRY_AFTER_S = 1


class EdgeError(Exception):
    """The gateway does not pass a request on, or cannot: an HTTP status, a stable code, and a sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.problems = problems
        self.headers = dict(headers or {})
        if closes:
            # Where a request ends can no longer be relied on: nothing that follows on this connection is read.
            self.headers["Connection"] = "close"


def invalid(detail: str, *, closes: bool = True) -> EdgeError:
    """Return the error of a request that is not well formed."""
    return EdgeError(400, "request.invalid", detail, closes=closes)


def away(service: str) -> EdgeError:
    """Return the error of a service that cannot be reached, or has no room for more."""
    message = f"The {service} service cannot be reached at the moment; try again."
    return EdgeError(503, "gateway.service_away", message, headers={"Retry-After": str(_RETRY_AFTER_S)})


def slow(service: str) -> EdgeError:
    """Return the error of a service that did not answer in time; what it was asked to do may be done."""
    return EdgeError(504, "gateway.service_slow", f"The {service} service did not answer in time.")


def broken(service: str) -> EdgeError:
    """Return the error of a service that ended the connection instead of answering; as above."""
    return EdgeError(502, "gateway.no_answer", f"The {service} service ended without an answer.")


def refusal(error: DomainError) -> EdgeError:
    """Return a refusal as the services would answer it."""
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return EdgeError(status, code_of(error), error.message, problems=error.problems, headers=headers)


async def send_problem(send: Send, error: EdgeError, *, instance: str, request_id: str) -> None:
    """Answer with a problem document."""
    document = ProblemDocument(
        type=f"urn:fairseat:problem:{error.code}",
        title=title_of(error.code),
        status=error.status,
        detail=error.detail,
        instance=instance,
        code=error.code,
        errors=tuple(ProblemItem(problem.pointer, problem.message) for problem in error.problems),
    )
    headers = {**error.headers, "Content-Type": MEDIA_TYPE, "X-Request-ID": request_id}
    await send_whole(send, error.status, msgspec.json.encode(document), headers)


async def send_whole(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Answer in one piece."""
    sent = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if status != 204:
        sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
