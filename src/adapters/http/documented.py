"""What the OpenAPI document says of a handler beyond its signature: how it may fail, and what all POSTs take."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, override

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Parameter, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import ParameterKwarg
from litestar.plugins import OpenAPISchemaPlugin, ReceiveRoutePlugin
from litestar.routes import BaseRoute
from litestar.typing import FieldDefinition
from msgspec.structs import StructConfig

from adapters.http.callers import scope_of
from adapters.http.idempotency import KEY_LENGTH_MAX
from adapters.http.problems import PROBLEM_RESPONSES, problem_spec

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NOT_MODIFIED = ResponseSpec(None, description="What is at hand is what there is.", generate_examples=False)
_STALE = problem_spec("Changed since it was read; read it again for the ETag of today.")
_VERSION_REQUIRED = problem_spec("An update names the ETag that was read in `If-Match`.")
_TOO_LARGE = problem_spec("The body has more bytes than are taken.")


@dataclass
class IdempotentOperation(Operation):
    """An operation that keeps its first answer for a caller's Idempotency-Key."""

    def __post_init__(self) -> None:
        """Name the header, which no handler reads."""
        text = Schema(type=OpenAPIType.STRING, min_length=1, max_length=KEY_LENGTH_MAX)
        said = "With the same key and the same request, the answer is the first one; it is kept for a day."
        key = Parameter(name="Idempotency-Key", param_in="header", schema=text, description=said)
        self.parameters = [*(self.parameters or ()), key]


def raw_json(description: str) -> RequestBody:
    """Describe a JSON body that the handler reads by itself."""
    schema = Schema(type=OpenAPIType.OBJECT, description=description)
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True)


class DocumentedHandlers(ReceiveRoutePlugin):
    """Adds to the OpenAPI document which problem details a handler may answer, and which API keys it accepts."""

    @override
    def receive_route(self, route: BaseRoute) -> None:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.include_in_schema is not False:
                handler.responses = {**PROBLEM_RESPONSES, **dict(_answers(handler)), **(handler.responses or {})}
                scope = scope_of(handler)
                if scope is not None:
                    handler.security = [{"bearer": []}, {"apiKey": [scope.value]}]
                signed_in = not handler.opt.get("exclude_from_auth")
                if "POST" in handler.http_methods and signed_in and handler.operation_class is Operation:
                    handler.operation_class = IdempotentOperation


def _answers(handler: HTTPRouteHandler) -> Iterator[tuple[int, ResponseSpec]]:
    """Yield the answers that follow from what the handler reads."""
    fields = handler.parsed_fn_signature.parameters
    headers = {
        field.kwarg_definition.name for field in fields.values() if isinstance(field.kwarg_definition, ParameterKwarg)
    }
    if "If-None-Match" in headers:
        yield 304, _NOT_MODIFIED
    if "If-Match" in headers:
        yield 412, _STALE
        yield 428, _VERSION_REQUIRED
    if "data" in fields or not _WITH_BODY.isdisjoint(handler.http_methods):
        yield 413, _TOO_LARGE


class ClosedStructs(OpenAPISchemaPlugin):
    """Says of every body that refuses unknown members that it does."""

    @override
    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        kind: Any = field_definition.origin or field_definition.annotation
        config: StructConfig | None = getattr(kind, "__struct_config__", None)
        return config is not None and config.forbid_unknown_fields

    @override
    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Describe it as the framework does, which leaves this out."""
        describing = (
            plugin
            for plugin in schema_creator.plugins
            if plugin is not self and schema_creator.plugin_supports_field(plugin, field_definition)
        )
        schema: Schema = next(describing).to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        return schema


class Tuples(OpenAPISchemaPlugin):
    """Describes tuples of one type as lists: of any length, or of the one that they have, as a place on a map has two.

    The framework says of a tuple with limits that anything may be in it.
    """

    @override
    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return field_definition.origin is tuple and len(_kinds(field_definition)) == 1

    @override
    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Describe what is in it; the framework adds the limits."""
        inner = field_definition.inner_types
        items = schema_creator.for_field_definition(inner[0])
        length = None if inner[-1].annotation is Ellipsis else len(inner)
        return Schema(type=OpenAPIType.ARRAY, items=items, min_items=length, max_items=length)


def _kinds(field_definition: FieldDefinition) -> set[object]:
    return {kind.raw for kind in field_definition.inner_types or () if kind.annotation is not Ellipsis}
