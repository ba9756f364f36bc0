"""Errors in Stripe's shape."""

from typing import Any


class StripeFakeError(Exception):
    """An answer that is not 2xx. `kept` says whether an idempotency key replays it, as it does once work had begun."""

    def __init__(
        self,
        status: int,
        *,
        kind: str,
        message: str,
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        facts: dict[str, Any] = {"code": code, "message": message, "param": param, "type": kind, **more}
        self.body: dict[str, Any] = {"error": {name: fact for name, fact in facts.items() if fact is not None}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeFakeError:
    """Make the error for a request that is wrong in itself."""
    return StripeFakeError(400, kind="invalid_request_error", message=message, param=param, code=code)


def impossible(message: str, *, param: str | None = None, code: str | None = None, **more: object) -> StripeFakeError:
    """Make the error for a request that is right in itself and cannot be done as things stand; its key replays it."""
    return StripeFakeError(
        400, kind="invalid_request_error", message=message, param=param, code=code, kept=True, **more
    )


def missing(kind: str, object_id: str, *, param: str = "id") -> StripeFakeError:
    """Make the error for an object that does not exist."""
    return StripeFakeError(
        404,
        kind="invalid_request_error",
        code="resource_missing",
        message=f"No such {kind}: '{object_id}'",
        param=param,
    )


def unauthorised(message: str) -> StripeFakeError:
    """Make the error for a key that is missing or wrong."""
    return StripeFakeError(401, kind="invalid_request_error", message=message)


def no_access(account_id: str) -> StripeFakeError:
    """Make the error for an account that is not connected, or no longer."""
    return StripeFakeError(
        403,
        kind="invalid_request_error",
        code="account_invalid",
        message=f"The provided key does not have access to account '{account_id}' (or that account does not exist). "
        "Application access may have been revoked.",
    )
