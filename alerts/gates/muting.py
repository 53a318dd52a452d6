"""What people, parents and restlessness hold back; it is looked at again when that ends."""

from datetime import datetime, timedelta

from alerts.gates.decisions import Because, Decision, Hold
from alerts.gates.ledger import Ledger
from alerts.gates.news import RECHECK
from alerts.gates.standing import Muted, Standing
from alerts.models.gate import Gate

LOOK_AGAIN = timedelta(minutes=30)
"""No gate but the cooldown holds a row longer than this without judging it anew."""


def dependency(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """While a rule it depends on fires on what agrees with it, the parent's alert speaks for it."""
    if standing.parent is None or standing.is_resolve:
        return None
    because = Because(parent_alert_id=standing.parent.id)
    return Hold(standing.parent.reason, _until(standing.parent, now), Gate.DEPENDENCY, because)


def maintenance(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    if standing.maintenance is None:
        return None
    because = Because(maintenance_id=standing.maintenance.id)
    return Hold(standing.maintenance.reason, _until(standing.maintenance, now), Gate.MAINTENANCE, because)


def silence(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    if standing.silence is None:
        return None
    because = Because(silence_id=standing.silence.id)
    return Hold(standing.silence.reason, _until(standing.silence, now), Gate.SILENCE, because)


def acknowledged(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """Somebody is on it, so only worse news is told; a channel that has heard nothing yet still hears once,
    though not of an escalation: somebody came before it.

    It goes on when the acknowledgement lapses, and is void when the alert resolves.
    """
    is_first = standing.told is None and not standing.is_reminder
    if standing.is_resolve or is_first or standing.acknowledged_by is None or standing.is_rise:
        return None
    return Hold(f"acknowledged by {standing.acknowledged_by}", now + RECHECK, Gate.ACKNOWLEDGED)


def flapping(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """One notice says that it flaps; then it is quiet until it has calmed down."""
    if not standing.is_flapping or standing.is_notice:
        return None
    return Hold("flapping", now + RECHECK, Gate.FLAPPING)


def _until(muted: Muted, now: datetime) -> datetime:
    return now + RECHECK if muted.until is None else min(muted.until, now + LOOK_AGAIN)
