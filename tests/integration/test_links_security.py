"""Who may call over links: whoever shows a token made of the secret, or a certificate of our authority; nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from grpc_health.v1 import health_pb2

from adapters.grpc.contracts import contract_of
from adapters.grpc.security import TOKEN_TTL_S, LinkFiles, LinkSecurity, LinkSecurityError, LinkTokens
from adapters.memory.clock import MemoryClock
from ports.published.refusals import LinkUnavailableError
from ports.published.seating import SeatingApi
from tests.link_certificates import Authority
from tests.links_world import NAMES, SECRET, Seats, asking, raw_call, secured, serving

NOW = int(MemoryClock().now().timestamp())


async def heard(security: LinkSecurity, by: LinkSecurity, *, ahead_s: float = 0.0) -> bool:
    """Tell whether a caller with this security, and a clock that is so far ahead, is answered by a server with that."""
    seats = Seats()
    clock, theirs = MemoryClock(), MemoryClock()
    theirs.move(seconds=ahead_s)
    async with (
        serving({SeatingApi: seats}, security=by, clock=clock) as port,
        asking(port, SeatingApi, security=security, clock=theirs) as links,
    ):
        try:
            await links.get(SeatingApi).finalise(**NAMES)
        except LinkUnavailableError:
            assert not seats.asked
            return False
        return True


async def test_a_caller_with_the_secret_is_heard_and_with_another_one_is_not() -> None:
    assert await heard(secured(), secured("venue"))
    assert not await heard(secured(secret=SECRET[::-1]), secured("venue"))


@pytest.mark.parametrize(
    ("ahead_s", "is_heard"),
    [(30, True), (31, False), (-(TOKEN_TTL_S + 29), True), (-(TOKEN_TTL_S + 30), False)],
    ids=str,
)
async def test_a_token_is_for_its_time_and_half_a_minute_of_wrong_clocks(ahead_s: float, is_heard: bool) -> None:
    assert await heard(secured(), secured("venue"), ahead_s=ahead_s) is is_heard


def signed(secret: Any = SECRET, algorithm: str | None = "HS256", typ: str = "fairseat-link+jwt", **claims: Any) -> str:
    """Return a token as it should be, but for what is said otherwise; None takes a claim away."""
    whole = {"aud": "fairseat-links", "sub": "order", "iat": NOW, "exp": NOW + 60} | claims
    kept = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(kept, secret, algorithm=algorithm, headers={"typ": typ})


FORGED: dict[str, Callable[[], tuple[tuple[str, str], ...]]] = {
    "none": lambda: (),
    "empty": lambda: (("authorization", ""),),
    "no token": lambda: (("authorization", "Bearer x.y.z"),),
    "basic": lambda: (("authorization", f"Basic {signed()}"),),
    "two": lambda: (("authorization", f"Bearer {signed()}"),) * 2,
    "endless": lambda: (("authorization", f"Bearer {signed(more='x' * 3_000)}"),),
    "unsigned": lambda: (("authorization", f"Bearer {signed(None, None)}"),),
    "another algorithm": lambda: (("authorization", f"Bearer {signed(SECRET * 2, 'HS512')}"),),
    "a key of their own": lambda: (("authorization", f"Bearer {signed(Ed25519PrivateKey.generate(), 'EdDSA')}"),),
    "an access token": lambda: (("authorization", f"Bearer {signed(typ='at+jwt')}"),),
    "another audience": lambda: (("authorization", f"Bearer {signed(aud='fairseat')}"),),
    "for ever": lambda: (("authorization", f"Bearer {signed(exp=NOW + 61)}"),),
    "no end": lambda: (("authorization", f"Bearer {signed(exp=None)}"),),
    "no name": lambda: (("authorization", f"Bearer {signed(sub=None)}"),),
    "no audience": lambda: (("authorization", f"Bearer {signed(aud=None)}"),),
    "words for numbers": lambda: (("authorization", f"Bearer {signed(iat='today')}"),),
}


async def asked_with(metadata: tuple[tuple[str, str], ...]) -> tuple[grpc.StatusCode, int]:
    """Return what comes of a call that shows this, and how often the implementation was asked."""
    [call] = [each for each in contract_of(SeatingApi).calls if each.name == "finalise"]
    seats = Seats()
    async with serving({SeatingApi: seats}, clock=MemoryClock()) as port:
        code = await raw_call(port, SeatingApi, "finalise", call.write_arguments(**NAMES), metadata=metadata)
    return code, len(seats.asked)


async def test_the_forger_of_these_tests_makes_good_tokens_when_nothing_is_changed() -> None:
    assert await asked_with((("authorization", f"Bearer {signed()}"),)) == (grpc.StatusCode.OK, 1)


@pytest.mark.parametrize("forged", FORGED)
async def test_whoever_shows_no_token_or_a_forged_one_is_refused(forged: str) -> None:
    assert await asked_with(FORGED[forged]()) == (grpc.StatusCode.UNAUTHENTICATED, 0)


def test_a_token_serves_for_half_its_time() -> None:
    clock = MemoryClock()
    tokens = LinkTokens(secured(), clock)
    first = tokens.metadata()
    clock.move(seconds=29.9)
    assert tokens.metadata() == first
    clock.move(seconds=0.1)
    second = tokens.metadata()
    assert second != first
    clock.move(seconds=-3_600)
    assert tokens.metadata() not in (first, second)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(secured())


@pytest.mark.parametrize("secret", ["", "x" * 31, "é" * 15])
def test_links_that_keep_nobody_out_cannot_be_had(secret: str) -> None:
    with pytest.raises(LinkSecurityError):
        LinkSecurity("order", secret)
    LinkSecurity("order", "x" * 32)
    LinkSecurity("order", "é" * 16)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("links") / "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("links") / "theirs")


def certified(files: LinkFiles, secret: str = "") -> LinkSecurity:
    return LinkSecurity("order", secret, files)


async def test_certificates_of_one_authority_know_each_other(ours: Authority) -> None:
    assert await heard(certified(ours.files("order")), certified(ours.files("venue")))


async def test_a_caller_of_another_authority_is_not_heard(ours: Authority, theirs: Authority) -> None:
    order = replace(theirs.files("order"), authority=ours.files("any").authority)
    assert not await heard(certified(order), certified(ours.files("venue")))


async def test_a_server_of_another_authority_is_not_asked(ours: Authority, theirs: Authority) -> None:
    venue = replace(theirs.files("venue"), authority=ours.files("any").authority)
    assert not await heard(certified(ours.files("order")), certified(venue))


async def test_a_certificate_that_is_over_is_none(ours: Authority) -> None:
    order = ours.files("order", ends_in=timedelta(hours=-1))
    assert not await heard(certified(order), certified(ours.files("venue")))


async def test_who_has_no_certificate_is_not_heard(ours: Authority) -> None:
    assert not await heard(secured(), certified(ours.files("venue")))
    assert not await heard(secured(), certified(ours.files("venue"), SECRET))


async def test_where_both_are_asked_for_both_are_needed(ours: Authority) -> None:
    venue = certified(ours.files("venue"), SECRET)
    assert await heard(certified(ours.files("order"), SECRET), venue)
    assert not await heard(certified(ours.files("order")), venue)


async def test_files_that_cannot_be_read_are_named(ours: Authority, tmp_path: Path) -> None:
    files = replace(ours.files("venue"), key=tmp_path / "nothing.key")
    with pytest.raises(LinkSecurityError, match=r"nothing\.key"):
        async with serving({SeatingApi: Seats()}, security=certified(files)):
            pass


async def test_the_health_of_a_server_is_open_to_everybody() -> None:
    async with serving({SeatingApi: Seats()}) as port:
        for service, expected in {
            "": grpc.StatusCode.OK,
            contract_of(SeatingApi).service: grpc.StatusCode.OK,
            "fairseat.venues.v1.VenuesApi": grpc.StatusCode.NOT_FOUND,
        }.items():
            assert await health_of(port, service) is expected


async def health_of(port: int, service: str) -> grpc.StatusCode:
    request = health_pb2.HealthCheckRequest(service=service).SerializeToString()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        made = channel.unary_unary("/grpc.health.v1.Health/Check", None, None)(request, timeout=5.0)
        code = await made.code()
        if code is grpc.StatusCode.OK:
            answer = health_pb2.HealthCheckResponse.FromString(await made)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        return code


async def test_two_servers_cannot_have_one_port() -> None:
    async with serving({SeatingApi: Seats()}) as port:
        with pytest.raises(OSError, match=str(port)):
            async with serving({SeatingApi: Seats()}, port=port):
                pass
