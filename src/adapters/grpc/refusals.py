"""A refusal on the wire: FAILED_PRECONDITION, with code, message, problems and patience in trailing metadata."""

from collections.abc import Iterable

import msgspec

from adapters.grpc.messages import MessageCodec, members_of
from adapters.grpc.protos import refusals_pb2
from core.shared.errors import DomainError, Problem
from ports.published.refusals import RefusedError

REFUSAL_KEY = "fairseat-refusal-bin"
REFUSAL_BYTES_MAX = 32 * 1024
"""Problems beyond that stay behind, the last ones first: metadata has its limits."""

_TEXT_MAX = 4_096


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    pointer: str
    message: str


class _Refusal(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    problems: tuple[_Problem, ...] = ()
    retry_after_s: int | None = None


_CODEC = MessageCodec(members_of(_Refusal), refusals_pb2.DESCRIPTOR.message_types_by_name["Refusal"])


def code_of(error: DomainError) -> str:
    """Return the code that the refusal has for other contexts; one that was passed on keeps its own."""
    return error.refusal_code if isinstance(error, RefusedError) else error.code


def written_refusal(error: DomainError) -> bytes:
    """Return the refusal as bytes, REFUSAL_BYTES_MAX at most."""
    kept = [_Problem(pointer=_told(each.pointer), message=_told(each.message)) for each in error.problems]
    while True:
        refusal = _Refusal(
            code=code_of(error),
            message=_told(error.message),
            problems=tuple(kept),
            retry_after_s=error.retry_after_s,
        )
        written = _CODEC.write_struct(refusal).SerializeToString()
        if len(written) <= REFUSAL_BYTES_MAX or not kept:
            return written
        kept = kept[: len(kept) // 2]


def read_refusal(metadata: Iterable[object] | None) -> RefusedError | None:
    """Return the refusal that stands in trailing metadata; None where there is none. Raises MalformedMessageError."""
    for each in metadata or ():
        match each:
            case (str(key), bytes(value)) if key == REFUSAL_KEY:
                return _refusal(value)
            case _:
                continue
    return None


def _refusal(value: bytes) -> RefusedError:
    refusal = msgspec.convert(_CODEC.parse(value), _Refusal)
    problems = [Problem(each.pointer, each.message) for each in refusal.problems]
    return RefusedError(refusal.code, refusal.message, problems, retry_after_s=refusal.retry_after_s)


def _told(text: str) -> str:
    """Return a text that a message can hold: not endless, and without half characters."""
    return text[:_TEXT_MAX].encode(errors="replace").decode()
