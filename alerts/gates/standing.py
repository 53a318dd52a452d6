"""What the gates look at: where one notification stands, as plain values. ``alerts.standing`` reads them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.models.gate import GATHERING, Gate


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel was last told: ``severity`` of a firing, 0 for its end."""

    at: datetime
    severity: int
    notification_id: int | None = None


@dataclass(frozen=True, slots=True)
class Muted:
    """A silence or a maintenance window that holds an alert back, or the alert of a rule it depends on."""

    id: int
    reason: str
    until: datetime | None = None
    """When it ends; None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a notification stands at one moment."""

    id: int = 0
    rule_id: int | None = None
    instance: tuple[int, str] = (0, "")
    is_resolve: bool
    is_reminder: bool = False
    """Whether it is meant to say again what the channel knows: a repeat, an escalation, the notice of flapping."""
    is_notice: bool = False
    """Whether it says that the instance flaps, and that no more will be told of it for now."""
    severity: int
    """Of what this row tells."""
    alert_is_open: bool
    acknowledged_by: str | None
    channel_enabled: bool
    rule_enabled: bool
    told: Told | None = None
    """The latest that this channel accepted of this alert."""
    being_told_until: datetime | None = None
    """When to look again, where a firing of this alert is on its way to this channel."""
    is_outdated: bool = False
    """Whether a later row tells the channel of a later severity."""
    may_have_arrived: bool
    """Whether a worker died or froze while sending this very row."""
    was_tried: bool = False
    """Whether an attempt to send it failed: it has passed the gates before."""
    is_digest: bool = False
    """Whether the message that failed was a digest."""
    gate: str = ""
    """The gate that holds it so far."""
    was_left: bool = False
    """Whether a message or digest that was to name it had no room: its turn came, so neither holds it again."""
    parent: Muted | None = None
    maintenance: Muted | None = None
    silence: Muted | None = None
    is_flapping: bool = False
    cooldown: timedelta
    last_told: Told | None
    """The worst firing that the channel was told of this instance within the rule's cooldown."""
    most_per_hour: int = 0
    """How many messages of its rule the channel hears in an hour; 0 is any number."""
    leader: int | None = None
    """The notification whose message was to name this one when it failed or its worker was lost."""
    leader_is_under_way: bool = False
    """Whether that message goes again, and nothing but its turn holds it."""
    group: str = ""
    """Alerts with the same text share messages; one without has messages of its own."""

    @property
    def is_rise(self) -> bool:
        """Whether it got worse than what the channel was told."""
        known = [told.severity for told in (self.told, self.last_told) if told is not None]
        return not self.is_resolve and bool(known) and self.severity > max(known)

    @property
    def goes_again(self) -> bool:
        """As it went, by itself or in the same message, so that each attempt has one delivery id and says the same.

        What was tried in a message that is held or given up meanwhile is judged like a new row.
        """
        return self.may_have_arrived or self.is_retried

    @property
    def is_retried(self) -> bool:
        """Whether it passed the gates before: an attempt failed, or a message that goes again was to name it."""
        if self.leader is None:
            return self.was_tried
        return self.leader_is_under_way and (self.was_tried or self.may_have_arrived)

    @property
    def is_gathered(self) -> bool:
        return self.gate in GATHERING

    @property
    def is_withheld_by_limit(self) -> bool:
        return self.gate in (Gate.RULE_LIMIT, Gate.GLOBAL_LIMIT)
