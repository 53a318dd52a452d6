"""``scripts/run`` installs ``requirements.txt`` and the wheel asks for what ``pyproject.toml`` says; these agree."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.checkout import PROJECT_DIR

pytestmark = pytest.mark.once

PROJECT = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())
SERVER = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["server"]
DEVELOPMENT = PROJECT["dependency-groups"]["dev"]
FILES = ("requirements.txt", "requirements-dev.txt")


def pins(*names: str) -> dict[str, Requirement]:
    lines = [line for name in names for line in Path(PROJECT_DIR, name).read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


@pytest.mark.parametrize("requirement", list(pins(*FILES).values()), ids=str)
def test_every_line_is_an_exact_pin(requirement: Requirement) -> None:
    assert re.fullmatch(r"==[0-9][^*,]*", str(requirement.specifier))


@pytest.mark.parametrize("dependency", SERVER)
def test_what_the_wheel_asks_for_is_pinned_within_its_range(dependency: str) -> None:
    wanted = Requirement(dependency)
    pin = pins("requirements.txt")[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(str(pin.specifier).removeprefix("=="))


@pytest.mark.parametrize("dependency", DEVELOPMENT)
def test_what_tests_need_is_pinned(dependency: str) -> None:
    assert canonicalize_name(Requirement(dependency).name) in pins(*FILES)


def test_no_package_is_pinned_in_both_files() -> None:
    assert not pins("requirements.txt").keys() & pins("requirements-dev.txt").keys()


@pytest.mark.parametrize("name", FILES)
def test_no_line_names_an_index(name: str) -> None:
    assert "://" not in Path(PROJECT_DIR, name).read_text()
