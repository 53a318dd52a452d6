"""What the gates said of the latest that each channel was to be told of an alert, in their order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerts.gates import GATES
from alerts.models import Alert, Gate, Notification, Rule

_STATE = Notification.State
_OF_A_ROW = {
    "news": (Gate.NEWS,),
    "channel_disabled": (Gate.DISABLED,),
    "rule_disabled": (Gate.DISABLED,),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What is responsible: ``model`` and ``id`` find it in the admin."""

    model: str
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class GateStep:
    """``said`` is passed, stopped, or not asked, for a gate behind the one that stopped."""

    name: str
    said: str
    reason: str = ""
    responsible: Row | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One notification. ``sentence`` says what became of it."""

    channel: str
    kind: str
    at: datetime
    sentence: str
    steps: tuple[GateStep, ...]


def tellings_of(alert: Alert, at: datetime) -> list[Telling]:
    """The latest notification of each channel that was there at ``at``. A row says what its gates last said."""
    rows = alert.notifications.filter(created_at__lte=at).order_by("created_at", "pk")
    latest: dict[int, Notification] = {}
    for row in rows.select_related("channel", "alert__rule", "silence", "maintenance", "parent_alert", "told_before"):
        latest[row.channel_id] = row
    return [_telling(row) for row in latest.values()]


def _telling(row: Notification) -> Telling:
    return Telling(row.channel.name, row.kind, row.created_at, _sentence(row), tuple(_steps(row)))


def _sentence(row: Notification) -> str:
    if row.state in (_STATE.SENT, _STATE.NAMED):
        at = "" if row.sent_at is None else f" at {row.sent_at:%H:%M:%S} UTC"
        return f"told{at}"
    if row.state == _STATE.WITHHELD:
        return f"withheld: {row.held_reason}"
    if row.state == _STATE.DEAD:
        return f"given up: {row.last_error}"
    if row.held_reason:
        return f"held: {row.held_reason}"
    return f"waits: {row.last_error}" if row.last_error else "on its way"


def _steps(row: Notification) -> Iterable[GateStep]:
    """Each gate of the live order; a row that was sent passed them all."""
    stopped = False
    for gate in GATES:
        name = gate.__name__.replace("_", " ")
        if stopped:
            yield GateStep(name, "not asked")
        elif _is_of(row, gate.__name__):
            stopped = True
            yield GateStep(name, "stopped", row.held_reason, _responsible(row))
        else:
            yield GateStep(name, "passed")


def _is_of(row: Notification, name: str) -> bool:
    if row.state in (_STATE.SENT, _STATE.NAMED) or not row.gate:
        return False
    if row.gate == Gate.DISABLED:
        return name == ("channel_disabled" if "channel" in row.held_reason else "rule_disabled")
    return row.gate in _OF_A_ROW.get(name, (name.replace("_", " "),))


def _responsible(row: Notification) -> Row | None:
    if row.silence is not None:
        return Row("silence", row.silence.pk, str(row.silence))
    if row.maintenance is not None:
        return Row("maintenancewindow", row.maintenance.pk, str(row.maintenance))
    if row.parent_alert is not None:
        return Row("alert", row.parent_alert.pk, str(row.parent_alert))
    if row.told_before is not None:
        return Row("notification", row.told_before.pk, "the message that began the cooldown")
    if row.gate == Gate.ACKNOWLEDGED:
        return Row("alert", row.alert_id, str(row.alert))
    if row.gate == Gate.DISABLED and "channel" in row.held_reason:
        return Row("channel", row.channel_id, row.channel.name)
    rule: Rule | None = row.alert.rule
    return None if rule is None else Row("rule", rule.pk, rule.name)
