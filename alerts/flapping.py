"""Instances that change too often to be worth a message each: one notice, then quiet until they calm down."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from alerts.facts import CHECK_PREFIX, CYCLE
from alerts.models import Alert, Gate, Instance, Notification
from alerts.roster import Key
from alerts.sources import STORED, Source
from alerts.states import State

MOST_CHANGES = 5
CALM_BELOW = 2
EVALUATIONS = 20
GATE = Gate.FLAPPING
LONGEST = timedelta(hours=6)


@dataclass(slots=True)
class Restlessness:
    """How often instances began and ended to fire lately, and which are not told of any more."""

    changes: dict[Key, list[datetime]]
    flapping: set[Key]
    source: Source = STORED
    begun: set[Key] = field(default_factory=set, init=False)
    _spans: dict[str, timedelta] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, keys: Collection[Key], now: datetime) -> "Restlessness":
        rows = Instance.objects.filter(flapping_since__isnull=False).values_list("rule_id", "fingerprint")
        return cls(_changes(keys, now), set(rows))

    def note(self, key: Key, at: datetime) -> bool:
        """One more change; whether it is the one that makes the instance flap."""
        times = self.changes.setdefault(key, [])
        times.append(at)
        if key in self.flapping or len(times) < MOST_CHANGES or self.count(key, at) < MOST_CHANGES:
            return False
        self.flapping.add(key)
        self.begun.add(key)
        return True

    def count(self, key: Key, now: datetime) -> int:
        """Changes within the instance's last 20 evaluations."""
        since = now - self._span(key[1])
        return sum(at > since for at in self.changes.get(key, ()))

    def _span(self, fingerprint: str) -> timedelta:
        if fingerprint not in self._spans:
            self._spans[fingerprint] = min(LONGEST, EVALUATIONS * _interval(fingerprint, self.source))
        return self._spans[fingerprint]


def mark(keys: Iterable[Key], now: datetime) -> None:
    """Remembers which instances flap. Their rows stay, also while they are ok."""
    rows = [
        Instance(
            rule_id=rule_id, fingerprint=fingerprint, state=State.OK, severity=0, rule_version=0, flapping_since=now
        )
        for rule_id, fingerprint in keys
    ]
    Instance.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["rule", "fingerprint"], update_fields=["flapping_since"]
    )


def calm(now: datetime) -> None:
    """Instances with fewer than 2 changes in their last 20 evaluations are told of again, beginning with what is true.

    What was withheld meanwhile is looked at again where it still says something: the firing of an alert that is open,
    and every resolve, which the gates pass on to those who were told of its firing.
    """
    rows = list(Instance.objects.filter(flapping_since__isnull=False).values_list("rule_id", "fingerprint", "id"))
    keys = [(rule_id, fingerprint) for rule_id, fingerprint, _ in rows]
    restless = Restlessness(_changes(keys, now), set()) if keys else None
    for rule_id, fingerprint, row_id in rows:
        if restless is None or restless.count((rule_id, fingerprint), now) >= CALM_BELOW:
            continue
        Instance.objects.filter(pk=row_id).update(flapping_since=None)
        Instance.objects.filter(pk=row_id, state=State.OK).delete()
        quiet = Notification.objects.filter(alert__rule=rule_id, alert__fingerprint=fingerprint, gate=GATE)
        quiet.filter(state=Notification.State.DUE).update(due_at=now)
        withheld = quiet.filter(state=Notification.State.WITHHELD)
        for wanted in (
            withheld.filter(kind=Notification.Kind.RESOLVED),
            withheld.filter(kind=Notification.Kind.FIRING, alert__resolved_at__isnull=True),
        ):
            wanted.update(state=Notification.State.DUE, due_at=now, held_reason="", gate="")


def _changes(keys: Collection[Key], now: datetime) -> dict[Key, list[datetime]]:
    found: dict[Key, list[datetime]] = {}
    if not keys:
        return found
    rows = Alert.objects.filter(
        rule_id__in={rule_id for rule_id, _ in keys},
        fingerprint__in={fingerprint for _, fingerprint in keys},
        opened_at__gt=now - LONGEST,
    ).order_by("opened_at")
    for rule_id, fingerprint, opened_at, resolved_at in rows.values_list(
        "rule_id", "fingerprint", "opened_at", "resolved_at"
    ):
        times = found.setdefault((rule_id or 0, fingerprint), [])
        times += [opened_at] if resolved_at is None else [opened_at, resolved_at]
    return found


def _interval(fingerprint: str, source: Source) -> timedelta:
    """How often an instance of this subject is judged."""
    if fingerprint.startswith(CHECK_PREFIX):
        return timedelta(seconds=settings.CONFIG.health_check_interval_seconds)
    step_ms = 0.0 if fingerprint == CYCLE else source.usual_step_ms(fingerprint)
    return timedelta(milliseconds=step_ms) or timedelta(seconds=settings.CONFIG.evaluate_seconds)
