"""The application without servers: for its OpenAPI document."""

import json

from litestar import Litestar

from bootstrap.settings import read_settings, variables
from bootstrap.topology import build_platform

_PLACEHOLDERS = {"URL": "none://nowhere"}


def create_openapi_app() -> Litestar:
    """Build the application with settings that lead nowhere; it can describe itself, and serve nothing."""
    required = {name: _PLACEHOLDERS.get(name.rsplit("_", 1)[1], "-") for name, _, _, needed in variables() if needed}
    return build_platform(read_settings(required)).app()


def openapi_document() -> str:
    """Return the OpenAPI document as JSON in an order that only a change of the API changes."""
    return json.dumps(create_openapi_app().openapi_schema.to_schema(), indent=1, sort_keys=True, default=str) + "\n"
