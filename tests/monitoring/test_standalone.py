from pathlib import Path

import pytest

from caching import WrongValue
from monitoring.standalone import RecordingConfig, database


def test_the_environment_says_where_the_console_is() -> None:
    config = RecordingConfig.from_environment({"AHGD_STATE_DIR": "/srv/ops", "AHGD_INSTANCE": "ward-7"})
    assert (config.instance, config.flush_seconds) == ("ward-7", 5)
    assert database(config)["NAME"] == "/srv/ops/ops.sqlite3"


def test_an_address_of_postgresql_is_taken_apart() -> None:
    url = "postgresql://ops:p%40ss@db.example.org:5433/console?sslmode=require"
    entry = database(RecordingConfig(database_url=url, state_dir=Path("/srv")))
    assert (entry["HOST"], entry["PORT"], entry["NAME"], entry["USER"]) == ("db.example.org", "5433", "console", "ops")
    assert (entry["PASSWORD"], entry["OPTIONS"]["sslmode"]) == ("p@ss", "require")


def test_a_path_of_sqlite_may_be_absolute() -> None:
    assert database(RecordingConfig(database_url="sqlite:////srv/ops.db"))["NAME"] == "/srv/ops.db"


def test_a_wrong_value_is_said_in_one_line() -> None:
    with pytest.raises(WrongValue, match="AHGD_FLUSH_SECONDS"):
        RecordingConfig.from_environment({"AHGD_FLUSH_SECONDS": "often"})


def test_pushing_needs_a_token() -> None:
    with pytest.raises(WrongValue, match="AHGD_PUSH_URL needs AHGD_PUSH_TOKEN"):
        RecordingConfig.from_environment({"AHGD_PUSH_URL": "https://ops.example.org"})
