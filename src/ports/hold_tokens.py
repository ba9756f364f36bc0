"""The secrets that prove a hold where no account does, for seats and for places without them."""

from abc import abstractmethod
from typing import Protocol


class HoldTokens(Protocol):
    """Makes the secrets by which somebody without the account's token shows that a hold is theirs."""

    @abstractmethod
    def new(self) -> str:
        """Return a secret of 256 random bits, safe in a header."""
