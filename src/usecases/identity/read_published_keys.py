"""Publish the keys that verify access tokens."""

from dataclasses import dataclass

from ports.identity import PublishedKeys, TokenSigner


@dataclass(frozen=True, slots=True)
class ReadPublishedKeys:
    """Open to everyone."""

    signer: TokenSigner

    async def __call__(self) -> PublishedKeys:
        """Return the JSON Web Key Set, the key that signs first."""
        return self.signer.published_keys()
