"""What people do with deliveries in the admin: try a channel out, send a row again."""

from dataclasses import dataclass
from datetime import datetime

from auditlog.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from alerts.channels.base import DeliveryFailed
from alerts.channels.kinds import transport
from alerts.channels.message import trial_message
from alerts.models import Channel, Notification
from alerts.results import channel_after_failure, channel_after_success

_STATE = Notification.State


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test message fared, in words for people."""

    accepted: bool
    text: str


def send_test(channel: Channel, now: datetime) -> Trial:
    """Sends a test message now, past the outbox and its gates, within ``CONFIG.send_seconds``; notes the channel's health."""
    row = Channel.objects.filter(pk=channel.pk)
    try:
        receipt = transport(channel.kind).send(trial_message(channel, now), channel.settings, channel.secret)
    except DeliveryFailed as failure:
        row.update(**channel_after_failure(channel, failure, now))
        return Trial(False, failure.reason)
    row.update(**channel_after_success(now))
    return Trial(True, str(receipt))


@transaction.atomic
def send_again(notification: Notification, actor: AbstractBaseUser | AnonymousUser, now: datetime) -> bool:
    """Makes a row that was given up or withheld due again, with the same delivery id; the gates judge it anew.

    False when the row is in another state (by now).
    """
    ended = Notification.objects.filter(pk=notification.pk, state__in=(_STATE.DEAD, _STATE.WITHHELD))
    if not ended.update(state=_STATE.DUE, due_at=now, attempts=0, gate="", last_error=""):
        return False
    LogEntry.objects.log_create(
        notification.alert,
        force_log=True,
        action=LogEntry.Action.ACCESS,
        actor=actor,
        additional_data={"action": f"sent again to {notification.channel.name}"},
    )
    return True
