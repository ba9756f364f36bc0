"""Bodies of pages over HTTP: one shape a kind, read strictly, and written as they were read."""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.content.bodies import BODIES, AccessFeature, Body, TravelMode
from core.content.kinds import PageKind
from core.content.texts import TEXT_LENGTH_MAX, TITLE_LENGTH_MAX
from core.shared.errors import InvalidInputError
from ports.decoding import problem_in

type Line = Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
type LongText = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX, description="Plain text, no markup.")]
type Count = Annotated[int, Meta(ge=0, le=1_000_000)]
type AnyBody = dict[str, object]
"""A body before it is known what kind of page it is for."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """Part of a body; what is not said is left out."""


class _Whole(_Part, frozen=True, tag_field="kind"):
    """A whole body; it tells its kind in answers, and need not in requests."""


class FloorPlanBody(_Whole, frozen=True, tag="FLOOR_PLAN"):
    """FLOOR_PLAN: a plan of one floor, as an image or a document."""

    media_id: UUID
    level: Line | None = None
    text: LongText | None = None


class SeatingChartBody(_Whole, frozen=True, tag="SEATING_CHART"):
    """SEATING_CHART: how the seats lie, as an image or a document."""

    media_id: UUID
    text: LongText | None = None


class PhotoBody(_Whole, frozen=True, tag="PHOTO"):
    """PHOTO: images, in the order in which they are shown."""

    media_ids: tuple[UUID, ...]
    caption: LongText | None = None


class VideoBody(_Whole, frozen=True, tag="VIDEO"):
    """VIDEO: a film, the image that stands for it, and what is said in it."""

    media_id: UUID
    poster_id: UUID | None = None
    transcript: LongText | None = None


class SceneBody(_Part, frozen=True):
    """A place of a virtual tour."""

    name: Line
    media_id: UUID


class VirtualTourBody(_Whole, frozen=True, tag="VIRTUAL_TOUR"):
    """VIRTUAL_TOUR: scenes to be walked through, a link to a tour elsewhere (https), or both."""

    scenes: tuple[SceneBody, ...] = ()
    link: Annotated[str, Meta(max_length=2000)] | None = None


class AmenityBody(_Part, frozen=True):
    """Something that visitors find there."""

    name: Line
    details: LongText | None = None


class AmenitiesBody(_Whole, frozen=True, tag="AMENITIES"):
    """AMENITIES: what there is for visitors."""

    amenities: tuple[AmenityBody, ...]


class RouteBody(_Part, frozen=True):
    """One way to the venue."""

    mode: TravelMode
    text: LongText
    minutes: Count | None = None


class DirectionsBody(_Whole, frozen=True, tag="DIRECTIONS"):
    """DIRECTIONS: the ways to the venue, each mode once."""

    routes: tuple[RouteBody, ...]


class ParkingAreaBody(_Part, frozen=True):
    """A place to park; what it costs is a text, since nothing is sold by it."""

    name: Line
    spaces: Count | None = None
    accessible_spaces: Count | None = None
    height_max_cm: Count | None = None
    price: Line | None = None


class ParkingInfoBody(_Whole, frozen=True, tag="PARKING_INFO"):
    """PARKING_INFO: where to park; without areas the text says so."""

    text: LongText | None = None
    areas: tuple[ParkingAreaBody, ...] = ()


class AccessibilityInfoBody(_Whole, frozen=True, tag="ACCESSIBILITY_INFO"):
    """ACCESSIBILITY_INFO: what makes the venue accessible, and whom to ask."""

    features: tuple[AccessFeature, ...] = ()
    text: LongText | None = None
    contact_email: Annotated[str, Meta(max_length=254)] | None = None
    contact_phone: Annotated[str, Meta(max_length=40)] | None = None


class PolicyBody(_Part, frozen=True):
    """One rule of the house."""

    title: Line
    text: LongText


class PoliciesBody(_Whole, frozen=True, tag="POLICIES"):
    """POLICIES: the rules of the house."""

    policies: tuple[PolicyBody, ...]


class QuestionBody(_Part, frozen=True):
    """A question with its answer."""

    question: Annotated[str, Meta(min_length=1, max_length=500)]
    answer: LongText


class FaqBody(_Whole, frozen=True, tag="FAQ"):
    """FAQ: questions that many ask."""

    entries: tuple[QuestionBody, ...]


type BodyOfKind = (
    FloorPlanBody
    | SeatingChartBody
    | PhotoBody
    | VideoBody
    | VirtualTourBody
    | AmenitiesBody
    | DirectionsBody
    | ParkingInfoBody
    | AccessibilityInfoBody
    | PoliciesBody
    | FaqBody
)

type Kind = Literal[
    "FLOOR_PLAN",
    "SEATING_CHART",
    "PHOTO",
    "VIDEO",
    "VIRTUAL_TOUR",
    "AMENITIES",
    "DIRECTIONS",
    "PARKING_INFO",
    "ACCESSIBILITY_INFO",
    "POLICIES",
    "FAQ",
]

SHAPES: Mapping[PageKind, type[BodyOfKind]] = {
    PageKind.FLOOR_PLAN: FloorPlanBody,
    PageKind.SEATING_CHART: SeatingChartBody,
    PageKind.PHOTO: PhotoBody,
    PageKind.VIDEO: VideoBody,
    PageKind.VIRTUAL_TOUR: VirtualTourBody,
    PageKind.AMENITIES: AmenitiesBody,
    PageKind.DIRECTIONS: DirectionsBody,
    PageKind.PARKING_INFO: ParkingInfoBody,
    PageKind.ACCESSIBILITY_INFO: AccessibilityInfoBody,
    PageKind.POLICIES: PoliciesBody,
    PageKind.FAQ: FaqBody,
}
"""How the body of each kind is written."""


def read_body(kind: PageKind, given: AnyBody, *, pointer: str) -> Body:
    """Return the body; raises InvalidInputError, which tells the place, for one that the kind does not have."""
    try:
        shape = msgspec.convert(given, SHAPES[kind])
    except msgspec.ValidationError as error:
        problem = problem_in(error, inside=pointer)
        raise InvalidInputError(f"{problem.pointer}: {problem.message}", [problem]) from None
    return msgspec.convert(shape, BODIES[kind], from_attributes=True)


def shown_body(kind: PageKind, body: Body) -> BodyOfKind:
    """Return the body as it is written."""
    return msgspec.convert(body, SHAPES[kind], from_attributes=True)
