"""The life of this process: how long it has been up, whether it is about to go. Needs no settings and no models."""

import time
from threading import Event
from typing import Any

_STARTED = time.monotonic()
_draining = Event()


def uptime_seconds() -> float:
    """Seconds since this process loaded the console, or its master did before it forked."""
    return time.monotonic() - _STARTED


def drain() -> None:
    """Makes this process unready for good, so that load balancers send it nothing new before it ends."""
    _draining.set()


def is_draining() -> bool:
    return _draining.is_set()


def liveness() -> dict[str, Any]:
    """The answer of /health/live: that there is one says everything, so it looks at nothing."""
    return {"status": "healthy", "alive": True, "uptime_seconds": round(uptime_seconds(), 1)}
