"""What stops the clock of an escalation besides an acknowledge."""

from collections.abc import Sequence
from datetime import datetime

from alerts.models import Alert
from alerts.muting.current import Mutes


def pauses(alerts: Sequence[Alert], now: datetime) -> dict[int, str]:
    """Of these open alerts, the ids of those in a maintenance window, each with the reason that people read: the work
    that goes on is known, and nobody is to be woken for it."""
    if not alerts:
        return {}
    mutes = Mutes.at(now)
    found = {alert.pk: mutes.maintenance_of(alert) for alert in alerts}
    return {alert_id: muted.reason for alert_id, muted in found.items() if muted is not None}
