"""Rules of media: what a file may be, what is said about it, and which view is nearest."""

import pytest

from adapters.system.file_types import MagicFileTypes
from core.content.errors import InvalidMediaError
from core.content.file_types import FORMS, TAIL_BYTES, disguises, type_named
from core.content.media import (
    DISTANCE_MAX,
    FocalPoint,
    MediaFacts,
    MediaKind,
    Nearness,
    SeatPlace,
    StoredFile,
    nearest_first,
    row_number,
    safe_name,
)
from tests.content_builders import FILES, a_png, a_view, some_media

ARCHIVE_END = b"PK\x05\x06" + bytes(16) + b"\0\0"


@pytest.mark.parametrize("content_type", FORMS)
def test_a_file_of_each_type_is_known_by_its_bytes_and_is_nothing_else(content_type: str) -> None:
    content = FILES[content_type]
    assert MagicFileTypes().type_of(content) == content_type
    assert list(disguises(content_type, head=content, tail=content)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!DOCTYPE html><html></html>",
        b"#!/bin/sh\n",
        b"MZ" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        bytes(4096),
    ],
)
def test_what_is_not_taken_is_not_taken_for_something_else(content: bytes) -> None:
    assert MagicFileTypes().type_of(content) not in FORMS


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (FILES["image/gif"] + b"/*<script>alert(1)</script>*/", "markup"),
        (FILES["image/jpeg"] + b"< HTML >", "markup"),
        (FILES["image/png"] + b"%PDF-1.4", "a PDF"),
        (a_png() + b"PK\x03\x04" + ARCHIVE_END, "an archive"),
        (a_png() + b"PK\x05\x06" + bytes(16) + b"\x03\0abc", "an archive"),
        (a_png() + ARCHIVE_END + bytes(100), "an archive"),
    ],
)
def test_a_file_that_could_be_read_as_another_is_seen(content: bytes, found: str) -> None:
    kind = MagicFileTypes().type_of(content)
    assert kind is not None and kind in FORMS
    assert list(disguises(kind, head=content[:4096], tail=content[-TAIL_BYTES:])) == [found]


def test_four_bytes_of_an_archive_alone_are_no_archive() -> None:
    tail = a_png() + b"PK\x05\x06" + bytes(16) + b"\xff\xff"
    assert list(disguises("image/png", head=tail, tail=tail)) == []


@pytest.mark.parametrize(
    ("declared", "name"),
    [("image/JPG", "image/jpeg"), ("image/png; charset=x", "image/png"), ("", ""), (" Video/MP4 ", "video/mp4")],
)
def test_a_declared_type_is_read_by_its_registered_name(declared: str, name: str) -> None:
    assert type_named(declared) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("hall.png", "hall.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\Saal groß.png", "Saal groß.png"),
        ('a"b\r\nX-Evil: 1.png', "a_b_X-Evil_ 1.png"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("x" * 500 + ".png", "x" * 116 + ".png"),
    ],
)
def test_a_file_name_loses_what_could_lead_elsewhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("facts", "content_type", "pointer"),
    [
        (MediaFacts(MediaKind.IMAGE), "image/png", "/alt"),
        (MediaFacts(MediaKind.VIEW_FROM_SEAT, {}, SeatPlace("A")), "image/png", "/alt"),
        (MediaFacts(MediaKind.IMAGE, {"en": " "}), "image/png", "/alt/en"),
        (MediaFacts(MediaKind.IMAGE, {"en": "x" * 501}), "image/png", "/alt/en"),
        (MediaFacts(MediaKind.VIDEO, {"en": "x"}), "image/png", "/kind"),
        (MediaFacts(MediaKind.IMAGE, {"en": "x"}), "video/mp4", "/kind"),
        (MediaFacts(MediaKind.DOCUMENT), "video/mp4", "/kind"),
        (MediaFacts(MediaKind.VIEW_FROM_SEAT, {"en": "x"}), "image/png", "/section"),
        (MediaFacts(MediaKind.IMAGE, {"en": "x"}, SeatPlace("A")), "image/png", "/section"),
        (MediaFacts(MediaKind.VIEW_FROM_SEAT, {"en": "x"}, SeatPlace("A", "\n")), "image/png", "/row"),
        (MediaFacts(MediaKind.IMAGE, {"en": "x"}, focal_point=FocalPoint(1001, 0)), "image/png", "/focalPoint"),
        (MediaFacts(MediaKind.VIDEO, focal_point=FocalPoint(1, 1)), "video/mp4", "/focalPoint"),
    ],
)
def test_what_is_said_about_a_file_must_fit_it(facts: MediaFacts, content_type: str, pointer: str) -> None:
    with pytest.raises(InvalidMediaError) as refusal:
        some_media(facts=facts, file=StoredFile(content_type, 1, "00", "x"))
    assert [each.pointer for each in refusal.value.problems] == [pointer]


@pytest.mark.parametrize(
    ("kind", "content_type"), [(MediaKind.VIDEO, "video/webm"), (MediaKind.DOCUMENT, "application/pdf")]
)
def test_only_images_need_a_text_that_says_what_they_show(kind: MediaKind, content_type: str) -> None:
    assert some_media(facts=MediaFacts(kind), file=StoredFile(content_type, 1, "00", "x")).facts.alt == {}


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("1", ("digits", 1)),
        ("012", ("digits", 12)),
        ("A", ("letters", 1)),
        (" z ", ("letters", 26)),
        ("AA", ("letters", 27)),
        ("Box 3", None),
        ("٣", None),
        ("", None),
    ],
)
def test_a_row_is_so_far_back_as_its_label_says(label: str, number: tuple[str, int] | None) -> None:
    assert row_number(label) == number


@pytest.mark.parametrize(
    ("row", "order"),
    [
        ("6", ["7", "3", "12", "C", "Box", None]),
        ("12", ["12", "7", "3", "C", "Box", None]),
        ("b", ["C", "12", "3", "7", "Box", None]),
        ("box", ["Box", "12", "3", "7", "C", None]),
        (None, ["3", "C", "7", "12", "Box", None]),
    ],
)
def test_the_nearest_view_comes_first_and_the_unknown_last(row: str | None, order: list[str | None]) -> None:
    views = [a_view("A", label) for label in ("12", "3", "7", "C", "Box", None)]

    found = nearest_first(views, row=row)

    assert [view.facts.place and view.facts.place.row for view in found] == order


def test_a_distance_is_counted_up_to_a_limit_beyond_which_all_are_equally_far() -> None:
    far, farther = a_view("A", str(DISTANCE_MAX + 1)), a_view("A", "9" * 50)
    assert Nearness.of(far, row="1").distance == DISTANCE_MAX
    assert Nearness.of(far, row="2").distance == DISTANCE_MAX - 1
    assert Nearness.of(farther, row="1") == Nearness(unknown=False, distance=DISTANCE_MAX, media_id=farther.id)
