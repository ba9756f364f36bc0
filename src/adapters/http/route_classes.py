"""Which kind of request is limited together with which, told from method and path alone."""

from core.shared.rate_limits import RouteClass

_API = "/api/v1/"
_READS = frozenset({"GET", "HEAD"})
_HOLDS = frozenset({"holds", "reservations"})


def route_class(method: str, path: str) -> RouteClass | None:
    """Return the kind of a request; None for what is never limited.

    That is what stands outside the API (health, keys, its document), what browsers ask before they ask (OPTIONS), and
    webhooks: they all come from the few addresses of one sender, who would have to send again what we refused.
    """
    if not path.startswith(_API) or method == "OPTIONS":
        return None
    words = path.removeprefix(_API).rstrip("/").split("/")
    if words[:2] == ["webhooks", "stripe"]:
        return None
    if method in _READS:
        return RouteClass.READ
    if words[0] == "auth":
        return RouteClass.LOGIN
    return RouteClass.HOLD if method == "POST" and words[-1] in _HOLDS else RouteClass.WRITE
