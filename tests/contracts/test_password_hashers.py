"""What every PasswordHasher promises."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from adapters.memory.passwords import MemoryPasswordHasher
from adapters.system.passwords import Argon2PasswordHasher, HashCosts
from ports.identity import PasswordHasher

type MakeHasher = Callable[[int], PasswordHasher]


def argon2_hasher(generation: int) -> PasswordHasher:
    return Argon2PasswordHasher(HashCosts(memory_kib=64, passes=generation, lanes=1, at_once_max=2))


def memory_hasher(generation: int) -> PasswordHasher:
    return MemoryPasswordHasher(generation=generation)


@pytest.fixture(params=[memory_hasher, argon2_hasher])
def make(request: pytest.FixtureRequest) -> MakeHasher:
    made: MakeHasher = request.param
    return made


@pytest.mark.parametrize("password", ["a quiet seat", "", "🎟️" * 64, "a\x00b", "\ud800", "x" * 1000])
async def test_a_hash_knows_its_password_and_no_other(make: MakeHasher, password: str) -> None:
    hasher = make(1)
    hashed = await hasher.hash(password)
    assert await hasher.verify(password, hashed)
    assert not await hasher.verify(password + "x", hashed)
    assert not await hasher.verify("x" + password, hashed)


async def test_two_hashes_of_one_password_differ(make: MakeHasher) -> None:
    hasher = make(1)
    assert await hasher.hash("a quiet seat") != await hasher.hash("a quiet seat")


async def test_no_password_matches_no_hash(make: MakeHasher) -> None:
    assert not await make(1).verify("a quiet seat", None)


async def test_a_hash_of_other_costs_still_verifies_and_is_outdated(make: MakeHasher) -> None:
    old, new = make(1), make(2)
    hashed = await old.hash("a quiet seat")
    assert await new.verify("a quiet seat", hashed)
    assert new.outdated(hashed) and not old.outdated(hashed)


async def test_many_at_once_all_get_their_answer(make: MakeHasher) -> None:
    hasher = make(1)
    hashes = await asyncio.gather(*(hasher.hash(f"password {n}") for n in range(12)))
    checks = [hasher.verify(f"password {n}", hashed) for n, hashed in enumerate(hashes)]
    assert all(await asyncio.gather(*checks))
    assert all(one != other for one, other in pairwise(hashes))


async def test_argon2_hashes_name_the_variant_and_the_costs() -> None:
    hashed = await Argon2PasswordHasher(HashCosts()).hash("a quiet seat")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_argon2_takes_a_damaged_hash_for_a_wrong_password() -> None:
    assert not await argon2_hasher(1).verify("a quiet seat", "no hash")
