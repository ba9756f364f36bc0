"""Idempotency keys: the same request again gives the first answer."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from adapters.embedded.stripe_fake.errors import StripeFakeError
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict

_KEY_LENGTH_MAX = 255


class Answer(msgspec.Struct, frozen=True):
    """What goes back: status, JSON, and whether it is a replay."""

    status: int
    body: StripeDict
    replayed: bool = False


class Replays:
    """Keeps the answers by key, together with a hash of the request."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._in_use: set[str] = set()

    @contextmanager
    def claimed(self, key: str | None) -> Iterator[None]:
        """Keep the key for one call at a time; raises Stripe's 409 while another call with it is under way."""
        if key in self._in_use:
            raise StripeFakeError(
                409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
                message=f"There is currently another in-progress request using this Idempotency Key ({key}).",
            )
        if key is None:
            yield
            return
        self._in_use.add(key)
        try:
            yield
        finally:
            self._in_use.discard(key)

    def run(self, key: str | None, request: str, work: Callable[[], StripeDict]) -> Answer:
        """Do the work, or give the first answer again; an error that came before any work is not kept.

        Raises Stripe's idempotency_error when the key was used with another request.
        """
        if key is None:
            return _answer(work)[0]
        if len(key) > _KEY_LENGTH_MAX:
            raise StripeFakeError(400, kind="invalid_request_error", message="The idempotency key is too long.")
        fingerprint = hashlib.sha256(request.encode()).hexdigest()
        known = self._ledger.find("answers", key)
        if known is not None:
            if known["fingerprint"] != fingerprint:
                raise StripeFakeError(
                    400,
                    kind="idempotency_error",
                    message="Keys for idempotent requests can only be used with the same parameters they were first "
                    f"used with. Try using a key other than '{key}' if you meant to execute a different request.",
                )
            return Answer(known["status"], known["body"], replayed=True)
        answer, kept = _answer(work)
        if kept:
            self._ledger.put(
                "answers", {"id": key, "fingerprint": fingerprint, "status": answer.status, "body": answer.body}
            )
        return answer


def _answer(work: Callable[[], StripeDict]) -> tuple[Answer, bool]:
    try:
        return Answer(200, work()), True
    except StripeFakeError as error:
        return Answer(error.status, error.body), error.kept
