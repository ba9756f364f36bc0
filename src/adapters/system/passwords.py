"""Passwords hashed with Argon2id (RFC 9106) in threads."""

import asyncio
import secrets
from typing import override

import argon2
import msgspec
from argon2.exceptions import InvalidHashError, VerificationError

from ports.identity import PasswordHasher


class HashCosts(msgspec.Struct, frozen=True, kw_only=True):
    """What a hash costs: the least that OWASP's password storage guide asks for, and how many run at once.

    Memory is used `at_once_max` times over, so the two together bound what sign-ins take from the process.
    """

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1
    at_once_max: int = 4


class Argon2PasswordHasher(PasswordHasher):
    """Hashes off the event loop; argon2 lets go of the interpreter lock while it works."""

    def __init__(self, costs: HashCosts) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=costs.passes, memory_cost=costs.memory_kib, parallelism=costs.lanes, type=argon2.Type.ID
        )
        self._at_once = asyncio.Semaphore(costs.at_once_max)
        # What an unknown account is checked against; nobody knows the password, and it costs what others cost.
        self._nobodys_hash = self._argon2.hash(secrets.token_urlsafe(32))

    @override
    async def hash(self, password: str) -> str:
        async with self._at_once:
            return await asyncio.to_thread(self._argon2.hash, _bytes(password))

    @override
    async def verify(self, password: str, password_hash: str | None) -> bool:
        async with self._at_once:
            matches = await asyncio.to_thread(self._matches, password, password_hash or self._nobodys_hash)
        return matches and password_hash is not None

    @override
    def outdated(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)

    def _matches(self, password: str, password_hash: str) -> bool:
        try:
            return self._argon2.verify(password_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    # Half a surrogate pair is no text, yet it must be a wrong password and not an error.
    return password.encode("utf-8", "surrogatepass")
