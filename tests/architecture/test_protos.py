"""What crosses processes is written down as the contracts are in Python, to the last field, and comes across whole."""

import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.grpc.contracts import FILES, Call, contract_of, published_methods
from adapters.grpc.policies import DEADLINE_MAX_S, REPEATED, deadline_s
from bootstrap.topology import SERVED_BY
from tests.architecture import link_numbers
from tests.architecture.sources import SRC
from tests.links_world import values_of

PROTOS = SRC / "adapters" / "grpc" / "protos"
CALLS = [pytest.param(api, call, id=f"{api.__name__}.{call.name}") for api in FILES for call in contract_of(api).calls]


def test_every_contract_that_a_service_serves_can_cross_processes() -> None:
    assert set(FILES) == set(SERVED_BY)


def test_the_modules_are_those_of_the_protos(tmp_path: Path) -> None:
    sources = sorted(path.relative_to(SRC).as_posix() for path in PROTOS.glob("*.proto"))
    made = subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", f"--python_out={tmp_path}", *sources],
        cwd=SRC,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    fresh = {path.name: path.read_text() for path in tmp_path.rglob("*_pb2.py")}
    assert {path.name: path.read_text() for path in PROTOS.glob("*_pb2.py")} == fresh, "run `make protos`"


@pytest.mark.parametrize("api", FILES, ids=lambda api: api.__name__)
def test_every_method_has_a_call_and_a_deadline_and_is_repeated_or_not(api: type) -> None:
    names = set(published_methods(api))
    assert {call.name for call in contract_of(api).calls} == names
    assert REPEATED[api] <= names
    assert all(0 < deadline_s(api, name) <= DEADLINE_MAX_S for name in names)


@pytest.mark.parametrize(("api", "call"), CALLS)
@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_asked_and_answered_comes_across(api: type, call: Call, data: st.DataObject) -> None:
    hints = get_type_hints(published_methods(api)[call.name])
    answer: Any = data.draw(values_of(hints.pop("return")))
    arguments = {name: data.draw(values_of(hint)) for name, hint in hints.items()}
    assert call.read_arguments(call.write_arguments(**arguments)) == arguments
    assert call.read_answer(call.write_answer(answer)) == answer


def test_every_number_is_written_down() -> None:
    assert link_numbers.merged(link_numbers.given(), link_numbers.present()) == link_numbers.given(), (
        "run `make protos`"
    )


def test_no_number_means_anything_else_than_it_ever_did() -> None:
    assert link_numbers.broken(link_numbers.given(), link_numbers.present(), link_numbers.reserved()) == []


@pytest.mark.parametrize(
    ("given_", "reserved", "faults"),
    [
        ({"a": "1 string"}, set(), 0),
        ({"a": "2 string"}, set(), 1),
        ({"a": "1 int64"}, set(), 1),
        ({"a": "1 string", "b": "2 string"}, set(), 1),
        ({"a": "1 string", "b": "2 string"}, {2}, 0),
    ],
    ids=["as ever", "another number", "another type", "left free", "reserved"],
)
def test_the_rule_sees_what_breaks_it(given_: dict[str, str], reserved: set[int], faults: int) -> None:
    found = link_numbers.broken({"m": given_, "gone": given_}, {"m": {"a": "1 string"}}, {"m": reserved})
    assert len(found) == faults
