"""Liveness of the gateway, and readiness of all that stands behind it, as one process would tell it."""

import asyncio
import logging

import httpx
import msgspec

from adapters.gateway.answers import EdgeError, send_whole
from adapters.gateway.asgi import Receive, Scope, Send
from adapters.gateway.upstreams import Upstream, Upstreams
from adapters.http.health import DependencyBody, LiveBody, ReadyBody

PATH = "/health"
_TIMEOUT_S = 5.0
_JSON = {"Content-Type": "application/json"}
_log = logging.getLogger(__name__)


class GatewayHealth:
    """Answers `/health/live` and `/health/ready`.

    Each service is asked for its own readiness; one that several names lead to is asked once. A dependency that two
    services tell of is as well as the worse of them says, and each service is a dependency itself, by its name.
    """

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  (as ASGI calls it)
        """Answer a GET, and nothing else."""
        path: str = scope["path"].rstrip("/")
        if path not in (f"{PATH}/live", f"{PATH}/ready"):
            raise EdgeError(404, "request.not_found", "Not Found")
        if scope["method"] != "GET":
            message, allowed = "Method Not Allowed", {"Allow": "GET"}
            raise EdgeError(405, "request.method_not_allowed", message, headers=allowed)
        if path.endswith("/live"):
            await send_whole(send, 200, msgspec.json.encode(LiveBody()), _JSON)
            return
        body = await self._ready()
        await send_whole(send, 503 if body.status == "unavailable" else 200, msgspec.json.encode(body), _JSON)

    async def _ready(self) -> ReadyBody:
        asked = {upstream.url: upstream for upstream in self._upstreams}
        said = dict(zip(asked, await asyncio.gather(*map(_asked, asked.values())), strict=True))
        found: dict[str, DependencyBody] = {}
        for upstream in self._upstreams:
            answer = said[upstream.url]
            status = "away" if answer is None else answer.status
            reached = status in ("ok", "degraded")
            _merge(found, upstream.name, DependencyBody(reached, needed=True, facts={"status": status}))
            for name, dependency in (answer.dependencies if answer is not None else {}).items():
                _merge(found, name, dependency)
        able = all(dependency.ok or not dependency.needed for dependency in found.values())
        fine = all(dependency.ok for dependency in found.values())
        return ReadyBody("ok" if fine else "degraded" if able else "unavailable", found)


async def _asked(upstream: Upstream) -> ReadyBody | None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            answer = await upstream.fetch(f"{PATH}/ready")
    except (httpx.TransportError, TimeoutError) as error:
        _log.warning("health: %s: %s", upstream.name, type(error).__name__)
        return None
    try:
        return msgspec.json.decode(answer.content, type=ReadyBody)
    except msgspec.DecodeError:
        return ReadyBody("unavailable", {})  # it is there, and cannot even say what it lacks


def _merge(found: dict[str, DependencyBody], name: str, said: DependencyBody) -> None:
    before = found.get(name)
    if before is None or (before.ok and not said.ok):
        found[name] = said
