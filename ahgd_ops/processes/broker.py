"""The embedded broker's directory at start: what the last run's workers asked each other is of no use to anybody."""

from pathlib import Path

from django.conf import settings


def purge_control_messages() -> None:
    """Removes them, the bindings of their queues and half-done files; tasks stay, each has its own time of expiry."""
    if settings.CONFIG.cache_redis_enabled:
        return
    stale = [*Path(settings.BROKER_DIR, "messages").glob("*.pidbox.msg")]
    stale += Path(settings.BROKER_DIR, "control").glob("*pidbox.exchange")
    stale += [*Path(settings.BROKER_DIR, "messages").glob("*.draft")]
    stale += Path(settings.BROKER_DIR, "messages").glob("*.taken")
    for path in stale:
        path.unlink(missing_ok=True)
