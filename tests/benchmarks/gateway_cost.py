"""What the gateway costs: requests to a service that answers at once, asked directly and through the gateway.

    PYTHONPATH=src:. python tests/benchmarks/gateway_cost.py [SECONDS] [CONNECTIONS]

The rates depend on what else the machine does; processor time for a request hardly does. Service, gateway and load are
a process each, and the rounds take turns.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import msgspec
import uvicorn

from adapters.embedded.readiness import free_port
from adapters.gateway.app import Gateway
from adapters.gateway.asgi import Receive, Scope, Send
from adapters.gateway.forwarding import Patience
from adapters.gateway.routes import RouteTable
from adapters.gateway.server import BoundedHttp
from adapters.gateway.tokens import token_verifier
from adapters.gateway.upstreams import UpstreamLimits, Upstreams
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from adapters.system.signing_keys import SigningKeys
from tests.benchmarks.load import Load, Loaded
from tests.gateway_world import ROUTES, TERMS, Keys

ROUNDS = 3
_TENANT = UUID("01890000-0000-7000-8000-00000000000a")
_BODY = msgspec.json.encode({"items": [{"id": str(_TENANT), "name": "A hall of some name"}] * 4, "nextCursor": None})
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def service(_: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY, "more_body": False})


def gateway(behind: int, keys: Keys) -> Gateway:
    return Gateway(
        RouteTable(ROUTES),
        Upstreams(dict.fromkeys(("venue", "payment", "content"), f"http://127.0.0.1:{behind}"), UpstreamLimits()),
        verifier=token_verifier(keys, TERMS, SystemClock()),
        ids=Uuid7Source(),
        patience=Patience(),
        request_bytes_max=1_000_000,
    )


def serve(what: str, port: int, behind: int, pem: str) -> None:
    app = service if what == "service" else gateway(behind, Keys(SigningKeys.from_pem(pem.encode())))
    uvicorn.run(
        app,
        port=port,
        http="httptools" if what == "service" else BoundedHttp,
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )


@contextmanager
def process(what: str, port: int, behind: int, pem: str) -> Iterator[int]:
    arguments = [sys.executable, __file__, "--serve", what, str(port), str(behind), pem]
    running = subprocess.Popen(arguments)
    try:
        asyncio.run(_answers(port))
        yield running.pid
    finally:
        running.terminate()
        running.wait(10)


async def _answers(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, connections: int, seconds: float, request: str) -> Loaded:
    asked = Load(port=port, connections=connections, seconds_max=seconds, requests=[request], again=True)
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    done = subprocess.run(command, input=msgspec.json.encode(asked), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Loaded)


def main(seconds: float, connections: int) -> None:
    keys = Keys()
    token = asyncio.run(keys.token(_TENANT, ttl_s=3600))
    get = f"GET /api/v1/venues HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n"
    post = get.replace("GET", "POST", 1).replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n{}")
    pem = keys.keys.to_pem().decode()
    ports = {"directly": free_port(), "through the gateway": free_port()}
    with ExitStack() as processes:
        behind = ports["directly"]
        pids = [
            processes.enter_context(process(what, port, behind, pem))
            for what, port in zip(("service", "gateway"), ports.values(), strict=True)
        ]
        for name, request in (("GET", get), ("POST", post)):
            for _ in range(ROUNDS):
                for way, port in ports.items():
                    before = [cpu_s(pid) for pid in pids]
                    loaded = load(port, connections, seconds, request)
                    used = [cpu_s(pid) - was for pid, was in zip(pids, before, strict=True)]
                    count = sum(loaded.statuses.values())
                    each = ", ".join(
                        f"{what} {1e6 * cpu / count:.0f} µs"
                        for what, cpu in zip(("service", "gateway"), used, strict=True)
                    )
                    rate = len(loaded.times.each_s) / loaded.times.elapsed_s
                    print(f"{name} {way:20} {rate:7.0f}/s {loaded.statuses} CPU a request: {each}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0, int(sys.argv[2]) if len(sys.argv) > 2 else 16)
