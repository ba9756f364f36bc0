"""The published contracts of this process's services, served to other processes over gRPC."""

# The stubs of grpcio are generic in part:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NoReturn, cast

import grpc
import grpc.aio

from adapters.grpc.contracts import Call, contract_of
from adapters.grpc.health import LinkHealth
from adapters.grpc.messages import MalformedMessageError
from adapters.grpc.policies import DEADLINE_MAX_S, MESSAGE_BYTES_MAX, METADATA_BYTES_MAX
from adapters.grpc.refusals import REFUSAL_KEY, code_of, written_refusal
from adapters.grpc.security import LinkSecurity, LinkTokens, UnknownCallerError
from core.shared.errors import DomainError, UnavailableError
from ports.clock import Clock

CALLS_MAX = 1_000
"""Calls at once; one more is refused at once with RESOURCE_EXHAUSTED."""

_KEEPALIVE_MIN_MS = 5_000
_NOT_AGAIN = (("grpc-retry-pushback-ms", "-1"),)
"""The call arrived: that it is not tried again by gRPC, too, keeps an outage far away from being asked for thrice at
each link on the way to it."""

_LOG = logging.getLogger("fairseat.links")

type ServerInterceptor = grpc.aio.ServerInterceptor[bytes, bytes]
type Context = grpc.aio.ServicerContext[bytes, bytes]
type Supplier = Callable[[], Awaitable[object]]
"""Gives the implementation of a contract; asked once, with its first call."""


class GrpcLinks:
    """A server of published contracts, from `start` to `stop`.

    A call is answered when its caller is known and has set a deadline, which is cut to 60 seconds. Refusals are
    FAILED_PRECONDITION with all that was said, what is away is UNAVAILABLE, a fault is INTERNAL and says nothing. The
    health of each contract and of the whole is told to everybody (grpc.health.v1).
    """

    def __init__(
        self,
        apis: Mapping[type, Supplier],
        security: LinkSecurity,
        clock: Clock,
        *,
        calls_max: int = CALLS_MAX,
        interceptors: Sequence[ServerInterceptor] = (),
    ) -> None:
        self._apis = dict(apis)
        self._security = security
        self._tokens = LinkTokens(security, clock)
        self._calls_max = calls_max
        self._interceptors = list(interceptors)
        self._server: grpc.aio.Server | None = None
        self._health = LinkHealth()

    async def start(self, *, host: str, port: int = 0) -> int:
        """Listen, and return the port: the given one, or with 0 a free one.

        Raises OSError when nobody can listen there, and LinkSecurityError for certificates that cannot be read.
        """
        server = grpc.aio.server(
            interceptors=self._interceptors, options=_OPTIONS, maximum_concurrent_rpcs=self._calls_max
        )
        for api, supplier in self._apis.items():
            contract = contract_of(api)
            answers = {
                call.rpc: grpc.unary_unary_rpc_method_handler(self._answerer(call, supplier)) for call in contract.calls
            }
            server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(contract.service, answers)])
            await self._health.serves(contract.service)
        self._health.add_to(server)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if self._security.files is None:
                port = server.add_insecure_port(address)
            else:
                port = server.add_secure_port(address, self._security.files.server_credentials())
        except RuntimeError as error:
            raise OSError(f"links cannot be served at {address}") from error
        await server.start()
        self._server = server
        return port

    async def stop(self, *, grace_s: float = 5.0) -> None:
        """Take no new calls, let those under way end within `grace_s`, and cut what is left."""
        if self._server is not None:
            await self._health.stops()
            await self._server.stop(grace_s)
            self._server = None

    def _answerer(self, call: Call, supplier: Supplier) -> Callable[[bytes, Context], Awaitable[bytes]]:
        implementation: object = None

        async def answer(request: bytes, context: Context) -> bytes:
            nonlocal implementation
            caller = await self._caller(context)
            deadline_s = await _deadline_s(context)
            try:
                arguments = call.read_arguments(request)
            except MalformedMessageError as error:
                _LOG.warning("%s: malformed request of %s: %s", call.path, caller, error)
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            limit = asyncio.timeout(deadline_s)
            try:
                async with limit:
                    if implementation is None:
                        implementation = await supplier()
                    written = call.write_answer(await getattr(implementation, call.name)(**arguments))
            except DomainError as error:
                await _refuse(context, error)
            except UnavailableError as error:
                _LOG.warning("%s: unavailable: %s", call.path, error)
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Something that this needs is away.", _NOT_AGAIN)
            except Exception as error:  # noqa: BLE001  (a fault may be of any kind; it is logged, and told without its reason)
                if limit.expired():
                    await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "The deadline has passed.")
                _LOG.error("%s: unexpected, asked by %s", call.path, caller, exc_info=error)
                await context.abort(grpc.StatusCode.INTERNAL, "Something went wrong; it has been recorded.")
            if len(written) > MESSAGE_BYTES_MAX:
                _LOG.error("%s: an answer of %s bytes is too large", call.path, len(written))
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "The answer is too large.")
            return written

        return answer

    async def _caller(self, context: Context) -> str:
        try:
            return self._tokens.caller(context.invocation_metadata())
        except UnknownCallerError as error:
            _LOG.warning("a call of %s was refused: %s", context.peer(), error)
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))


async def _deadline_s(context: Context) -> float:
    remaining_s = cast("float | None", context.time_remaining())  # None without one, whatever the stubs say
    if remaining_s is None:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "A deadline is required.")
    return min(remaining_s, DEADLINE_MAX_S)


async def _refuse(context: Context, error: DomainError) -> NoReturn:
    await context.abort(
        grpc.StatusCode.FAILED_PRECONDITION, code_of(error), trailing_metadata=((REFUSAL_KEY, written_refusal(error)),)
    )


_OPTIONS = (
    ("grpc.so_reuseport", 0),  # or a second server would take half of the calls, unnoticed
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_metadata_size", METADATA_BYTES_MAX),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", _KEEPALIVE_MIN_MS),
)
