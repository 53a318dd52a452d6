import sqlite3
from pathlib import Path

import pytest

from tests.checkout import STATE_DIR


@pytest.mark.parametrize("name", ["", "/ops.sqlite3"])
def test_a_file_of_the_checkouts_state_cannot_be_opened(name: str) -> None:
    with pytest.raises(AssertionError, match="may not touch"):
        Path(STATE_DIR + name).read_bytes()


def test_the_checkouts_database_cannot_be_opened() -> None:
    with pytest.raises(AssertionError, match="may not touch"):
        sqlite3.connect(f"{STATE_DIR}/ops.sqlite3")


def test_the_checkouts_state_directory_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="may not touch"):
        Path(STATE_DIR).mkdir()


def test_other_files_can(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
