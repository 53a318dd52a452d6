import fcntl
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from alerts.channels.base import Receipt, SettingsRefused, TransientFailure
from alerts.channels.file import FileTransport
from tests.alerts.told import a_message, configure
from tests.checkout import PROJECT_DIR


@pytest.fixture(autouse=True)
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.STATE_DIR = tmp_path
    logs = tmp_path / "logs"
    logs.mkdir()
    return logs


def send(delivery_id: str = "1", **settings: Any) -> Receipt:
    return FileTransport().send(a_message(delivery_id=delivery_id), settings, "")


def ids(*paths: Path) -> list[str]:
    """Of every line; fails when one is not whole."""
    return [json.loads(line)["delivery_id"] for path in paths for line in path.read_text().splitlines()]


def test_each_message_is_a_line_of_json_among_the_logs(directory: Path) -> None:
    assert send("1") == Receipt(f"appended to {directory / 'alerts.log'}")
    send("2")

    assert ids(directory / "alerts.log") == ["1", "2"]


def test_line_breaks_in_a_message_do_not_break_the_line(directory: Path) -> None:
    FileTransport().send(a_message(summary="one\ntwo\u2028three"), {}, "")

    assert len((directory / "alerts.log").read_bytes().split(b"\n")) == 2


def test_the_file_is_for_its_owner_and_group_only(directory: Path) -> None:
    send()

    assert (directory / "alerts.log").stat().st_mode & 0o007 == 0


def test_a_large_file_is_moved_aside_and_the_oldest_goes(directory: Path) -> None:
    for number in range(200):
        send(str(number), max_size_mb=0.01, backups=2)

    files = sorted(directory.glob("alerts.log*"), reverse=True)
    assert [path.name for path in files] == ["alerts.log.lock", "alerts.log.2", "alerts.log.1", "alerts.log"]
    kept = ids(*files[1:])
    assert kept == [str(number) for number in range(200 - len(kept), 200)]
    assert all(path.stat().st_size < 0.01 * 1024 * 1024 + 2000 for path in files)


def test_without_backups_a_large_file_starts_anew(directory: Path) -> None:
    for number in range(60):
        send(str(number), max_size_mb=0.01, backups=0)

    assert ids(directory / "alerts.log")[-1] == "59"
    assert not (directory / "alerts.log.1").exists()


def test_processes_that_write_and_rotate_at_once_lose_no_line(directory: Path) -> None:
    writers = [writing(directory, range(first, first + 100)) for first in (0, 100, 200)]

    assert [writer.communicate()[1] for writer in writers] == [b"", b"", b""]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    found = ids(*(path for path in directory.glob("alerts.log*") if path.suffix != ".lock"))
    assert sorted(found, key=int) == [str(number) for number in range(300)]


def test_a_disk_that_fills_up_may_be_emptied_and_leaves_no_half_line(directory: Path) -> None:
    send("1")
    writer = writing(directory, [2], largest_bytes=(directory / "alerts.log").stat().st_size + 10)
    _, errors = writer.communicate()  # a pipe, since what it says must not fill the same disk
    send("3")

    assert writer.returncode == 1
    assert b"is the disk full" in errors
    assert ids(directory / "alerts.log") == ["1", "3"]


def test_a_writer_that_is_frozen_holds_nobody_up(directory: Path) -> None:
    lock = os.open(directory / "alerts.log.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    send("1")
    os.close(lock)

    assert ids(directory / "alerts.log") == ["1"]


def writing(
    directory: Path, numbers: Iterable[int], largest_bytes: int = resource.RLIM_INFINITY
) -> "subprocess.Popen[bytes]":
    """Another process that sends, where no file may grow past ``largest_bytes``."""
    settings = {"path": str(directory / "alerts.log"), "max_size_mb": 0.01, "backups": 100}
    script = f"""
import resource
from alerts.channels.file import FileTransport
from tests.alerts.told import a_message
resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_bytes}, resource.RLIM_INFINITY))
for number in {list(numbers)}:
    FileTransport().send(a_message(delivery_id=str(number)), {settings}, "")
"""
    return subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, cwd=PROJECT_DIR)


def test_after_a_piece_that_a_crash_left_the_next_line_is_whole(directory: Path) -> None:
    (directory / "alerts.log").write_text('{"delivery_id": "to')
    send("1")

    assert json.loads((directory / "alerts.log").read_text().splitlines()[1])["delivery_id"] == "1"


def test_a_directory_that_is_not_there_may_be_made(directory: Path) -> None:
    with pytest.raises(TransientFailure, match="No such file or directory"):
        send(path="logs/missing/alerts.log")


def test_a_link_is_not_followed(directory: Path) -> None:
    (directory / "alerts.log").symlink_to(directory / "elsewhere")

    with pytest.raises(TransientFailure):
        send()
    assert not (directory / "elsewhere").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "/etc/passwd"},
        {"path": "../alerts.log"},
        {"path": "logs/../alerts.log"},
        {"path": "alerts.log"},
        {"path": "static/staticfiles.json"},
        {"path": "/var/log/other.log"},
        {"path": "logs"},
        {"path": ""},
        {"path": 5},
        {"path": "a\n.log"},
        {"max_size_mb": 0},
        {"max_size_mb": True},
        {"max_size_mb": "10"},
        {"backups": -1},
        {"backups": 1.5},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsRefused):
        FileTransport().check(wrong)


def test_a_file_anywhere_else_is_written_only_where_the_environment_allows(settings: Settings, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    configure(settings, alert_file_dirs=(allowed,))
    transport = FileTransport()

    transport.check({"path": str(allowed / "ops" / "alerts.log")})
    transport.check({"path": "logs/team/alerts.jsonl"})
    for path in (tmp_path / "allowed-not" / "alerts.log", tmp_path / "alerts.log"):
        with pytest.raises(SettingsRefused, match="AHGD_ALERT_FILE_DIRS"):
            transport.check({"path": str(path)})
