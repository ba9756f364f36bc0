"""Settings of the gateway."""

from typing import Annotated

import msgspec
from msgspec import Meta

from bootstrap.setting_types import Port

type ServiceUrl = Annotated[str, Meta(pattern="^(https?://[^ /?#@]+)?$")]


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gateway listens, and where the services are: `http://host:port`; `expiration` only for its health.

    A service begins its answer within `answer_timeout_s`. It answers at most `connections_max` requests and has at
    most `streams_max` streams of events at a time. `request_bytes_max` is for the largest files that may be sent; a
    service allows less for most of what it takes.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    auth: ServiceUrl = ""
    user: ServiceUrl = ""
    venue: ServiceUrl = ""
    ticket: ServiceUrl = ""
    order: ServiceUrl = ""
    payment: ServiceUrl = ""
    admission: ServiceUrl = ""
    content: ServiceUrl = ""
    expiration: ServiceUrl = ""
    answer_timeout_s: Annotated[int, Meta(ge=1, le=600)] = 60
    connections_max: Annotated[int, Meta(ge=1, le=10_000)] = 128
    streams_max: Annotated[int, Meta(ge=1, le=60_000)] = 10_000
    request_bytes_max: Annotated[int, Meta(ge=1024, le=5_100_000_000)] = 1_000_000_000

    def url(self, service: str) -> str:
        """Return where a service is, such as `venue`; empty where that is not said."""
        found: object = getattr(self, service)
        assert isinstance(found, str), service
        return found
