"""What every store may raise."""

from core.shared.errors import UnavailableError


class StoreUnavailableError(UnavailableError):
    """The datastore could not be reached, gave up waiting, or rolled back to break a deadlock; trying again is safe."""
