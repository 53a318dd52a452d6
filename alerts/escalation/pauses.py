"""What stops the clock of an escalation besides an acknowledge: a tuple of providers, each asked for many at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from alerts.models import Alert
from alerts.muting.current import Mutes

Pause = Callable[[Sequence[Alert], datetime], Mapping[int, str]]
"""Of these open alerts, the ids of those it holds, each with the reason that people read."""


def maintenance(alerts: Sequence[Alert], now: datetime) -> dict[int, str]:
    """Those in a maintenance window: the work that goes on is known, and nobody is to be woken for it."""
    mutes = Mutes.at(now)
    found = {alert.pk: mutes.maintenance_of(alert) for alert in alerts}
    return {alert_id: muted.reason for alert_id, muted in found.items() if muted is not None}


PAUSES: tuple[Pause, ...] = (maintenance,)


def pauses(alerts: Sequence[Alert], now: datetime) -> dict[int, str]:
    found: dict[int, str] = {}
    for pause in PAUSES if alerts else ():
        found = {**pause(alerts, now), **found}
    return found
