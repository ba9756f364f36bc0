"""The AsyncAPI document in docs/ is what the types of the events say, and what AsyncAPI 3.0 asks of a document."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.amqp.event_examples import example_of
from bootstrap.asyncapi import SERVICE_OF, events_document, published_events
from bootstrap.topology import all_services
from ports.events import Envelope, Event
from tests.architecture.sources import import_everything, subclasses

import_everything("ports.published")
EVENTS = subclasses(Event)
DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.json"
NAME = re.compile(r"[A-Za-z0-9._-]+")
MEMBERS = {
    "document": {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"},
    "channel": {"address", "messages", "bindings"},
    "operation": {"action", "channel", "summary", "messages"},
    "message": {"name", "title", "summary", "contentType", "tags", "payload", "bindings", "examples"},
}
"""What AsyncAPI 3.0 knows and we use; it refuses members that it does not know."""

NOT_IN_DRAFT_7 = {"$defs", "prefixItems", "unevaluatedProperties", "dependentRequired", "minContains", "$dynamicRef"}
"""A schema without a format of its own is one of draft 7."""

type Json = dict[str, Any]


@pytest.fixture
def document() -> Json:
    found: Json = json.loads(DOCUMENT.read_text())
    return found


def walk(value: object) -> Iterator[Json]:
    """Yield every object below."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from walk(member)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def resolved(document: Json, pointer: str) -> Any:
    """Return what a reference within the document points at; raises KeyError when that is nothing."""
    assert pointer.startswith("#/"), f"{pointer} leads out of the document"
    found: Any = document
    for step in pointer[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def faults(document: Json) -> list[str]:
    """Return what is wrong with a document by the rules of AsyncAPI that matter here."""
    head = (document["asyncapi"], bool(document["info"]["title"]), bool(document["info"]["version"]))
    names = (name for part in document["components"].values() for name in part)
    return [
        *(["the document does not say what it is"] if head != ("3.0.0", True, True) else []),
        *(f"{name} is no name" for name in names if not NAME.fullmatch(name)),
        *unknown("document", {"document": document}),
        *unknown("channel", document["channels"]),
        *unknown("operation", document["operations"]),
        *unknown("message", document["components"]["messages"]),
        *reference_faults(document),
        *channel_faults(document["channels"]),
        *operation_faults(document["operations"]),
        *(
            f"{word} is not of draft 7"
            for each in walk(document["components"])
            for word in each.keys() & NOT_IN_DRAFT_7
        ),
    ]


def unknown(kind: str, parts: Json) -> Iterator[str]:
    for name, part in parts.items():
        yield from (f"{kind} {name} has {member}" for member in part.keys() - MEMBERS[kind])


def reference_faults(document: Json) -> Iterator[str]:
    for each in walk(document):
        if "$ref" not in each:
            continue
        if len(each) > 1:
            yield f"{each} is a reference and more"
        try:
            resolved(document, each["$ref"])
        except (KeyError, TypeError):
            yield f"{each} points at nothing"


def channel_faults(channels: Json) -> Iterator[str]:
    for name, channel in channels.items():
        if not channel["messages"] or not channel["address"]:
            yield f"channel {name} has no message, or no address"


def operation_faults(operations: Json) -> Iterator[str]:
    for name, operation in operations.items():
        if operation["action"] not in {"send", "receive"}:
            yield f"operation {name} does neither send nor receive"
        own = f"{operation['channel']['$ref']}/messages/"
        if not all(message["$ref"].startswith(own) for message in operation["messages"]):
            yield f"operation {name} has a message of another channel"


def test_the_document_in_docs_is_what_the_events_are() -> None:
    assert DOCUMENT.read_text() == events_document(), "an event changed: look at the difference, then `make asyncapi`"


def test_the_document_keeps_the_rules(document: Json) -> None:
    assert faults(document) == []


def test_a_document_that_breaks_a_rule_is_found_out(document: Json) -> None:
    kind = "payments.payment.succeeded"
    breaks: list[Callable[[Json], object]] = [
        lambda broken: broken["components"]["schemas"].pop("PaymentSucceeded"),
        lambda broken: broken["channels"].pop(kind),
        lambda broken: broken["channels"][kind].update(messages={}),
        lambda broken: broken["channels"][kind].update(subscribe={}),
        lambda broken: broken["operations"]["PaymentSucceeded"].update(action="publish"),
        lambda broken: broken["operations"]["PaymentSucceeded"].update(channel={"$ref": "#/channels/venue.created"}),
        lambda broken: broken["components"]["schemas"]["Envelope"].update(prefixItems=[]),
        lambda broken: broken["components"]["messages"].update({"Payment succeeded": {}}),
        lambda broken: broken.update(asyncapi="2.6.0"),
        lambda broken: broken.update(servers={}),
    ]
    for break_it in breaks:
        broken = deepcopy(document)
        break_it(broken)
        assert faults(broken) != []


def test_every_event_has_a_channel_a_message_and_an_operation_of_its_own(document: Json) -> None:
    assert set(published_events()) == set(EVENTS)
    assert document["channels"].keys() == {event.event_type for event in EVENTS}
    assert document["operations"].keys() == {event.__name__ for event in EVENTS}
    for event in EVENTS:
        channel = document["channels"][event.event_type]
        assert channel["address"] == event.event_type
        (reference,) = channel["messages"].values()
        message = resolved(document, reference["$ref"])
        assert message["name"] == event.event_type
        attributes = message["payload"]["allOf"][1]["properties"]
        assert attributes["type"] == {"const": event.event_type}
        assert resolved(document, attributes["data"]["$ref"])["title"] == event.__name__
        assert message["summary"] and message["contentType"] == "application/cloudevents+json"


def test_the_sources_are_services() -> None:
    assert set(SERVICE_OF.values()) <= {service.name for service in all_services()}


def test_the_envelope_has_the_attributes_of_cloudevents(document: Json) -> None:
    envelope = document["components"]["schemas"]["Envelope"]
    assert {"id", "source", "specversion", "type"} <= set(envelope["required"])
    assert envelope["properties"]["specversion"]["const"] == "1.0"
    for attribute in envelope["properties"]:
        assert re.fullmatch("[a-z0-9]{1,20}", attribute), "CloudEvents allows lower-case letters and digits only"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_the_example_is_an_event_that_can_be_read(event: type[Event], document: Json) -> None:
    message = document["components"]["messages"][event.__name__]
    (example,) = message["examples"]
    envelope = msgspec.json.decode(json.dumps(example["payload"]), type=Envelope)
    assert envelope.type == event.event_type
    assert envelope.source == message["payload"]["allOf"][1]["properties"]["source"]["const"]
    assert json.loads(msgspec.json.encode(envelope.decode(event))) == example["payload"]["data"]
    assert json.loads(msgspec.json.encode(envelope)) == example["payload"]
    schema = document["components"]["schemas"][event.__name__]
    assert set(schema["required"]) <= example["payload"]["data"].keys() <= schema["properties"].keys()


def test_a_type_without_an_example_is_refused() -> None:
    class Measured(msgspec.Struct):
        length: float

    Measured.event_type = "measured"  # type: ignore[attr-defined]  # stands in for an event, without becoming one
    with pytest.raises(TypeError, match="FloatType, which length is"):
        example_of(Measured, source="fairseat/test")  # type: ignore[arg-type]  # as above
