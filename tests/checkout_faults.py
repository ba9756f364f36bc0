"""What may befall a process at any call of a port: it dies, or the call fails, before its effect or after it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Literal

from core.shared.errors import DomainError, UnavailableError
from tests.orders_neighbours import Killed


@dataclass(frozen=True, slots=True)
class Blow:
    """What happens, and at which moment: each call of a port has two, and a transaction three."""

    kind: Literal["dies", "fails"]
    moment: int


class Fate:
    """Counts the moments of one command, and lets the blow fall when its moment has come."""

    def __init__(self) -> None:
        self.blow: Blow | None = None
        self.moments = 0

    def begin(self, blow: Blow | None) -> None:
        """Forget the last command; the next one is to meet this."""
        self.blow, self.moments = blow, 0

    def moment(self, failure: type[UnavailableError]) -> None:
        """Raise Killed or the failure, or let it pass."""
        self.moments += 1
        if self.blow is not None and self.blow.moment == self.moments:
            raise Killed if self.blow.kind == "dies" else failure("it broke at this very moment")


class Mortal:
    """A port whose every call may be the last one. Any: it stands for ports of every kind."""

    def __init__(self, inner: Any, fate: Fate, failure: type[UnavailableError]) -> None:
        self._inner, self._fate, self._failure = inner, fate, failure

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._with_moments(found) if iscoroutinefunction(found) else found

    def _with_moments(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self._fate.moment(self._failure)
            answer = await method(*args, **kwargs)
            self._fate.moment(self._failure)
            return answer

        return call


class MortalTransactions(Mortal):
    """Where the process may die before a transaction, before its commit, and after it."""

    def begin(self, *args: Any) -> AbstractAsyncContextManager[Any]:
        return self._begin(*args)

    @asynccontextmanager
    async def _begin(self, *args: Any) -> AsyncIterator[Any]:
        self._fate.moment(self._failure)
        async with self._inner.begin(*args) as tx:
            yield tx
            self._fate.moment(self._failure)
        self._fate.moment(self._failure)


def is_death(error: BaseException) -> bool:
    """Whether it is the end of the process, be it in one of several tasks."""
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(Killed) is not None
    return isinstance(error, Killed)


def is_answer(error: BaseException) -> bool:
    """Whether it is a refusal or an outage, which whoever asked has to live with."""
    if isinstance(error, BaseExceptionGroup):
        return error.split((DomainError, UnavailableError))[1] is None
    return isinstance(error, DomainError | UnavailableError)
