"""Whose turn it is among the rows of one channel, and what waits to go with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from alerts.models import Gate, Notification
from alerts.models.gate import GATHERING, LIMITS


def is_turn(row: Notification, now: datetime) -> bool:
    """It is due, or it is held although its alert is over."""
    is_over = (
        row.kind == Notification.Kind.FIRING
        and not row.alert.is_open
        and bool(row.held_reason)
        and row.gate not in GATHERING
    )
    return row.due_at <= now or is_over


def by_turn(row: Notification) -> tuple[datetime, int]:
    return row.due_at, row.pk


def company(rows: Sequence[Notification], waiting: Iterable[Notification], now: datetime) -> list[Notification]:
    """As in ``gathering``: what waits for a message of their group, or for a digest."""
    groups = {row.alert.group_key for row in rows} - {""}
    is_digest = any(row.gate in LIMITS for row in rows)
    own = {row.pk for row in rows}
    found = [
        row
        for row in waiting
        if row.pk not in own
        and row.state == Notification.State.DUE
        and (
            (row.alert.group_key in groups and (row.due_at <= now or row.gate == Gate.AGGREGATION))
            or (is_digest and row.gate in LIMITS)
        )
    ]
    return sorted(found, key=by_turn)
