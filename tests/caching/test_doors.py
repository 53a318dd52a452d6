import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import caching
import monitoring
import monitoring.health
from caching.doors import lazy_door

DOORS = [caching, monitoring, monitoring.health]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_name_of_a_door_opens(door: ModuleType) -> None:
    for name in door.__all__:
        assert getattr(door, name) is not None


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_what_type_checkers_see_is_what_opens(door: ModuleType) -> None:
    tree = ast.parse(Path(door.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.asname: node.module
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == door._HOMES


def test_an_unknown_name_is_an_attribute_error_that_names_the_package() -> None:
    with pytest.raises(AttributeError, match="'caching' has no attribute 'nope'"):
        lazy_door("caching", {"Variable": "caching.environment"})("nope")


def test_a_module_is_loaded_when_its_name_is_used() -> None:
    open_at = lazy_door("here", {"dumps": "json", "lost": "no_such_module"})

    assert open_at("dumps") is import_module("json").dumps
    with pytest.raises(ModuleNotFoundError):
        open_at("lost")
