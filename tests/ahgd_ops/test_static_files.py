from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ahgd_ops.static_files import collect_when_changed


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Path:
    directory = tmp_path / "source"
    directory.mkdir()
    (directory / "a.css").write_text("body {}", encoding="utf-8")
    settings.STATE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [directory]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    return directory


def test_the_first_time_files_are_collected(source: Path, tmp_path: Path) -> None:
    assert collect_when_changed()
    assert (tmp_path / "static" / "a.css").exists()


def test_what_did_not_change_is_not_collected_again(source: Path) -> None:
    collect_when_changed()
    assert not collect_when_changed()


def test_a_changed_file_is_collected(source: Path) -> None:
    collect_when_changed()
    (source / "a.css").write_text("body { color: red }", encoding="utf-8")
    assert collect_when_changed()


def test_a_new_file_is_collected(source: Path) -> None:
    collect_when_changed()
    (source / "b.css").touch()
    assert collect_when_changed()
