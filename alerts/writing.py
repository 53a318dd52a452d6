"""What a cycle found, written: alerts, their events, and in the same transaction what has to be told; all in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from alerts import flapping
from alerts.board import Changes, Event, Opened, Resolved, SeverityChanged, Standing
from alerts.flapping import Restlessness
from alerts.grouping import key_of
from alerts.models import Alert, AlertEvent, Instance, Notification, Rule, Severity
from alerts.roster import Key
from alerts.rulebook import Compiled, Rulebook
from alerts.wording import TemplateRefused, render

_State = Notification.State
_Kind = AlertEvent.Kind
_BATCH = 500


def apply(changes: Changes, book: Rulebook, now: datetime) -> None:
    """Writes what a cycle found. Call inside the transaction that also takes the facts as read."""
    if changes.events:
        restless = Restlessness.of({event.key for event in changes.events}, now)
        for batch in rounds_of(changes.events):
            _open([event for event in batch if isinstance(event, Opened)], book, restless, now)
            _change([event for event in batch if isinstance(event, SeverityChanged)], restless, now)
            _resolve([event for event in batch if isinstance(event, Resolved)], restless, now)
        flapping.mark(restless.begun, now)
    _write_instances(changes.standing)
    _clear_instances(changes.cleared)


def rounds_of(events: Iterable[Event]) -> Iterator[list[Event]]:
    """The first event of each instance, then the second of each, and so on, so that each round can go in bulk."""
    rounds: list[list[Event]] = []
    seen: defaultdict[Key, int] = defaultdict(int)
    for event in events:
        place = seen[event.key]
        seen[event.key] += 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(event)
    return iter(rounds)


def _open(events: Sequence[Opened], book: Rulebook, restless: Restlessness, now: datetime) -> None:
    if not events:
        return
    alerts = Alert.objects.bulk_create([alert_of(event, book) for event in events], batch_size=_BATCH)
    opened = [
        (alert, _Kind.OPENED, event.at, event.fact.value, event.severity, event.reason)
        for alert, event in zip(alerts, events, strict=True)
    ]
    _tell(opened, Notification.Kind.FIRING, _channels_of({event.key[0] for event in events}), restless, now)


def alert_of(event: Opened, book: Rulebook) -> Alert:
    rule, fact = event.rule, event.fact
    labels = {**rule.tags, **fact.labels}
    return Alert(
        rule_id=rule.id,
        rule_name=rule.name,
        fingerprint=fact.fingerprint,
        subject=fact.subject[:500],
        labels=labels,
        group_key=key_of(rule.group_by, rule.name, labels),
        severity=event.severity,
        summary=summary_of(event, event.reason) + _held_back(book.children.get(rule.id, ())),
        value=fact.value,
        opened_at=event.at,
    )


def summary_of(event: Opened | SeverityChanged, reason: str = "") -> str:
    rule, fact = event.rule, event.fact
    if reason:
        return f"{fact.subject}: {reason}"
    plain = f"{fact.subject} is {fact.value:g}" if not fact.is_health else f"{fact.subject}: {fact.facts.message}"
    if not fact.name:
        plain = f"{rule.name}: {fact.subject}"
    if not rule.message_template:
        return plain
    told = {"rule": rule.name, "severity": event.severity.word, "subject": fact.subject}
    try:
        return render(rule.message_template, fact.details | told)
    except TemplateRefused as refused:
        return f"{plain} (the rule's message template failed: {refused})"


def _held_back(children: Sequence[Compiled]) -> str:
    return f" (holds back: {', '.join(rule.name for rule in children)})" if children else ""


def _change(events: Sequence[SeverityChanged], restless: Restlessness, now: datetime) -> None:
    found = _open_alerts(events)
    changed = []
    for event in events:
        alert = found.get(event.key)
        if alert is not None and Alert.objects.filter(pk=alert.pk, resolved_at__isnull=True).update(
            severity=event.severity, summary=summary_of(event)
        ):
            reason = f"{event.before.word} to {event.severity.word}"
            changed.append((alert, _Kind.SEVERITY_CHANGED, event.at, event.fact.value, event.severity, reason))
    _tell(changed, Notification.Kind.FIRING, _channels_of({event.key[0] for event in events}), restless, now)


def _resolve(events: Sequence[Resolved], restless: Restlessness, now: datetime) -> None:
    found = _open_alerts(events)
    together: defaultdict[tuple[datetime, str], list[tuple[Alert, Resolved]]] = defaultdict(list)
    for event in events:
        alert = found.get(event.key)
        if alert is not None:
            together[max(event.at, alert.opened_at), event.reason].append((alert, event))
    ended = [
        (alert, _Kind.RESOLVED, at, event.value, None, reason)
        for (at, reason), pairs in together.items()
        for alert, event in _ended(pairs, at, reason)
    ]
    _tell(ended, Notification.Kind.RESOLVED, _asked({one[0].pk for one in ended}), restless, now)


def _ended(pairs: list[tuple[Alert, Resolved]], at: datetime, reason: str) -> list[tuple[Alert, Resolved]]:
    """Those that this ended; a person may have been first with some."""
    wanted = [alert.pk for alert, _ in pairs]
    with transaction.atomic():
        # Beside events that are just written for them, and in one order, so that no two wait for each other.
        free = Alert.objects.select_for_update(no_key=True).order_by("pk")
        unresolved = free.filter(pk__in=wanted, resolved_at__isnull=True)
        still_open = set(unresolved.values_list("pk", flat=True))
        Alert.objects.filter(pk__in=still_open).update(resolved_at=at, resolved_reason=reason)
    return [(alert, event) for alert, event in pairs if alert.pk in still_open]


def end(alert: Alert, at: datetime, reason: str) -> bool:
    """Whether it was open until now."""
    unresolved = Alert.objects.filter(pk=alert.pk, resolved_at__isnull=True)
    return bool(unresolved.update(resolved_at=at, resolved_reason=reason))


Told = tuple[Alert, str, datetime, float | None, Severity | None, str]


def _tell(
    told: Sequence[Told], kind: str, channels: dict[int, list[int]], restless: Restlessness, now: datetime
) -> None:
    """An event for each, and a row of the outbox for each of its channels; ``channels`` by rule, resolves by alert."""
    rows, news, quiet = events_of(told, restless)
    written = AlertEvent.objects.bulk_create(rows, batch_size=_BATCH)
    Notification.objects.bulk_create(
        [
            row_of(event, channel_id, kind, is_quiet, now)
            for event, is_quiet in zip((written[place] for place in news), quiet, strict=True)
            for channel_id in channels.get(_place(event.alert, kind), ())
        ],
        batch_size=_BATCH,
    )


def events_of(told: Iterable[Told], restless: Restlessness) -> tuple[list[AlertEvent], list[int], list[bool]]:
    """The events that say so, which of them are to be told, and which of these are not, since their instance flaps.

    The notice of flapping is told in place of what began it.
    """
    rows: list[AlertEvent] = []
    news, quiet = [], []
    for alert, event_kind, at, value, severity, reason in told:
        key = alert.rule_id or 0, alert.fingerprint
        quiet.append(key in restless.flapping)
        event = AlertEvent(alert=alert, kind=event_kind, at=at, value=value, severity=severity, reason=reason)
        rows.append(event)
        if event_kind != _Kind.SEVERITY_CHANGED and restless.note(key, at):
            rows.append(_as(event, _Kind.FLAPPING, _NOTICE))
        news.append(len(rows) - 1)
        if quiet[-1]:
            rows.append(_as(event, _Kind.WITHHELD, flapping.GATE))
    return rows, news, quiet


def _as(event: AlertEvent, kind: str, reason: str) -> AlertEvent:
    return AlertEvent(
        alert=event.alert, kind=kind, at=event.at, value=event.value, severity=event.severity, reason=reason
    )


_NOTICE = (
    f"{flapping.MOST_CHANGES} changes in {flapping.EVALUATIONS} evaluations: quiet until there are fewer than "
    f"{flapping.CALM_BELOW}"
)


def _place(alert: Alert, kind: str) -> int:
    return alert.pk if kind == Notification.Kind.RESOLVED else alert.rule_id or 0


def row_of(event: AlertEvent, channel_id: int, kind: str, is_quiet: bool, now: datetime) -> Notification:
    state, gate = (_State.WITHHELD, flapping.GATE) if is_quiet else (_State.DUE, "")
    return Notification(
        alert=event.alert,
        event=event,
        channel_id=channel_id,
        kind=kind,
        state=state,
        held_reason=gate,
        gate=gate,
        created_at=now,
        due_at=now,
    )


def _channels_of(rule_ids: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = Rule.channels.through.objects.filter(rule_id__in=rule_ids).order_by("id")
    for rule_id, channel_id in rows.values_list("rule_id", "channel_id"):
        found.setdefault(rule_id, []).append(channel_id)
    return found


def _asked(alert_ids: set[int]) -> dict[int, list[int]]:
    """The channels that were to be told of each of these alerts."""
    found: dict[int, list[int]] = {}
    rows = Notification.objects.filter(alert_id__in=alert_ids, kind=Notification.Kind.FIRING).order_by()
    for alert_id, channel_id in rows.values_list("alert_id", "channel_id").distinct():
        found.setdefault(alert_id, []).append(channel_id)
    return found


def _open_alerts(events: Sequence[SeverityChanged] | Sequence[Resolved]) -> dict[Key, Alert]:
    if not events:
        return {}
    keys = [event.key for event in events]
    rows = Alert.objects.filter(
        resolved_at__isnull=True, rule_id__in={key[0] for key in keys}, fingerprint__in={key[1] for key in keys}
    )
    return {(alert.rule_id or 0, alert.fingerprint): alert for alert in rows}


def _write_instances(standing: dict[Key, Standing]) -> None:
    rows = [
        Instance(
            rule_id=rule_id,
            fingerprint=fingerprint,
            state=new.situation.state,
            active_since=new.situation.active_since,
            false_since=new.situation.false_since,
            severity=new.situation.severity,
            rule_version=new.version,
            value=new.value,
        )
        for (rule_id, fingerprint), new in standing.items()
    ]
    Instance.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["rule", "fingerprint"],
        update_fields=["state", "active_since", "false_since", "severity", "rule_version", "value"],
    )


def _clear_instances(cleared: Sequence[Key]) -> None:
    """Deletes the rows; what flaps keeps its row and is ok."""
    wanted = set(cleared)
    if not wanted:
        return
    rows = Instance.objects.filter(rule_id__in={rule_id for rule_id, _ in wanted})
    found = rows.values_list("id", "rule_id", "fingerprint")
    ids = [row_id for row_id, *key in found if tuple(key) in wanted]
    ended = Instance.objects.filter(id__in=ids)
    ended.filter(flapping_since__isnull=False).update(
        state=Instance.State.OK, active_since=None, false_since=None, severity=0
    )
    ended.filter(flapping_since__isnull=True).delete()
