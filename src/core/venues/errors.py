"""What can be wrong with a command on venues."""

from core.shared.errors import DomainError


class VenueNotFoundError(DomainError):
    """There is no such venue in this tenant, or it was deleted."""

    code = "venues.not_found"


class SectionNotFoundError(DomainError):
    """The venue has no such layout section."""

    code = "venues.section_not_found"


class SectionNameTakenError(DomainError):
    """Another section of the venue has the name."""

    code = "venues.section_name_taken"


class SlugTakenError(DomainError):
    """Another venue of the organisation has the slug; the next one is tried."""

    code = "venues.slug_taken"
