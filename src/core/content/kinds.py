"""What a page is about."""

from enum import StrEnum


class PageKind(StrEnum):
    """Each kind has a body of its own, see `bodies`."""

    FLOOR_PLAN = "FLOOR_PLAN"
    SEATING_CHART = "SEATING_CHART"
    PHOTO = "PHOTO"
    VIDEO = "VIDEO"
    VIRTUAL_TOUR = "VIRTUAL_TOUR"
    AMENITIES = "AMENITIES"
    DIRECTIONS = "DIRECTIONS"
    PARKING_INFO = "PARKING_INFO"
    ACCESSIBILITY_INFO = "ACCESSIBILITY_INFO"
    POLICIES = "POLICIES"
    FAQ = "FAQ"
