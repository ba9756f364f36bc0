"""Password hashes that cost nothing, for tests and demonstrations. They protect nothing."""

import hashlib
import secrets
from typing import override

from ports.identity import PasswordHasher


class MemoryPasswordHasher(PasswordHasher):
    """One salted SHA-256; `generation` stands for the costs, so that an outdated hash can be tried out."""

    def __init__(self, *, generation: int = 1) -> None:
        self.generation = generation
        self.verifications = 0
        """How often the work of a verification was done."""

    @override
    async def hash(self, password: str) -> str:
        return self._hash(password, salt=secrets.token_hex(8), generation=self.generation)

    @override
    async def verify(self, password: str, password_hash: str | None) -> bool:
        self.verifications += 1
        if password_hash is None:
            return False
        _, generation, salt, _ = password_hash.split("$")
        return secrets.compare_digest(self._hash(password, salt=salt, generation=int(generation)), password_hash)

    @override
    def outdated(self, password_hash: str) -> bool:
        return int(password_hash.split("$")[1]) != self.generation

    def _hash(self, password: str, *, salt: str, generation: int) -> str:
        digest = hashlib.sha256(f"{salt}{password}".encode("utf-8", "surrogatepass")).hexdigest()
        return f"memory${generation}${salt}${digest}"
