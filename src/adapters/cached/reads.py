"""Reads that many want at once: one of them asks the store, the cache remembers the answer, and nobody trusts it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from core.shared.errors import DomainError
from ports.cache import TICKET_S, Cache, CacheUnavailableError, Look
from ports.clock import Clock
from ports.locks import Locks, LocksUnavailableError

LOCK_TTL_S = 2.0
"""Another process that has not put its answer by then has no lock any more."""
WAIT_S = 0.2
_LOOK_EVERY_S = 0.02
_UNFORGOTTEN_MAX = 10_000

_log = logging.getLogger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    """An answer as it lies in the cache: of which key, read when, and a digest of it all."""

    key: str
    read_at: datetime
    digest: str
    answer: msgspec.Raw


class CachedReads[T]:
    """Answers of one type, each for at most `ttl_s` after it was read from the store.

    What comes from the cache is used only if it is whole, of this key, that young, and of the type. Of many in this
    process who ask at the same moment one asks; over processes one asks the store, and the others wait for it a moment.
    Whoever asks after `forget` gets nothing that was read before it in this process; in others nothing as soon as the
    cache has been told. While it cannot be told, this process asks the store, and others are at most `ttl_s` late.
    """

    def __init__(self, kind: type[T], cache: Cache, locks: Locks, clock: Clock, *, ttl_s: int) -> None:
        self._kind = kind
        self._cache = cache
        self._locks = locks
        self._clock = clock
        self._ttl_s = ttl_s
        self._asking: dict[str, asyncio.Task[T]] = {}
        self._unforgotten: dict[str, datetime] = {}

    async def of(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of a key; raises what `load` raises, which is not remembered."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._found(key, load), name=f"reading {key}")
            task.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(task)

    async def forget(self, key: str) -> None:
        """Have the key read anew; it is told to the cache later where that cannot be now."""
        self._asking.pop(key, None)
        try:
            await self._cache.forget(key)
            self._unforgotten.pop(key, None)
        except CacheUnavailableError as error:
            _log.warning("the cache could not forget %s: %s", key, error)
            while len(self._unforgotten) >= _UNFORGOTTEN_MAX:
                del self._unforgotten[next(iter(self._unforgotten))]
            self._unforgotten[key] = self._clock.now() + timedelta(seconds=self._ttl_s)

    def _asked(self, key: str, done: asyncio.Task[T]) -> None:
        if self._asking.get(key) is done:
            del self._asking[key]
        if not done.cancelled():
            done.exception()  # all who asked may have gone

    async def _found(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        look = await self._look(key)
        if look is None:
            return await load()
        known = self._opened(key, look)
        if known is not None:
            return known
        lock = f"fairseat:cache:{{{key}}}:lock"
        try:
            token = await self._locks.acquire(lock, ttl_s=LOCK_TTL_S)
        except LocksUnavailableError:
            return await self._loaded(key, load, look.ticket)
        if token is None:
            known = await self._awaited(key)
            return await self._loaded(key, load, look.ticket) if known is None else known
        try:
            return await self._loaded(key, load, look.ticket)
        finally:
            with suppress(LocksUnavailableError):
                await self._locks.release(lock, token=token)

    async def _awaited(self, key: str) -> T | None:
        """Return what another process puts meanwhile; None when that takes long."""
        until = asyncio.get_running_loop().time() + WAIT_S
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_LOOK_EVERY_S)
            look = await self._look(key)
            if look is None:
                return None
            known = self._opened(key, look)
            if known is not None:
                return known
        return None

    async def _loaded(self, key: str, load: Callable[[], Awaitable[T]], ticket: str) -> T:
        read_at = self._clock.now()
        answer = await load()
        # A clock that was turned back tells no age: then nothing is remembered.
        if timedelta(0) <= self._clock.now() - read_at < timedelta(seconds=TICKET_S):
            with suppress(CacheUnavailableError):
                await self._cache.put(key, _closed(key, answer, read_at), ticket=ticket, ttl_s=self._ttl_s)
        return answer

    async def _look(self, key: str) -> Look | None:
        """Ask the cache; None where it cannot be asked, or says what it was to forget."""
        until = self._unforgotten.get(key)
        try:
            if until is not None:
                if self._clock.now() < until:
                    await self._cache.forget(key)
                self._unforgotten.pop(key, None)
            return await self._cache.look(key)
        except CacheUnavailableError:
            return None

    def _opened(self, key: str, look: Look) -> T | None:
        if look.value is None:
            return None
        try:
            kept = msgspec.json.decode(look.value, type=_Kept)
            whole = kept.digest == _digest(key, kept.read_at, bytes(kept.answer)) and kept.key == key
            age = self._clock.now() - kept.read_at
            if not whole or not timedelta(0) <= age < timedelta(seconds=self._ttl_s):
                return None
            return msgspec.json.decode(kept.answer, type=self._kind)
        except (msgspec.MsgspecError, DomainError, ValueError, TypeError, RecursionError) as error:
            _log.warning("the cache says of %s what makes no sense: %s", key, type(error).__name__)
            return None


def _closed(key: str, answer: object, read_at: datetime) -> str:
    text = msgspec.json.encode(answer)
    return msgspec.json.encode(_Kept(key, read_at, _digest(key, read_at, text), msgspec.Raw(text))).decode()


def _digest(key: str, read_at: datetime, answer: bytes) -> str:
    return blake2b(f"{key} {read_at.isoformat()} ".encode() + answer, digest_size=16).hexdigest()
