"""The health of a server of links, as grpc.health.v1 tells it: of each contract, and of the whole."""

# The stubs of grpcio-health-checking do not know its asyncio part:
# pyright: reportUnknownMemberType=false, reportAttributeAccessIssue=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


class LinkHealth:
    """Open to everybody: it tells no more than that there is a server."""

    def __init__(self) -> None:
        self._servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]  # its stubs know the threaded one alone

    def add_to(self, server: grpc.aio.Server) -> None:
        """Let the server answer questions about its health."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def serves(self, service: str) -> None:
        """Tell from now on that this service is served."""
        await self._servicer.set(service, health_pb2.HealthCheckResponse.SERVING)

    async def stops(self) -> None:
        """Tell from now on that nothing is served."""
        await self._servicer.enter_graceful_shutdown()
