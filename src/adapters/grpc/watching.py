"""Interceptors of links: whose work a call is goes along with it, and who watches is told of calls that are served.

They are in place of those that OpenTelemetry offers: the id of the request goes along with or without traces, and the
trace goes along whether it is recorded or not, so that every process decides the same.
"""

# The stubs of grpcio are generic in part:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeArgument=false, reportUnknownParameterType=false

import re
from collections.abc import Awaitable, Callable
from typing import Any, override

import grpc
import grpc.aio

from adapters.system.observer import DONE, FAILED, REFUSED, UNAVAILABLE, Observer
from adapters.system.work_context import Work, at_work, current_work

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_REQUEST_ID_KEY = "x-request-id"
_TENANT_KEY = "x-tenant-id"
_TRACE_KEY = "traceparent"
_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_HEALTH = "/grpc.health."
_OUTCOMES = {
    grpc.StatusCode.FAILED_PRECONDITION: REFUSED,
    grpc.StatusCode.UNAVAILABLE: UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: UNAVAILABLE,
}

type _Answer = Callable[[Any, grpc.aio.ServicerContext[Any, Any]], Awaitable[Any]]


class WorkGoesAlong(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """Sends the ids of the request and of the trace with each call of another process."""

    @override
    async def intercept_unary_unary(
        self,
        continuation: Callable[[Any, Any], Any],
        client_call_details: Any,  # a named tuple, whatever its stubs say
        request: Any,
    ) -> Any:
        work = current_work()
        if work is not None:
            metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()))
            for key, value in (
                (_REQUEST_ID_KEY, work.request_id),
                (_TENANT_KEY, work.tenant_id),
                (_TRACE_KEY, work.traceparent),
            ):
                if value is not None:
                    metadata.add(key, value)
            client_call_details = client_call_details._replace(metadata=metadata)
        return await continuation(client_call_details, request)


class WatchedCalls(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # as above
    """Goes on with the work of whoever calls, and tells of each call; of questions about health it does not."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    @override
    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:  # a handler, or None
        handler: Any = await continuation(handler_call_details)  # Any: None where there is no such method
        path = str(handler_call_details.method)
        if handler is None or handler.unary_unary is None or path.startswith(_HEALTH):
            return handler
        sent = {str(key): str(value) for key, value in handler_call_details.invocation_metadata or ()}
        return grpc.unary_unary_rpc_method_handler(
            self._watched(path, sent, handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _watched(self, path: str, sent: dict[str, str], answer: _Answer) -> _Answer:
        service, _, method = path.rpartition("/")
        api = service.rpartition(".")[2]

        async def watched(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401  (bytes, or what the method has)
            work = Work(
                request_id=_credible(sent.get(_REQUEST_ID_KEY), _REQUEST_ID),
                tenant_id=_credible(sent.get(_TENANT_KEY), _REQUEST_ID),
            )
            with at_work(work):
                ended = self._observer.call(api, method, _credible(sent.get(_TRACE_KEY), _TRACE), work)
                outcome = FAILED
                try:
                    answered = await answer(request, context)
                    outcome = DONE
                except BaseException:
                    outcome = _OUTCOMES.get(context.code(), FAILED)
                    raise
                finally:
                    if ended is not None:
                        ended(outcome)
            return answered

        return watched


def _credible(value: str | None, pattern: re.Pattern[str]) -> str | None:
    return value if value is not None and pattern.fullmatch(value) else None
