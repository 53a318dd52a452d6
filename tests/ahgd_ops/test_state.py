import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ahgd_ops.state import prepare_state_dir, secret_key
from caching import WrongValue


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert secret_key(tmp_path) == key
    assert len(key) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_several_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret_key(tmp_path), range(32)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_state_directory_is_its_owners(tmp_path: Path) -> None:
    prepare_state_dir(tmp_path / "var")
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_a_state_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongValue, match="AHGD_STATE_DIR"):
        prepare_state_dir(tmp_path / "file" / "var")
