"""What stops the clock of an escalation besides an acknowledge: a tuple of providers, each asked for many at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from alerts.models import Alert

Pause = Callable[[Sequence[Alert], datetime], Mapping[int, str]]
"""Of these open alerts, the ids of those it holds, each with the reason that people read."""

PAUSES: tuple[Pause, ...] = ()


def pauses(alerts: Sequence[Alert], now: datetime) -> dict[int, str]:
    found: dict[int, str] = {}
    for pause in PAUSES if alerts else ():
        found = {**pause(alerts, now), **found}
    return found
