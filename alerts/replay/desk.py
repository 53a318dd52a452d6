"""One channel in a replay: its rows, in their turn, through the gates; what passes counts as told at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.channels import Receipt
from alerts.delivery import Delivery, due_of
from alerts.dependencies import speakers_of
from alerts.gates import Hold, Pass, Standing, Stop, decide_all
from alerts.gates.ledger import Paces
from alerts.gathering import led_by
from alerts.ledger import HOUR
from alerts.models import Alert, Channel, Gate, Notification
from alerts.models.gate import GATHERING
from alerts.muting.current import Mutes
from alerts.replay.heard import as_read, ledger_of
from alerts.replay.mutes import PastMutes
from alerts.replay.turns import by_turn, company, is_turn
from alerts.results import consequence_of, named, withheld
from alerts.roster import Key
from alerts.serving import next_batch
from alerts.standing import Past, instance_of, pasts_of, standing_of, worst_told

_State = Notification.State
_FIRING = Notification.Kind.FIRING
_TOLD = (_State.SENT, _State.NAMED)
_ARRIVED = Receipt("replayed")


@dataclass(slots=True)
class Desk:
    """``others`` are the times at which the channel was really told of firings of other rules, in order."""

    channel: Channel
    mutes: PastMutes
    paces: Paces
    parents: Mapping[int, Collection[int]]
    others: Sequence[datetime] = ()
    rows: list[Notification] = field(default_factory=list)
    held: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By the id of a row the gate that held it last, and its reason, also when it was withheld for good later."""
    _waiting: list[Notification] = field(default_factory=list, init=False)
    _by_alert: defaultdict[int, list[Notification]] = field(default_factory=lambda: defaultdict(list), init=False)
    _by_key: defaultdict[Key, list[Notification]] = field(default_factory=lambda: defaultdict(list), init=False)
    _told: list[Notification] = field(default_factory=list, init=False)
    _next: datetime | None = field(default=None, init=False)
    _last_digest_at: datetime | None = field(default=None, init=False)

    def take(self, row: Notification) -> None:
        self.rows.append(row)
        self._by_alert[row.alert_id].append(row)
        self._by_key[instance_of(row.alert)].append(row)
        if row.state == _State.DUE:
            self._waiting.append(row)
        self._next = row.created_at  # also because the end of an alert lets its rows go that gates hold

    def was_asked(self, alert: Alert) -> bool:
        return any(row.kind == _FIRING for row in self._by_alert[alert.pk])

    def is_to_repeat(self, alert: Alert, every: timedelta, now: datetime) -> bool:
        firings = [row for row in self._by_alert[alert.pk] if row.kind == _FIRING]
        told = [row.sent_at for row in firings if row.state in _TOLD and row.sent_at is not None]
        return bool(told) and max(told) <= now - every and all(row.state != _State.DUE for row in firings)

    def tell_again(self, key: Key, now: datetime) -> None:
        """What was withheld of an instance while it flapped, where it still says something."""
        for row in self._by_key[key]:
            if row.gate != Gate.FLAPPING:
                continue
            if row.state == _State.WITHHELD and (row.kind != _FIRING or row.alert.is_open):
                row.state, row.held_reason, row.gate = _State.DUE, "", ""
                self._waiting.append(row)
            row.due_at = now if row.state == _State.DUE else row.due_at
        self._next = now

    def is_due(self, now: datetime) -> bool:
        return self._next is not None and self._next <= now

    def sweep(self, now: datetime, open_alerts: Sequence[Alert], restless: Collection[Key]) -> None:
        """As ``outbox.deliver_due`` for one channel."""
        turn = sorted((row for row in self._waiting if is_turn(row, now)), key=by_turn)
        dues = [due_of(row) for row in turn]
        by_id = {row.pk: row for row in turn}
        while dues:
            batch, dues = next_batch(dues)
            rows = [by_id[due.pk] for due in batch if by_id[due.pk].state == _State.DUE]
            if rows:
                self._judge(rows, now, open_alerts, restless)
        self._waiting = [row for row in self._waiting if row.state == _State.DUE]
        self._forget(now)
        self._next = min((row.due_at for row in self._waiting), default=None)

    def _forget(self, now: datetime) -> None:
        """Of what was told long ago, limits and groups take no notice."""
        longest = max(self.paces.window, HOUR, 2 * self.paces.every)
        self._told = [row for row in self._told if row.sent_at is not None and row.sent_at > now - longest]

    def _judge(
        self, rows: Sequence[Notification], now: datetime, open_alerts: Sequence[Alert], restless: Collection[Key]
    ) -> None:
        """As ``gathering.judge`` and ``serving``."""
        self._supersede([row for row in rows if row.kind != _FIRING], now)
        everybody = [Delivery(row, due_of(row), 0, now) for row in (*rows, *company(rows, self._waiting, now))]
        standings = self._standings([one.notification for one in everybody], now, open_alerts, restless)
        ledger = ledger_of(standings, self._told, self.others, self._last_digest_at, self.paces, now)
        decisions = decide_all(standings, ledger, now)
        for judged in led_by(everybody, standings, decisions, {row.pk for row in rows}):
            row, decision = judged.delivery.notification, judged.decision
            outcome = _ARRIVED if isinstance(decision, Pass) else decision
            self._apply(row, consequence_of(row, outcome, now, 0).row)
            if isinstance(decision, Hold) and decision.gate is not None:
                self.held[row.pk] = decision.gate, decision.reason
            for member in judged.members:
                self._apply(member.notification, named(member.notification, row, now).row)

    def _apply(self, row: Notification, changes: Mapping[str, Any]) -> None:
        for name, value in changes.items():
            setattr(row, name, value)
        if row.state in _TOLD:
            self._told.append(row)
            self._last_digest_at = row.sent_at if row.is_digest else self._last_digest_at

    def _supersede(self, resolves: Sequence[Notification], now: datetime) -> None:
        """As ``delivery.supersede_firings``."""
        for resolve in resolves:
            for row in self._by_alert[resolve.alert_id]:
                if row.kind == _FIRING and row.state == _State.DUE and row.held_reason and row.gate not in GATHERING:
                    self._apply(row, withheld(resolve, Stop("resolved before it could be told"), now).row)

    def _standings(
        self, rows: Sequence[Notification], now: datetime, open_alerts: Sequence[Alert], restless: Collection[Key]
    ) -> list[Standing]:
        pasts = self._pasts(rows, now)
        told = self._worst(rows, now)
        mutes = self.mutes.at(now)
        parents = speakers_of([row.alert for row in rows], self.parents, open_alerts)
        return [self._standing(row, pasts, told, mutes, parents, restless) for row in rows]

    def _standing(
        self,
        row: Notification,
        pasts: Mapping[int, Past],
        told: Mapping[Key, Any],
        mutes: Mutes,
        parents: Mapping[int, Any],
        restless: Collection[Key],
    ) -> Standing:
        key = instance_of(row.alert)
        return standing_of(
            row,
            pasts[row.alert_id],
            told.get(key),
            may_have_arrived=False,
            parent=parents.get(row.alert_id),
            maintenance=mutes.maintenance_of(row.alert),
            silence=mutes.silence_of(row.alert),
            is_flapping=key in restless,
            leader_is_under_way=False,
        )

    def _pasts(self, rows: Sequence[Notification], now: datetime) -> dict[int, Past]:
        others = [other for alert_id in {row.alert_id for row in rows} for other in self._by_alert[alert_id]]
        others.sort(key=lambda row: (row.sent_at is None, row.sent_at or now, row.pk))
        return pasts_of([as_read(row) for row in others], now)

    def _worst(self, rows: Sequence[Notification], now: datetime) -> dict[Key, Any]:
        keys = {instance_of(row.alert) for row in rows}
        cooldowns = {row.alert.rule_id: _cooldown(row) for row in rows}
        sent = [
            row
            for key in keys
            for row in self._by_key[key]
            if row.kind == _FIRING and row.state in _TOLD and row.sent_at is not None
        ]
        sent.sort(key=lambda row: (row.sent_at or now, row.pk))
        return worst_told([as_read(row) for row in sent], cooldowns, now)


def _cooldown(row: Notification) -> timedelta:
    rule = row.alert.rule
    return timedelta(minutes=0 if rule is None else rule.cooldown_minutes)
