"""What stands in a page, one type a kind. Nothing here is markup: texts are plain, and clients lay them out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.content.file_types import FileForm
from core.content.kinds import PageKind
from core.shared.ids import MediaId


class TravelMode(StrEnum):
    """How people come."""

    CAR = "CAR"
    PUBLIC_TRANSPORT = "PUBLIC_TRANSPORT"
    BICYCLE = "BICYCLE"
    WALKING = "WALKING"
    TAXI = "TAXI"
    COACH = "COACH"


class AccessFeature(StrEnum):
    """What makes a venue accessible."""

    STEP_FREE = "STEP_FREE"
    LIFT = "LIFT"
    WHEELCHAIR_SPACES = "WHEELCHAIR_SPACES"
    COMPANION_SEATS = "COMPANION_SEATS"
    ACCESSIBLE_TOILET = "ACCESSIBLE_TOILET"
    ACCESSIBLE_PARKING = "ACCESSIBLE_PARKING"
    HEARING_LOOP = "HEARING_LOOP"
    SIGN_LANGUAGE = "SIGN_LANGUAGE"
    AUDIO_DESCRIPTION = "AUDIO_DESCRIPTION"
    QUIET_ROOM = "QUIET_ROOM"
    ASSISTANCE_DOGS = "ASSISTANCE_DOGS"


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """A plan of one floor, as an image or a document."""

    media_id: MediaId
    level: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class SeatingChart:
    """How the seats lie, as an image or a document."""

    media_id: MediaId
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """Images, in the order in which they are shown."""

    media_ids: tuple[MediaId, ...]
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Video:
    """A film, the image that stands for it, and what is said in it."""

    media_id: MediaId
    poster_id: MediaId | None = None
    transcript: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A place of a virtual tour."""

    name: str
    media_id: MediaId


@dataclass(frozen=True, slots=True)
class VirtualTour:
    """Scenes to be walked through, a link to a tour elsewhere, or both."""

    scenes: tuple[Scene, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Amenity:
    """Something that visitors find there."""

    name: str
    details: str | None = None


@dataclass(frozen=True, slots=True)
class Amenities:
    """What there is for visitors."""

    amenities: tuple[Amenity, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One way to the venue."""

    mode: TravelMode
    text: str
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Directions:
    """The ways to the venue, each mode once."""

    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class ParkingArea:
    """A place to park; what it costs is a text, since nothing is sold by it."""

    name: str
    spaces: int | None = None
    accessible_spaces: int | None = None
    height_max_cm: int | None = None
    price: str | None = None


@dataclass(frozen=True, slots=True)
class ParkingInfo:
    """Where to park; without areas the text says so."""

    text: str | None = None
    areas: tuple[ParkingArea, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessibilityInfo:
    """What makes the venue accessible, and whom to ask."""

    features: tuple[AccessFeature, ...]
    text: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule of the house."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of the house."""

    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Faq:
    """Questions that many ask."""

    entries: tuple[Question, ...]


type Body = (
    FloorPlan
    | SeatingChart
    | Photo
    | Video
    | VirtualTour
    | Amenities
    | Directions
    | ParkingInfo
    | AccessibilityInfo
    | Policies
    | Faq
)

BODIES: Mapping[PageKind, type[Body]] = {
    PageKind.FLOOR_PLAN: FloorPlan,
    PageKind.SEATING_CHART: SeatingChart,
    PageKind.PHOTO: Photo,
    PageKind.VIDEO: Video,
    PageKind.VIRTUAL_TOUR: VirtualTour,
    PageKind.AMENITIES: Amenities,
    PageKind.DIRECTIONS: Directions,
    PageKind.PARKING_INFO: ParkingInfo,
    PageKind.ACCESSIBILITY_INFO: AccessibilityInfo,
    PageKind.POLICIES: Policies,
    PageKind.FAQ: Faq,
}
"""The body that each kind has."""


_IMAGES = frozenset({FileForm.IMAGE})
_PLANS = _IMAGES | {FileForm.DOCUMENT}
_FILMS = frozenset({FileForm.VIDEO})


@dataclass(frozen=True, slots=True)
class MediaUse:
    """A place of a body that shows a file, and the forms that fit there."""

    pointer: str
    media_id: MediaId
    forms: frozenset[FileForm]


def media_in(body: Body) -> Iterator[MediaUse]:
    """Yield where a body shows media, in order."""
    match body:
        case FloorPlan() | SeatingChart():
            yield MediaUse("/mediaId", body.media_id, _PLANS)
        case Photo():
            for index, media_id in enumerate(body.media_ids):
                yield MediaUse(f"/mediaIds/{index}", media_id, _IMAGES)
        case Video():
            yield MediaUse("/mediaId", body.media_id, _FILMS)
            if body.poster_id is not None:
                yield MediaUse("/posterId", body.poster_id, _IMAGES)
        case VirtualTour():
            for index, scene in enumerate(body.scenes):
                yield MediaUse(f"/scenes/{index}/mediaId", scene.media_id, _IMAGES | _FILMS)
        case Amenities() | Directions() | ParkingInfo() | AccessibilityInfo() | Policies() | Faq():
            return
