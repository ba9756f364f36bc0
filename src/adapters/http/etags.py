"""Entity tags from versions, and the version that an update expects (RFC 9110, If-Match and If-None-Match)."""

import re
from typing import Annotated

from litestar.params import HeaderParameter

from core.shared.errors import DomainError, StaleVersionError

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag that was read.")]
"""A handler's parameter; not a `type` alias, since Litestar does not look through those."""

_TAG = re.compile(r'"v(\d{1,9})"')


class VersionRequiredError(DomainError):
    """An update came without If-Match, so it could overwrite what its sender never saw."""

    code = "request.version_required"


def etag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"v{version}"'


def expected_version(if_match: str | None) -> int:
    """Return the version that the client read.

    Raises VersionRequiredError without a header, and StaleVersionError for a tag that no version of ours ever had.
    """
    if if_match is None:
        raise VersionRequiredError("Send the ETag that you read in If-Match.")
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise StaleVersionError("If-Match holds no ETag of this resource.")
    return int(found.group(1))


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Tell whether the client has what the tag names already; its own tags may be marked as weak."""
    if if_none_match is None:
        return False
    known = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in known or known == {"*"}
