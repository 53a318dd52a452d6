"""Keeps tests out of the checkout's own ``var/``, where a developer's console may be running."""

import os
import sys
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = str(PROJECT_DIR / "var")
WATCHED = frozenset({"open", "os.mkdir", "os.remove", "os.rename", "os.link", "sqlite3.connect"})


def forbid_state_dir() -> None:
    """From now on, touching ``var/`` from this process raises AssertionError. Cannot be undone."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in WATCHED and any(_is_inside(argument) for argument in arguments[:2]):
        raise AssertionError(f"a test may not touch {STATE_DIR}: {event} {arguments!r}")


def _is_inside(argument: object) -> bool:
    """Absolute paths only: to what a relative one is relative (``dir_fd``) the hook is not told for every event."""
    if not isinstance(argument, str | bytes | os.PathLike):
        return False
    path = os.path.normpath(os.fsdecode(argument))
    return path == STATE_DIR or path.startswith(STATE_DIR + os.sep)
