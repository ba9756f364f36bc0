"""Which service answers which method and path."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_PARAMETER = "{"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a service. `path` is a template such as `/api/v1/venues/{venue_id:uuid}`.

    One that is `open` is answered without a token; one that `streams` answers for as long as its reader stays.
    """

    service: str
    method: str
    path: str
    open: bool = False
    streams: bool = False


@dataclass(frozen=True, slots=True)
class MethodNotAllowed:
    """The path is there, for other methods alone."""

    allowed: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    named: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    parameter: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict[str, Route])


class RouteTable:
    """Finds routes as the application of one process does: a part of a path that has a name goes before a parameter.

    It says where a request goes, not whether its parameters make sense; that is for the service to answer.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raise ValueError for two routes of one method and path."""
        self._root = _Node()
        self.routes = tuple(routes)
        for route in self.routes:
            node = self._root
            for part in _parts(route.path):
                if not part.startswith(_PARAMETER):
                    node = node.named.setdefault(part, _Node())
                else:
                    node.parameter = node = node.parameter or _Node()
            if route.method in node.routes:
                raise ValueError(f"{route.method} {route.path} has two services")
            node.routes[route.method] = route

    @property
    def services(self) -> frozenset[str]:
        """Return the services that answer anything."""
        return frozenset(route.service for route in self.routes)

    def find(self, method: str, path: str) -> Route | MethodNotAllowed | None:
        """Return the route of a path as it was sent, without percent signs; None where there is nothing."""
        node = self._root
        for part in _parts(path):
            child = node.named.get(part, node.parameter)
            if child is None:
                return None
            node = child
        if not node.routes:
            return None
        return node.routes.get(method) or MethodNotAllowed((*sorted(node.routes), "OPTIONS"))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
