"""Every published event has a type of its own that never changes its meaning, and carries plain values."""

import re
from typing import ClassVar, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest

from ports.events import Event
from tests.architecture.sources import import_everything, subclasses

import_everything("ports.published")
EVENTS = subclasses(Event)
EVENT_TYPE = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*){1,2}")


def test_there_are_events() -> None:
    assert EVENTS


def test_the_types_are_unique() -> None:
    types = [event.event_type for event in EVENTS]
    assert sorted(types) == sorted(set(types))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_is_published_typed_and_plain(event: type[Event]) -> None:
    assert event.__module__.startswith("ports.published.")
    assert "event_type" in vars(event)
    assert EVENT_TYPE.fullmatch(event.event_type)
    assert event.__struct_config__.frozen
    assert msgspec.json.schema(event)["$ref"].endswith(event.__name__)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_is_about_something(event: type[Event]) -> None:
    hints = {name: hint for name, hint in get_type_hints(event).items() if get_origin(hint) is not ClassVar}
    assert hints, "an event without a member tells nothing"
    assert all(UUID in (hint, *get_args(hint)) for name, hint in hints.items() if name.endswith("_id"))
