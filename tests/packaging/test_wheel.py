import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.checkout import PROJECT_DIR
from tests.packaging.conftest import Environment

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]
PACKAGES = ("ahgd_ops", "alerts", "caching", "monitoring")


@pytest.fixture(scope="session")
def library(install: Callable[[str], Environment]) -> Environment:
    return install("")


@pytest.fixture(scope="session")
def server(install: Callable[[str], Environment]) -> Environment:
    return install("[server]")


def files_below(directory: Path) -> set[str]:
    found = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    return {name for name in found if "__pycache__" not in name}


def test_the_wheel_holds_the_packages_their_pages_and_nothing_else(wheel: Path) -> None:
    expected = {f"{package}/{name}" for package in PACKAGES for name in files_below(PROJECT_DIR / package)}
    for folder in ("templates", "static", "docs/runbooks"):
        expected |= {f"ahgd_ops/{folder}/{name}" for name in files_below(PROJECT_DIR / folder)}
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected


@pytest.mark.parametrize("module", ["caching", "monitoring"])
def test_the_library_can_be_imported_without_settings(library: Environment, module: str) -> None:
    library.python(f"import {module}")


def test_the_library_loads_nothing_that_is_slow(library: Environment) -> None:
    loaded = library.python("import caching, monitoring, sys; print(*sys.modules)").split()
    assert not {"pandas", "numpy", "apprise", "celery", "django.db"} & set(loaded)


def test_the_library_brings_only_what_it_needs(library: Environment) -> None:
    names = library.python("from importlib.metadata import distributions as d; print(*(x.name.lower() for x in d()))")
    needed = {"ahgd-ops", "asgiref", "blake3", "django", "lz4", "psutil", "sqlparse"}
    assert set(names.split()) - {"typing_extensions"} == needed  # blake3 brings that below Python 3.12


def test_the_console_checks_itself(server: Environment, tmp_path: Path) -> None:
    assert "no issues" in server.run("ahgd-ops", "check", AHGD_STATE_DIR=str(tmp_path))


def test_the_console_finds_its_pages_and_static_files(server: Environment, tmp_path: Path) -> None:
    first = sorted(files_below(PROJECT_DIR / "static"))[0]
    found = server.run("ahgd-ops", "findstatic", "--first", first, AHGD_STATE_DIR=str(tmp_path))
    assert os.path.join("ahgd_ops", "static", first) in found
