"""What content refuses."""

from collections.abc import Sequence
from typing import ClassVar

from core.shared.errors import DomainError, InvalidInputError, Problem
from core.shared.ids import MediaId, PageId


class PageNotFoundError(DomainError):
    """There is no such page in this organisation, or the caller may not see it."""

    code: ClassVar[str] = "content.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such page.")


class ContentVenueNotFoundError(DomainError):
    """The organisation has no such venue."""

    code: ClassVar[str] = "content.venue_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such venue in the organisation.")


class InvalidPageError(InvalidInputError):
    """A page that cannot be kept; `problems` names every member at fault, not only the first."""

    code: ClassVar[str] = "content.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The page cannot be accepted: " + " ".join(each.message for each in problems), problems)


class PageStepError(DomainError):
    """The page's status does not allow the step."""

    code: ClassVar[str] = "content.step_refused"


class PageKeptError(DomainError):
    """What was published once is kept: such a page is archived, and never deleted."""

    code: ClassVar[str] = "content.published_kept"

    def __init__(self) -> None:
        super().__init__("What was published once is kept; archive the page instead.")


class MediaNotFoundError(DomainError):
    """There is no such file in this organisation, or the caller may not see it."""

    code: ClassVar[str] = "content.media_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such file.")


class InvalidMediaError(InvalidInputError):
    """What is said about a file cannot be accepted; `problems` names every member at fault."""

    code: ClassVar[str] = "content.media_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The file cannot be accepted: " + " ".join(each.message for each in problems), problems)


class FileTypeError(DomainError):
    """The bytes are of no type that is taken, not of the type that was declared, or of two at once."""

    code: ClassVar[str] = "content.file_type_refused"


class FileTooLargeError(DomainError):
    """The file has more bytes than are taken."""

    code: ClassVar[str] = "content.file_too_large"

    def __init__(self, *, bytes_max: int) -> None:
        super().__init__(f"A file has at most {bytes_max} bytes.")


class MediaInUseError(DomainError):
    """Published pages show the file, or are about to; `problems` names them."""

    code: ClassVar[str] = "content.media_in_use"

    def __init__(self, pages: Sequence[PageId]) -> None:
        super().__init__(
            "Published pages show this file: " + ", ".join(str(each) for each in pages) + ".",
            [Problem("", f"The page {each} shows it.") for each in pages],
        )


class UploadInterruptedError(DomainError):
    """The upload took so long that it was tidied up meanwhile; nothing is kept of it."""

    code: ClassVar[str] = "content.upload_interrupted"

    def __init__(self) -> None:
        super().__init__("The upload took too long and was given up; send the file again.")


class MediaGoneError(DomainError):
    """What is to be published shows files that are not there any more; `problems` names them."""

    code: ClassVar[str] = "content.media_gone"

    def __init__(self, media_ids: Sequence[MediaId]) -> None:
        super().__init__(
            "The page shows files that are not there any more.",
            [Problem("", f"The file {each} is not there.") for each in media_ids],
        )
