"""Where rulebooks are kept, and how they are read. They belong to the installation and to no tenant."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from core.resale.law.activation import Activation, KeptRulebook, Schedule
from core.resale.law.rulebook import Rulebook


class RulebookShelf(Protocol):
    """What every process may read. Nothing that is on the shelf ever changes or goes away."""

    @abstractmethod
    async def schedule(self) -> Schedule:
        """Return all activations; raises StoreUnavailableError."""

    @abstractmethod
    async def kept(self, version: str) -> KeptRulebook | None:
        """Return the rulebook of exactly this version, None for one that was never imported."""


class RulebookKeeper(RulebookShelf, Protocol):
    """What only whoever runs the installation may do: no process that answers requests has the right to."""

    @abstractmethod
    async def all(self) -> Sequence[KeptRulebook]:
        """Return every rulebook, the first imported first."""

    @abstractmethod
    async def add(self, rulebook: KeptRulebook) -> bool:
        """Keep the rulebook; False for a version that was there already, which stays as it was."""

    @abstractmethod
    async def activate(self, activation: Activation) -> None:
        """Add the next activation; raises StaleVersionError when somebody else added that number first."""


class RulebookFormat(Protocol):
    """How a rulebook is written."""

    @abstractmethod
    def read(self, files: Mapping[str, str]) -> Rulebook:
        """Return the rulebook, under the version that its rules give it; raises RulebookFaultyError."""

    @abstractmethod
    def built_in(self) -> Mapping[str, str]:
        """Return the files of the rulebook that comes with Fairseat."""
