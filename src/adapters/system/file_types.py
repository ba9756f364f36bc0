"""Types of files by puremagic, which knows them by their first bytes."""

from typing import override

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
        found = [each for each in puremagic.magic_string(head) if each.mime_type]
        if not found:
            return None
        best = max(each.confidence for each in found)
        likely = [str(each.mime_type) for each in found if each.confidence == best]
        return next((each for each in likely if each in _NARROWER), likely[0])
