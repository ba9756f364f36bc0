"""The Redis client: quick to give up, since everything behind it works without Redis, only slower."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

REDIS_FAILURES = (RedisError, OSError, TypeError, ValueError, LookupError, AttributeError)
"""What a command raises when Redis is away or slow, and what the client stumbles over when it answers nonsense."""


def redis_client(
    url: str,
    *,
    connections_max: int = 20,
    timeout_s: float = 2.0,
    retries_max: int = 2,
) -> Redis:
    """Return a client of the server at `url` that answers with `str`; nothing is connected before the first command.

    A command waits at most `timeout_s` for each of: a free connection, the connection, the answer. It is tried again
    `retries_max` times after a broken connection, so every command that is sent must be safe to repeat.
    Close it with `aclose()`, which closes its connections too.
    """
    pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]  (its options have no types)
        url,
        max_connections=connections_max,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        socket_keepalive=True,
        health_check_interval=30,
        decode_responses=True,
        retry=Retry(ExponentialWithJitterBackoff(cap=0.25, base=0.02), retries_max),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )
    return Redis.from_pool(pool)
