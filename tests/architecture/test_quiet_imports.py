"""Importing the apps and ``django.setup()`` starts no thread, touches no network and writes nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import PROJECT_DIR

_WATCH = """
import builtins, os, socket, sys, threading
written = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        written.append(str(args[0]))
    if event in ("socket.connect", "socket.bind"):
        written.append(event)
sys.addaudithook(watch)
"""

_SETUP = (
    _WATCH
    + """
os.environ["DJANGO_SETTINGS_MODULE"] = "ahgd_ops.settings"
import django
django.setup()
import alerts.tasks, monitoring.tasks, ahgd_ops.celery, ahgd_ops.urls
print(threading.active_count(), written)
print(sorted({"pandas", "apprise"} & set(sys.modules)))
"""
)

_DOORS = """
import sys
import caching, monitoring, monitoring.health, alerts
print(sorted({"pandas", "apprise", "django.db.models", "celery"} & set(sys.modules)))
"""


def run(program: str, state_dir: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "AHGD_STATE_DIR": str(state_dir), "PYTHONPATH": str(PROJECT_DIR)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.once
def test_set_up_starts_nothing_and_writes_nothing(tmp_path: Path) -> None:
    run("import ahgd_ops.settings", tmp_path)  # the first start makes the state directory and its key
    assert run(_SETUP, tmp_path).splitlines() == ["1 []", "[]"]


@pytest.mark.once
def test_each_door_opens_before_django_is_set_up(tmp_path: Path) -> None:
    assert run(_DOORS, tmp_path).strip() == "[]"
