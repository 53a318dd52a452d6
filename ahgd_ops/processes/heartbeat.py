"""Signs of life of processes that serve no port: the time of a file in the state directory. Needs no Django."""

import time
from pathlib import Path

EVERY_SECONDS = 5.0
LATEST_SECONDS = 30.0
"""A process that gave no sign for this long is not alive."""


def beat(role: str) -> None:
    """Gives a sign of life of this process. What keeps it from being written is no reason to end."""
    from django.conf import settings

    path = _path(settings.STATE_DIR, role)
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    except OSError:
        return


def age_seconds(state_dir: Path, role: str) -> float | None:
    """Seconds since the last sign of life, or None when there never was one. Clocks of files are the host's own."""
    try:
        return max(0.0, time.time() - _path(state_dir, role).stat().st_mtime)
    except OSError:
        return None


def _path(state_dir: Path, role: str) -> Path:
    return state_dir / "heartbeats" / role
