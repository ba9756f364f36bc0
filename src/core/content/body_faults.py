"""What is wrong with the body of a page, each fault with its place."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from core.content.bodies import (
    AccessibilityInfo,
    Amenities,
    Body,
    Directions,
    Faq,
    FloorPlan,
    ParkingInfo,
    Photo,
    Policies,
    SeatingChart,
    Video,
    VirtualTour,
)
from core.content.texts import line_faults, text_faults
from core.shared.emails import Email
from core.shared.errors import InvalidInputError, Problem

ITEMS_MAX = 100
MEDIA_MAX = 50
_QUESTION_LENGTH_MAX = 500
_COUNT_MAX = 1_000_000
_MINUTES_MAX = 24 * 60
_LINK = re.compile(r"https://[^\s/?#]+\.[^\s/?#]+\S*")
_LINK_LENGTH_MAX = 2_000
_PHONE = re.compile(r"\+?[0-9 ()/.-]{3,40}")


def body_faults(body: Body, pointer: str) -> Iterator[Problem]:
    """Yield what is wrong with a body that stands at the pointer."""
    match body:
        case FloorPlan() | SeatingChart() | Photo() | Video() | VirtualTour():
            return _seen_faults(body, pointer)
        case Amenities() | Directions() | ParkingInfo() | AccessibilityInfo() | Policies() | Faq():
            return _read_faults(body, pointer)


def _seen_faults(body: FloorPlan | SeatingChart | Photo | Video | VirtualTour, pointer: str) -> Iterator[Problem]:
    match body:
        case FloorPlan():
            yield from _line(f"{pointer}/level", body.level)
            yield from _text(f"{pointer}/text", body.text)
        case SeatingChart():
            yield from _text(f"{pointer}/text", body.text)
        case Photo():
            yield from _count(f"{pointer}/mediaIds", body.media_ids, items_max=MEDIA_MAX)
            yield from _once(f"{pointer}/mediaIds", [str(each) for each in body.media_ids])
            yield from _text(f"{pointer}/caption", body.caption)
        case Video():
            yield from _text(f"{pointer}/transcript", body.transcript)
        case VirtualTour():
            yield from _tour_faults(body, pointer)


def _read_faults(
    body: Amenities | Directions | ParkingInfo | AccessibilityInfo | Policies | Faq, pointer: str
) -> Iterator[Problem]:
    match body:
        case Amenities(amenities):
            yield from _count(f"{pointer}/amenities", amenities)
            for index, amenity in enumerate(amenities):
                yield from line_faults(f"{pointer}/amenities/{index}/name", amenity.name)
                yield from _text(f"{pointer}/amenities/{index}/details", amenity.details)
        case Directions():
            yield from _directions_faults(body, pointer)
        case ParkingInfo():
            yield from _parking_faults(body, pointer)
        case AccessibilityInfo():
            yield from _accessibility_faults(body, pointer)
        case Policies(policies):
            yield from _count(f"{pointer}/policies", policies)
            for index, policy in enumerate(policies):
                yield from line_faults(f"{pointer}/policies/{index}/title", policy.title)
                yield from text_faults(f"{pointer}/policies/{index}/text", policy.text)
        case Faq(entries):
            yield from _count(f"{pointer}/entries", entries)
            for index, entry in enumerate(entries):
                yield from line_faults(
                    f"{pointer}/entries/{index}/question", entry.question, length_max=_QUESTION_LENGTH_MAX
                )
                yield from text_faults(f"{pointer}/entries/{index}/answer", entry.answer)


def _directions_faults(directions: Directions, pointer: str) -> Iterator[Problem]:
    yield from _count(f"{pointer}/routes", directions.routes)
    yield from _once(f"{pointer}/routes", [each.mode for each in directions.routes])
    for index, route in enumerate(directions.routes):
        yield from text_faults(f"{pointer}/routes/{index}/text", route.text)
        yield from _number(f"{pointer}/routes/{index}/minutes", route.minutes, most=_MINUTES_MAX)


def _tour_faults(tour: VirtualTour, pointer: str) -> Iterator[Problem]:
    if not tour.scenes and tour.link is None:
        yield Problem(pointer, "A tour has scenes, a link, or both.")
    yield from _count(f"{pointer}/scenes", tour.scenes, items_min=0, items_max=MEDIA_MAX)
    for index, scene in enumerate(tour.scenes):
        yield from line_faults(f"{pointer}/scenes/{index}/name", scene.name)
    if tour.link is not None and (len(tour.link) > _LINK_LENGTH_MAX or not _LINK.fullmatch(tour.link)):
        yield Problem(f"{pointer}/link", "A link begins with https:// and a host.")


def _parking_faults(parking: ParkingInfo, pointer: str) -> Iterator[Problem]:
    if parking.text is None and not parking.areas:
        yield Problem(pointer, "Say something about parking: a text, areas, or both.")
    yield from _text(f"{pointer}/text", parking.text)
    yield from _count(f"{pointer}/areas", parking.areas, items_min=0)
    for index, area in enumerate(parking.areas):
        at = f"{pointer}/areas/{index}"
        yield from line_faults(f"{at}/name", area.name)
        yield from _line(f"{at}/price", area.price)
        numbers = (("spaces", area.spaces), ("accessibleSpaces", area.accessible_spaces))
        for name, number in (*numbers, ("heightMaxCm", area.height_max_cm)):
            yield from _number(f"{at}/{name}", number, most=_COUNT_MAX)


def _accessibility_faults(info: AccessibilityInfo, pointer: str) -> Iterator[Problem]:
    yield from _count(f"{pointer}/features", info.features, items_min=0)
    yield from _once(f"{pointer}/features", info.features)
    yield from _text(f"{pointer}/text", info.text)
    if not info.features and info.text is None:
        yield Problem(pointer, "Say something about accessibility: features, a text, or both.")
    if info.contact_phone is not None and not _PHONE.fullmatch(info.contact_phone):
        yield Problem(f"{pointer}/contactPhone", "This is no telephone number.")
    if info.contact_email is not None:
        try:
            Email.parse(info.contact_email, pointer=f"{pointer}/contactEmail")
        except InvalidInputError as error:
            yield from error.problems


def _line(pointer: str, text: str | None) -> Iterator[Problem]:
    return chain() if text is None else line_faults(pointer, text)


def _text(pointer: str, text: str | None) -> Iterator[Problem]:
    return chain() if text is None else text_faults(pointer, text)


def _count(
    pointer: str, items: Sequence[object], *, items_min: int = 1, items_max: int = ITEMS_MAX
) -> Iterator[Problem]:
    if not items_min <= len(items) <= items_max:
        yield Problem(pointer, f"There must be from {items_min} to {items_max} of them.")


def _once(pointer: str, items: Sequence[str]) -> Iterator[Problem]:
    if len(set(items)) < len(items):
        yield Problem(pointer, "Each may be named once.")


def _number(pointer: str, number: int | None, *, most: int) -> Iterator[Problem]:
    if number is not None and not 0 <= number <= most:
        yield Problem(pointer, f"The number must be from 0 to {most}.")
