"""Types of files by puremagic, which knows them by their first bytes."""

from collections.abc import Sequence
from typing import Protocol, override

import puremagic

from ports.content import FileTypes

_NARROWER = ("image/avif",)
"""Types that are written in the same way as a more common one, which is then named as often."""


class MagicFileTypes(FileTypes):
    """Says what is likeliest; of equally likely types the narrower one, else the first that puremagic names."""

    @override
    def type_of(self, head: bytes) -> str | None:
        if not head:
            return None
        found = [(each.confidence, str(each.mime_type)) for each in _magic(head) if each.mime_type]
        best = max((confidence for confidence, _ in found), default=0.0)
        likely = [name for confidence, name in found if confidence == best]
        return next((name for name in likely if name in _NARROWER), likely[0] if likely else None)


class _Match(Protocol):
    """What puremagic thinks that a file may be; it leaves the types of its own open."""

    @property
    def mime_type(self) -> str: ...

    @property
    def confidence(self) -> float: ...


def _magic(head: bytes) -> Sequence[_Match]:
    return puremagic.magic_string(head)  # pyright: ignore[reportUnknownMemberType]  # as above
