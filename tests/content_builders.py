"""Builders for tests of content: pages, and files whose bytes are what they say."""

import hashlib
import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, override
from uuid import UUID

from uuid_utils.compat import uuid7

from core.content.bodies import Body, Faq, Photo, Question
from core.content.file_types import HEAD_BYTES, TAIL_BYTES
from core.content.kinds import PageKind
from core.content.media import FocalPoint, Media, MediaFacts, MediaKind, MediaState, SeatPlace, StoredFile
from core.content.page import Page, Translation
from core.shared.ids import AccountId, MediaId, PageId, VenueId
from ports.content import IncomingFile

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VENUE = VenueId(UUID("01935000-0000-7000-8000-00000000000a"))
"""The same as that of `tests.ticketing_builders.OneVenue`."""
ANN = AccountId(UUID(int=0xA22))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def a_png(*, grey: int = 0) -> bytes:
    """Return a whole image of one grey pixel."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(bytes([0, grey]))) + _chunk(b"IEND", b"")


def _boxes(brand: bytes, *others: bytes) -> bytes:
    head = brand + bytes(4) + b"".join(others)
    return struct.pack(">I", len(head) + 8) + b"ftyp" + head + bytes(64)


def _ebml(kind: bytes) -> bytes:
    return bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f38108") + b"\x42\x82" + bytes([0x80 | len(kind)]) + kind


FILES: Mapping[str, bytes] = {
    "image/jpeg": bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb0043") + bytes(64) + b"\xff\xd9",
    "image/png": a_png(),
    "image/webp": b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8 " + bytes(18),
    "image/avif": _boxes(b"avif", b"avif", b"mif1"),
    "image/gif": b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;",
    "video/mp4": _boxes(b"isom", b"isom", b"mp41"),
    "video/webm": _ebml(b"webm") + bytes(64),
    "application/pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
}
"""The beginnings of a file of each type that is taken."""


def faq(question: str = "Where is the cloakroom?", answer: str = "On the left.") -> Faq:
    return Faq((Question(question, answer),))


def a_page(body: Body | None = None, **changes: Any) -> Page:
    """Return a draft in English, about what many ask unless told otherwise."""
    facts: dict[str, Any] = {
        "venue_id": VENUE,
        "kind": PageKind.FAQ,
        "default_language": "en",
        "translations": {"en": Translation("Questions", body or faq())},
        "by": ANN,
        "now": NOON,
    }
    return Page.new(PageId(changes.pop("id", None) or uuid7()), **(facts | changes))


def a_photo_page(*media_ids: MediaId, **changes: Any) -> Page:
    translations = {"en": Translation("Photos", Photo(media_ids))}
    return a_page(**({"kind": PageKind.PHOTO, "translations": translations} | changes))


def published(page: Page) -> Page:
    return page.publish(by=ANN, now=NOON)


def some_media(**changes: Any) -> Media:
    """Return an image that is ready."""
    media_id = MediaId(changes.pop("id", None) or uuid7())
    media = Media.uploading(
        media_id,
        venue_id=changes.pop("venue_id", VENUE),
        facts=changes.pop("facts", MediaFacts(MediaKind.IMAGE, {"en": "The hall", "de": "Der Saal"})),
        file=changes.pop("file", StoredFile("image/png", 69, "0a" * 32, "hall.png")),
        storage_key=str(media_id),
        by=ANN,
        now=NOON,
    )
    return replace(media, **({"state": MediaState.READY} | changes))


def a_view(section: str, row: str | None = None, seat: str | None = None, **changes: Any) -> Media:
    place, point = SeatPlace(section, row, seat), FocalPoint(500, 250)
    return some_media(facts=MediaFacts(MediaKind.VIEW_FROM_SEAT, {"en": "The stage"}, place, point), **changes)


class FileInHand(IncomingFile):
    """Bytes that came in, by the type that was declared."""

    def __init__(self, content: bytes, declared_type: str = "image/png", name: str = "hall.png") -> None:
        self._content = content
        self.declared_type = declared_type
        self.name = name
        self.length_bytes = len(content)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.head = content[:HEAD_BYTES]
        self.tail = content[-TAIL_BYTES:]

    @override
    async def chunks(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._content), 1000):
            yield self._content[at : at + 1000]
