"""What the gateway remembers of access tokens, and for how long."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import override
from uuid import UUID, uuid4

import pytest

from adapters.gateway.tokens import RememberedTokens
from adapters.memory.clock import MemoryClock
from core.shared.errors import UnavailableError
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.refusals import RefusedError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TENANT = UUID(int=7)


@dataclass
class Reader(TokenVerifier):
    """Reads any token, until it is told otherwise; counts."""

    ends_at: datetime | None = NOW + timedelta(hours=1)
    fails: Exception | None = None
    read: list[str] = field(default_factory=list[str])

    @override
    async def verify(self, token: str) -> VerifiedToken:
        self.read.append(token)
        if self.fails is not None:
            raise self.fails
        return VerifiedToken(account_id=uuid4(), tenant_id=TENANT, expires_at=self.ends_at)


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(NOW)


async def test_a_token_is_read_once_a_minute(clock: MemoryClock) -> None:
    reader = Reader()
    tokens = RememberedTokens(reader, clock)
    first = await tokens.verify("a")
    clock.move(seconds=59.999)
    assert await tokens.verify("a") == first
    clock.move(seconds=0.001)
    assert await tokens.verify("a") != first
    assert reader.read == ["a", "a"]


async def test_what_is_remembered_ends_with_the_token(clock: MemoryClock) -> None:
    reader = Reader(ends_at=NOW + timedelta(seconds=10))
    tokens = RememberedTokens(reader, clock)
    await tokens.verify("a")
    reader.fails = RefusedError("identity.invalid_token", "It has expired.")
    clock.move(seconds=9.999)
    await tokens.verify("a")
    clock.move(seconds=0.001)
    with pytest.raises(RefusedError):
        await tokens.verify("a")


async def test_a_clock_that_goes_back_makes_nothing_last_longer(clock: MemoryClock) -> None:
    reader = Reader()
    tokens = RememberedTokens(reader, clock)
    await tokens.verify("a")
    clock.move(seconds=-1)
    await tokens.verify("a")
    assert reader.read == ["a", "a"]


@pytest.mark.parametrize("error", [RefusedError("identity.invalid_token", "No."), UnavailableError("away")])
async def test_a_refusal_is_not_remembered(error: Exception, clock: MemoryClock) -> None:
    reader = Reader(fails=error)
    tokens = RememberedTokens(reader, clock)
    with pytest.raises(type(error)):
        await tokens.verify("a")
    reader.fails = None
    assert (await tokens.verify("a")).tenant_id == TENANT


async def test_so_many_tokens_are_remembered(clock: MemoryClock) -> None:
    reader = Reader()
    tokens = RememberedTokens(reader, clock, remembered_max=2)
    for token in ("a", "b", "c", "b", "c", "a"):
        await tokens.verify(token)
    assert reader.read == ["a", "b", "c", "a"]
