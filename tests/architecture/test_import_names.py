"""The import names of the layers are short, so it must be sure that they are ours and stay ours."""

import importlib
import importlib.metadata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import LAYERS, ROOT, SRC


@cache
def owners() -> Mapping[str, list[str]]:
    """Return which distributions own an import name: to ask each of them takes a second."""
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize("layer", LAYERS)
def test_no_other_installed_distribution_owns_the_name_of_a_layer(layer: str) -> None:
    assert set(owners().get(layer, [])) <= {"fairseat"}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_imported_from_this_project(layer: str) -> None:
    module = importlib.import_module(layer)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(SRC)


@pytest.mark.parametrize("layer", LAYERS)
def test_no_folder_outside_src_shadows_a_layer(layer: str) -> None:
    shadows = [folder for folder in (ROOT, ROOT / "tests") if (folder / layer).exists()]
    assert shadows == []


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_says_that_it_is_typed(layer: str) -> None:
    assert (SRC / layer / "py.typed").exists()
