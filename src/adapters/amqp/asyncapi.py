"""The AsyncAPI document of what is published over RabbitMQ, made from the types of the events themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import inspect

from adapters.amqp.event_examples import Json, example_of
from adapters.amqp.publisher import CONTENT_TYPE
from adapters.amqp.topology import EVENTS
from ports.events import Envelope, Event

ASYNCAPI = "3.0.0"
_SCHEMAS = "#/components/schemas/"
_AMQP_BINDING = "0.3.0"


def asyncapi_document(sources: Mapping[type[Event], str], *, version: str) -> Json:
    """Describe events, each with the `source` that publishes it, as CloudEvents in structured mode: one channel each.

    Raises TypeError for an event with a member of a type that no example is known of.
    """
    events = sorted(sources, key=lambda event: event.event_type)
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Fairseat",
            "version": version,
            "description": (
                "What happened, told at least once and in no promised order: remember the ids that you have taken. "
                f"Each event goes to the topic exchange `{EVENTS.name}` with its type as routing key, in an envelope "
                "with the attributes of CloudEvents 1.0. Members may be added to an event, and none is ever taken "
                "away or changes its meaning. Money is in minor units with an ISO 4217 code, times are RFC 3339 in UTC."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {event.event_type: _channel(event) for event in events},
        "operations": {event.__name__: _operation(event) for event in events},
        "components": {
            "messages": {event.__name__: _message(event, source=sources[event]) for event in events},
            "schemas": _schemas(events),
        },
    }


def _channel(event: type[Event]) -> Json:
    return {
        "address": event.event_type,
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": EVENTS.name,
                    "type": EVENTS.type.value,
                    "durable": EVENTS.durable,
                    "autoDelete": EVENTS.auto_delete,
                },
                "bindingVersion": _AMQP_BINDING,
            }
        },
    }


def _operation(event: type[Event]) -> Json:
    channel = f"#/channels/{event.event_type}"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "summary": _summary(event),
        "messages": [{"$ref": f"{channel}/messages/{event.__name__}"}],
    }


def _message(event: type[Event], *, source: str) -> Json:
    return {
        "name": event.event_type,
        "title": re.sub(r"(?<!^)(?=[A-Z])", " ", event.__name__).capitalize(),
        "summary": _summary(event),
        "contentType": CONTENT_TYPE,
        "tags": [{"name": event.event_type.partition(".")[0]}],
        "payload": {
            "allOf": [
                {"$ref": f"{_SCHEMAS}{Envelope.__name__}"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.event_type},
                        "source": {"const": source},
                        "data": {"$ref": f"{_SCHEMAS}{event.__name__}"},
                    },
                },
            ]
        },
        "bindings": {"amqp": {"messageType": event.event_type, "bindingVersion": _AMQP_BINDING}},
        "examples": [{"name": event.__name__, "payload": example_of(event, source=source)}],
    }


def _summary(event: type[Event]) -> str:
    return (event.__doc__ or "").partition("\n")[0]


def _schemas(events: Sequence[type[Event]]) -> Json:
    kinds = [Envelope, *events]
    _, found = msgspec.json.schema_components(kinds, ref_template=f"{_SCHEMAS}{{name}}")
    schemas: Json = dict(sorted(found.items()))
    for struct in _structs(inspect.multi_type_info(kinds)):
        for member in struct.fields:
            _say_moment(schemas[struct.cls.__name__]["properties"][member.encode_name], member.type)
    envelope = schemas[Envelope.__name__]
    for member in next(_structs([inspect.type_info(Envelope)])).fields:
        if not member.required:
            # The code need not name it, yet it is always sent, and always the same.
            envelope["properties"][member.encode_name] = {"type": "string", "const": member.default}
            envelope["required"].append(member.encode_name)
    return schemas


def _structs(kinds: Sequence[inspect.Type]) -> Iterator[inspect.StructType]:
    """Yield every struct that these types are made of, some more than once."""
    for kind in kinds:
        match kind:
            case inspect.StructType(fields=members):
                yield kind
                yield from _structs([member.type for member in members])
            case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
                yield from _structs([item])
            case inspect.UnionType(types=several):
                yield from _structs(several)
            case _:
                continue


def _say_moment(schema: Json, kind: inspect.Type) -> None:
    """Give moments their format, which a type hint without limits does not."""
    match kind:
        case inspect.DateTimeType():
            schema["format"] = "date-time"
        case inspect.UnionType(types=several) if any(isinstance(one, inspect.DateTimeType) for one in several):
            next(one for one in schema["anyOf"] if one["type"] == "string")["format"] = "date-time"
        case _:
            return
