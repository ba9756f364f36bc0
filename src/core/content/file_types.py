"""Which files are taken: what their bytes are decides, and what they could also be refuses them."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

HEAD_BYTES = 4_096
TAIL_BYTES = 65_557
"""How much of a file's beginning and end is looked at; an archive's directory ends with at most so many bytes."""

_ARCHIVE_END = b"PK\x05\x06"
_ARCHIVE_END_BYTES = 22
_DOCUMENT_WITHIN = 1_024
_MARKUP = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|\?php|\?xml)", re.IGNORECASE)


class FileForm(StrEnum):
    """What a file is to those who look at it."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


FORMS: Mapping[str, FileForm] = {
    "image/jpeg": FileForm.IMAGE,
    "image/png": FileForm.IMAGE,
    "image/webp": FileForm.IMAGE,
    "image/avif": FileForm.IMAGE,
    "image/gif": FileForm.IMAGE,
    "video/mp4": FileForm.VIDEO,
    "video/webm": FileForm.VIDEO,
    "application/pdf": FileForm.DOCUMENT,
}
"""The types that are taken. SVG is not among them, since it can hold scripts."""

_NAMES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}


def type_named(declared: str) -> str:
    """Return the media type without parameters, in small letters, by its registered name."""
    name = declared.partition(";")[0].strip().lower()
    return _NAMES.get(name, name)


def disguises(content_type: str, *, head: bytes, tail: bytes) -> Iterator[str]:
    """Yield what a file of that type could be read as besides: markup, a PDF, an archive that is hung on at its end."""
    if _MARKUP.search(head) and content_type != "application/pdf":
        yield "markup"
    if b"%PDF-" in head[:_DOCUMENT_WITHIN] and content_type != "application/pdf":
        yield "a PDF"
    if _holds_archive(tail):
        yield "an archive"


def _holds_archive(tail: bytes) -> bool:
    at = tail.rfind(_ARCHIVE_END)
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + _ARCHIVE_END_BYTES], "little")
        # Some readers of archives do not mind bytes after the comment, so an end that leaves any counts as well.
        if at + _ARCHIVE_END_BYTES + comment <= len(tail):
            return True
        at = tail.rfind(_ARCHIVE_END, 0, at)
    return False
