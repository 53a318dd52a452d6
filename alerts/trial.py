"""Trying a channel out, past the outbox and its gates."""

from datetime import datetime

from alerts.channels import DeliveryFailed, Receipt, send
from alerts.message import trial_message
from alerts.models import Channel, Notification
from alerts.results import channel_after_failure, channel_after_success


def send_test(channel: Channel, now: datetime) -> Receipt:
    """Sends a test message now, within ``CONFIG.send_seconds``, and notes how the channel is.

    When it arrives at a channel that did not work, what waits for it is due at once.

    Raises TransientFailure or PermanentFailure, whose ``reason`` can be shown.
    """
    row = Channel.objects.filter(pk=channel.pk)
    try:
        receipt = send(channel, trial_message(channel, now))
    except DeliveryFailed as failure:
        row.update(**channel_after_failure(channel, failure, now))
        raise
    row.update(**channel_after_success(now))
    if channel.last_error:
        waiting = Notification.objects.filter(channel=channel, state=Notification.State.DUE, held_reason="")
        waiting.filter(due_at__gt=now).update(due_at=now)
    return receipt
