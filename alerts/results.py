"""What follows from the outcome of a delivery, as values: for the row, the alert's history and the channel's health."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from alerts.channels import DeliveryFailed, Receipt, TransientFailure, one_line
from alerts.gates import Because, Hold, Stop
from alerts.models import AlertEvent, Channel, Notification
from alerts.models.gate import LIMITS
from alerts.retries import is_over, wait_seconds

_State = Notification.State
_Kind = AlertEvent.Kind


@dataclass(frozen=True, slots=True)
class Unbegun:
    """It was claimed, but its turn to be sent did not come; somebody else may have it at once."""


Outcome = Receipt | Hold | Stop | DeliveryFailed | Unbegun


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    row: dict[str, Any]
    event: tuple[AlertEvent.Kind, str] | None
    channel: dict[str, Any] = field(default_factory=dict)
    channel_waits_until: datetime | None = None
    """Until then the channel is left alone, which goes for every row of it."""
    channel_recovered: bool = False
    """The channel works again, so rows that wait for a retry need not."""
    falls_back: bool = False
    """The channel will not be told, so its fallback is."""
    channel_falls_back: bool = False
    """The channel has not worked for long, or will not by itself: the fallback is told what else waits for it."""


def consequence_of(notification: Notification, outcome: Outcome, now: datetime, jitter: float) -> Consequence:
    """``jitter`` is a number from 0 to 1."""
    match outcome:
        case Receipt():
            return _sent(notification, outcome, now)
        case Hold():
            return _held(notification, outcome)
        case Stop():
            return withheld(notification, outcome, now)
        case Unbegun():
            return Consequence(row={"state": _State.DUE}, event=None)
        case TransientFailure() if not is_over(_attempt(notification), _waits(), notification.created_at, now):
            return _retried(notification, outcome, now, jitter)
        case _:
            return _given_up(notification, outcome, now)


def withheld(notification: Notification, stop: Stop, now: datetime) -> Consequence:
    return Consequence(
        row={"state": _State.WITHHELD, "due_at": now, **_gate_of(stop)},
        event=(_Kind.WITHHELD, _said(notification, stop.reason)),
    )


def _sent(notification: Notification, receipt: Receipt, now: datetime) -> Consequence:
    return Consequence(
        row={
            "state": _State.SENT,
            "sent_at": now,
            "attempts": _attempt(notification),
            "answer": one_line(str(receipt)),
            "told_severity": notification.told_severity,
            "is_digest": notification.is_digest,
            "last_error": "",
            "told": _told(notification, receipt.told) if receipt.warning else [],
            **_NO_GATE,
            "refused": one_line(receipt.warning),
        },
        event=(_Kind.NOTIFIED, _said(notification, str(receipt))),
        channel=channel_after_success(now),
        channel_recovered=bool(notification.channel.last_error),
    )


def _held(notification: Notification, hold: Hold) -> Consequence:
    """The history says once that a gate holds the row, however often it is looked at."""
    is_news = notification.held_reason != hold.reason if hold.gate is None else notification.gate != hold.gate
    return Consequence(
        row={"state": _State.DUE, "due_at": hold.until, **_gate_of(hold), **_turn_after(hold)},
        event=(_Kind.WITHHELD, _said(notification, hold.reason)) if is_news else None,
    )


def _retried(notification: Notification, failure: TransientFailure, now: datetime, jitter: float) -> Consequence:
    attempt = _attempt(notification)
    asked = failure.retry_after_seconds
    until = now + timedelta(seconds=wait_seconds(attempt, _waits(), asked, jitter))
    channel = _channel_after(notification, failure, now, until if asked is not None else None)
    return Consequence(
        row={
            "state": _State.DUE,
            "due_at": until,
            "attempts": attempt,
            "last_error": failure.reason,
            "told": _told(notification, failure.told),
            "told_severity": notification.told_severity,
            "is_digest": notification.is_digest,
            "leader_id": None,
            **_NO_GATE,
        },
        event=(_Kind.FAILED, _said(notification, failure.reason)) if attempt == 1 else None,
        channel=channel,
        channel_waits_until=channel.get("probe_at") or (until if asked is not None else None),
        channel_falls_back=_is_dead(channel, now),
    )


def _given_up(notification: Notification, failure: DeliveryFailed, now: datetime) -> Consequence:
    reason = f"given up after a day: {failure.reason}" if isinstance(failure, TransientFailure) else failure.reason
    channel = _channel_after(notification, failure, now, None)
    return Consequence(
        row={
            "state": _State.DEAD,
            "attempts": _attempt(notification),
            "last_error": reason,
            "told": _told(notification, failure.told),
            **_NO_GATE,
        },
        event=(_Kind.FAILED, _said(notification, reason)),
        channel=channel,
        channel_waits_until=channel.get("probe_at"),
        falls_back=True,
        channel_falls_back=bool(channel) and (not isinstance(failure, TransientFailure) or _is_dead(channel, now)),
    )


def named(notification: Notification, leader: Notification, now: datetime) -> Consequence:
    """What follows for a row that the accepted message of ``leader`` named."""
    said = f"named in the message of {leader.alert}"
    return Consequence(
        row={
            "state": _State.NAMED,
            "sent_at": now,
            "told_severity": notification.told_severity,
            "leader_id": leader.pk,
            "answer": one_line(said),
            "last_error": "",
            **_NO_GATE,
        },
        event=(_Kind.NOTIFIED, _said(notification, said)),
    )


def of_member(
    notification: Notification, leader: Notification, outcome: DeliveryFailed, now: datetime, jitter: float
) -> Consequence:
    """What follows for a row that the message of ``leader``, which failed, named: as for that message's own row.

    It goes again in the same message. The channel has its own consequence once, from the row whose message it was.
    """
    own = consequence_of(notification, outcome, now, jitter)
    return Consequence(row=own.row | {"leader_id": leader.pk}, event=own.event, falls_back=own.falls_back)


def _gate_of(decision: Hold | Stop) -> dict[str, Any]:
    """The columns that say which gate said no, why, and which row is responsible."""
    because = decision.because or Because()
    return {"held_reason": decision.reason, "gate": decision.gate or "", **asdict(because)}


def _turn_after(hold: Hold) -> dict[str, Any]:
    """What a limit holds waits for a digest: that a message of its group had no room for it counts no longer."""
    return {"was_left": False} if hold.gate in LIMITS else {}


_NO_GATE = {"held_reason": "", "gate": "", **asdict(Because())}


def channel_after_success(now: datetime) -> dict[str, Any]:
    return {"unhealthy_since": None, "probe_at": None, "last_error": "", "last_sent_at": now}


def channel_after_failure(channel: Channel, failure: DeliveryFailed, now: datetime) -> dict[str, Any]:
    """Unhealthy from a permanent failure on, or from the second in a row that might have passed."""
    is_unhealthy = bool(channel.last_error) or not isinstance(failure, TransientFailure)
    return {
        "unhealthy_since": (channel.unhealthy_since or now) if is_unhealthy else None,
        "probe_at": now + timedelta(seconds=settings.CONFIG.probe_seconds) if is_unhealthy else None,
        "last_error": failure.reason,
    }


def _channel_after(
    notification: Notification, failure: DeliveryFailed, now: datetime, asked_until: datetime | None
) -> dict[str, Any]:
    """One that asked to be left alone is not tried before, whatever else it is to be told."""
    if says_nothing_of_the_channel(notification, failure):
        return {}
    after = channel_after_failure(notification.channel, failure, now)
    if asked_until is not None:
        after["probe_at"] = max(after["probe_at"] or asked_until, asked_until)
    return after


def says_nothing_of_the_channel(notification: Notification, failure: DeliveryFailed) -> bool:
    """Whether only some recipients are refused, while the channel works."""
    return bool(failure.told or notification.told)


def _is_dead(channel: dict[str, Any], now: datetime) -> bool:
    since = channel.get("unhealthy_since")
    return since is not None and now - since >= timedelta(seconds=settings.CONFIG.fallback_seconds)


def _told(notification: Notification, more: tuple[str, ...]) -> list[str]:
    return [*notification.told, *(one for one in more if one not in notification.told)]


def _attempt(notification: Notification) -> int:
    return notification.attempts + 1


def _waits() -> tuple[float, ...]:
    return settings.CONFIG.retry_seconds


def _said(notification: Notification, reason: str) -> str:
    return one_line(f"{notification.channel.name}: {reason}", longest=500)
