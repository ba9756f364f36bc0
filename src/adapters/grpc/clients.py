"""The published contracts of services that run in other processes."""

# The stubs of grpcio are generic in part:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from functools import cache
from types import new_class
from typing import Any, cast

import grpc
import grpc.aio

from adapters.grpc.contracts import Call, Contract, contract_of
from adapters.grpc.messages import MalformedMessageError
from adapters.grpc.policies import MESSAGE_BYTES_MAX, METADATA_BYTES_MAX, deadline_s, service_config
from adapters.grpc.refusals import read_refusal
from adapters.grpc.security import LinkSecurity, LinkTokens
from ports.clock import Clock
from ports.published.refusals import LinkUnavailableError

CALLS_MAX = 100
"""Calls at once to one address: with thousands on one connection gRPC gives some of them up."""

WAITING_MAX = 5_000
"""Calls that wait for their turn at one address, beyond which there is no point in waiting."""

_LOG = logging.getLogger("fairseat.links")
_FAULTS = frozenset(
    {
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNKNOWN,
    }
)
"""What does not go away by waiting: somebody has to look at it."""


class RemoteLinks:
    """Clients of published contracts, one connection an address; made in a running event loop, and closed there.

    `served_by` says which service serves a contract, and `addresses` where each service is (`host:port`); a contract of
    a service that is nowhere cannot be had. Nothing connects before the first call. A refusal comes back as
    RefusedError, with all that was said; everything else that fails is LinkUnavailableError.
    """

    def __init__(
        self,
        served_by: Mapping[type, str],
        addresses: Mapping[str, str],
        security: LinkSecurity,
        clock: Clock,
        *,
        calls_max: int = CALLS_MAX,
        waiting_max: int = WAITING_MAX,
        interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
    ) -> None:
        self._addresses = {api: addresses[service] for api, service in served_by.items() if service in addresses}
        self._lines = {
            address: _Line(
                address,
                [api for api, at in self._addresses.items() if at == address],
                security,
                LinkTokens(security, clock),
                calls_max,
                waiting_max,
                interceptors,
            )
            for address in set(self._addresses.values())
        }

    def get[T](self, api: type[T]) -> T:
        """Return the contract as its Protocol; raises LookupError where nobody said where its service is."""
        if api not in self._addresses:
            raise LookupError(f"no address is known of the service that serves {api.__name__}")
        return cast("T", _client_class(cast("type", api))(self._lines[self._addresses[api]].ask))

    async def close(self) -> None:
        """Close the connections; calls under way end with LinkUnavailableError."""
        for line in self._lines.values():
            await line.close()


class _Line:
    """The one connection to an address, which so many calls use at once and others wait for."""

    def __init__(
        self,
        address: str,
        apis: Sequence[type],
        security: LinkSecurity,
        tokens: LinkTokens,
        calls_max: int,
        waiting_max: int,
        interceptors: Sequence[grpc.aio.ClientInterceptor],
    ) -> None:
        self._address = address
        self._apis = apis
        self._security = security
        self._tokens = tokens
        self._turns = asyncio.Semaphore(calls_max)
        self._waiting_max = waiting_max
        self._waiting = 0
        self._interceptors = list(interceptors)
        self._channel: grpc.aio.Channel | None = None
        self._closed = False

    async def ask(self, contract: Contract, call: Call, request: bytes) -> object:
        """Make the call and return its answer; the deadline covers the wait for a turn, and all tries."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + deadline_s(contract.api, call.name)
        await self._turn(call, ends_at)
        try:
            answer = await self._told(call, request, max(0.0, ends_at - loop.time()))
        finally:
            self._turns.release()
        try:
            return call.read_answer(answer)
        except MalformedMessageError as error:
            _LOG.error("%s at %s: malformed answer: %s", call.path, self._address, error)
            raise LinkUnavailableError(f"{call.path} gave an answer that is not understood.") from error

    async def close(self) -> None:
        """Close the connection for good."""
        self._closed = True
        if self._channel is not None:
            await self._channel.close(None)

    async def _turn(self, call: Call, ends_at: float) -> None:
        if self._waiting >= self._waiting_max:
            raise LinkUnavailableError(f"Too many wait for {call.path} already.")
        self._waiting += 1
        try:
            async with asyncio.timeout_at(ends_at):
                await self._turns.acquire()
        except TimeoutError:
            raise LinkUnavailableError(f"{call.path} could not be asked in time.") from None
        finally:
            self._waiting -= 1

    async def _told(self, call: Call, request: bytes, timeout_s: float) -> bytes:
        if self._closed:
            raise LinkUnavailableError(f"{call.path} is asked no more: the links are closed.")
        if self._channel is None:
            self._channel = self._open()
        ask = self._channel.unary_unary(call.path, None, None)
        try:
            return cast("bytes", await ask(request, timeout=timeout_s, metadata=self._tokens.metadata()))
        except grpc.aio.AioRpcError as error:
            raise self._meaning(call, error) from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._closed and task is not None and not task.cancelling():
                raise LinkUnavailableError(f"{call.path} was under way when the links were closed.") from None
            raise

    def _meaning(self, call: Call, error: grpc.aio.AioRpcError) -> Exception:
        code = error.code()
        if code is grpc.StatusCode.FAILED_PRECONDITION:
            try:
                refusal = read_refusal(error.trailing_metadata())
            except MalformedMessageError:
                refusal = None
            if refusal is not None:
                return refusal
        _LOG.log(
            logging.ERROR if code in _FAULTS else logging.WARNING,
            "%s at %s: %s: %s",
            call.path,
            self._address,
            code.name,
            error.details(),
        )
        return LinkUnavailableError(f"{call.path} could not be asked: {code.name}.")

    def _open(self) -> grpc.aio.Channel:
        options = (*_OPTIONS, ("grpc.service_config", service_config(self._apis)))
        if self._security.files is None:
            return grpc.aio.insecure_channel(self._address, options=options, interceptors=self._interceptors)
        credentials = self._security.files.channel_credentials()
        return grpc.aio.secure_channel(self._address, credentials, options=options, interceptors=self._interceptors)


type _Ask = Callable[[Contract, Call, bytes], Awaitable[object]]


@cache
def _client_class(api: type) -> type[Any]:  # Any: which Protocol it is, is known at run time
    """Make the class of a contract's clients: a subclass of the Protocol that answers each method over the wire.

    So what `get` returns is what the type checker believes it is, and a Protocol with a method that has no call cannot
    be instantiated.
    """
    contract = contract_of(api)

    def fill(namespace: MutableMapping[str, object]) -> None:
        namespace["__init__"] = _keep
        namespace["__doc__"] = f"{api.__name__} of another process."
        for call in contract.calls:
            namespace[call.name] = _method(contract, call)

    return new_class(f"Remote{api.__name__}", (api,), {}, fill)


def _keep(self: Any, ask: _Ask) -> None:  # noqa: ANN401  (an object of a class that is made above)
    self._ask = ask


def _method(contract: Contract, call: Call) -> Callable[..., Awaitable[object]]:
    async def method(self: Any, *given: object, **named: object) -> object:  # noqa: ANN401  (as above)
        ask: _Ask = self._ask
        return await ask(contract, call, call.write_arguments(*given, **named))

    method.__name__ = call.name
    method.__qualname__ = f"Remote{contract.api.__name__}.{call.name}"
    return method


_OPTIONS = (
    ("grpc.enable_http_proxy", 0),  # services are asked directly, whatever the environment says of proxies
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_metadata_size", METADATA_BYTES_MAX),
    # A server that was started again is found within a second, and one that vanished is missed within 15.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 3_000),  # how long connecting may take
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)
