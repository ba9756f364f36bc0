"""The one error of the embedded servers."""


class EmbeddedServerError(RuntimeError):
    """A server cannot be had, does not start or does not stop; the message says why and what would help."""
