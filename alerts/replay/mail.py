"""The outbox of a replay: the rows that live evaluation would have written, judged by the same gates, in memory.

Every message is taken to arrive at once, and nobody acknowledges.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from alerts.board import Changes, Opened, Resolved, SeverityChanged
from alerts.flapping import CALM_BELOW, LONGEST, Restlessness
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule
from alerts.replay.desk import Desk
from alerts.roster import Key
from alerts.rulebook import Rulebook
from alerts.sources import Source
from alerts.writing import Told, alert_of, events_of, rounds_of, row_of

_Kind = AlertEvent.Kind
_Row = Notification.Kind


@dataclass(slots=True)
class Mail:
    """``rules`` by id with the channels that each tells; ``desks`` by the id of their channel."""

    book: Rulebook
    rules: Mapping[int, Rule]
    channels: Mapping[int, Sequence[Channel]]
    desks: Mapping[int, Desk]
    source: Source
    alerts: list[Alert] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)
    _open: dict[Key, Alert] = field(default_factory=dict, init=False)
    _recent: defaultdict[Key, list[Alert]] = field(default_factory=lambda: defaultdict(list), init=False)
    _flapping: set[Key] = field(default_factory=set, init=False)
    _ids: "count[int]" = field(default_factory=lambda: count(1), init=False)

    @property
    def open_alerts(self) -> list[Alert]:
        return list(self._open.values())

    def write(self, changes: Changes, now: datetime) -> None:
        """As ``writing.apply``."""
        if not changes.events:
            return
        restless = self._restlessness({event.key for event in changes.events}, now)
        for batch in rounds_of(changes.events):
            opened = [self._begin(event) for event in batch if isinstance(event, Opened)]
            self._tell(opened, _Row.FIRING, restless, now)
            changed = [self._change(event) for event in batch if isinstance(event, SeverityChanged)]
            self._tell(changed, _Row.FIRING, restless, now)
            ended = [self._end(event) for event in batch if isinstance(event, Resolved)]
            self._tell(ended, _Row.RESOLVED, restless, now)
        self._flapping |= restless.begun

    def calm(self, now: datetime) -> None:
        """As ``flapping.calm``."""
        for key in list(self._flapping):
            if self._restlessness({key}, now).count(key, now) < CALM_BELOW:
                self._flapping.discard(key)
                for desk in self.desks.values():
                    desk.tell_again(key, now)

    def deliver(self, now: datetime) -> None:
        for desk in self.desks.values():
            if desk.is_due(now):
                desk.sweep(now, self.open_alerts, self._flapping)

    def repeat(self, now: datetime) -> None:
        """As ``repeats.repeat_due``: one event for an alert, a row for each channel that is due."""
        for alert in self._open.values():
            every = timedelta(minutes=self.rules[alert.rule_id or 0].repeat_interval_minutes)
            due = [desk.channel for desk in self.desks.values() if every and desk.is_to_repeat(alert, every, now)]
            if due:
                event = self._event(AlertEvent(alert=alert, kind=_Kind.REPEATED, at=now, severity=alert.severity))
                for channel in due:
                    self._send(event, channel, _Row.FIRING, False, now)

    def _begin(self, event: Opened) -> Told:
        alert = alert_of(event, self.book)
        alert.pk, alert.rule = next(self._ids), self.rules[event.key[0]]
        self.alerts.append(alert)
        self._open[event.key] = alert
        self._recent[event.key].append(alert)
        return alert, _Kind.OPENED, event.at, event.fact.value, event.severity, event.reason

    def _change(self, event: SeverityChanged) -> Told:
        alert = self._open[event.key]
        alert.severity = event.severity
        reason = f"{event.before.word} to {event.severity.word}"
        return alert, _Kind.SEVERITY_CHANGED, event.at, event.fact.value, event.severity, reason

    def _end(self, event: Resolved) -> Told:
        alert = self._open.pop(event.key)
        alert.resolved_at, alert.resolved_reason = max(event.at, alert.opened_at), event.reason
        return alert, _Kind.RESOLVED, alert.resolved_at, event.value, None, event.reason

    def _tell(self, told: Sequence[Told], kind: str, restless: Restlessness, now: datetime) -> None:
        rows, news, quiet = events_of(told, restless)
        written = [self._event(row) for row in rows]
        for place, is_quiet in zip(news, quiet, strict=True):
            for channel in self._channels(written[place].alert, kind):
                self._send(written[place], channel, kind, is_quiet, now)

    def _channels(self, alert: Alert, kind: str) -> Iterable[Channel]:
        """A resolve goes to those that were to be told of its firing."""
        own = self.channels.get(alert.rule_id or 0, ())
        return own if kind == _Row.FIRING else [one for one in own if self.desks[one.pk].was_asked(alert)]

    def _send(self, event: AlertEvent, channel: Channel, kind: str, is_quiet: bool, now: datetime) -> None:
        row = row_of(event, channel.pk, kind, is_quiet, now)
        row.pk, row.channel = next(self._ids), channel
        self.desks[channel.pk].take(row)

    def _event(self, event: AlertEvent) -> AlertEvent:
        event.pk = next(self._ids)
        self.events.append(event)
        return event

    def _restlessness(self, keys: Iterable[Key], now: datetime) -> Restlessness:
        changes = {}
        for key in keys:
            lately = [alert for alert in self._recent[key] if alert.opened_at > now - LONGEST]
            self._recent[key] = lately
            changes[key] = [at for alert in lately for at in (alert.opened_at, alert.resolved_at) if at is not None]
        return Restlessness(changes, set(self._flapping), self.source)
