"""Whatever happens in whatever order: what channels are told is true, in order, not too often, and nothing is lost."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from alerts.models import Alert, AlertEvent, Channel, Notification, Rule, Silence
from alerts.outbox import deliver_due
from tests.alerts.muting.rows import a_silence
from tests.alerts.rows import a_channel, an_alert
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
COOLDOWN = 15 * MINUTE
TOLD = (Notification.State.SENT, Notification.State.NAMED)
ACTIONS = ("fire", "change", "resolve", "silence", "acknowledge", "wait")


@dataclass
class World:
    """Three instances of a rule and a channel, as the evaluator and people change them."""

    channel: Channel
    rule: Rule
    is_grouped: bool
    now: datetime = NOW
    alerts: dict[int, Alert] = field(default_factory=dict)

    def do(self, action: str, instance: int, severity: int, minutes: int) -> None:
        alert = self.alerts.get(instance)
        if action == "fire" and alert is None:
            group = "rule=high_cpu_usage" if self.is_grouped else ""
            fields = {"fingerprint": str(instance), "labels": {"instance": str(instance)}, "severity": severity}
            self.alerts[instance] = an_alert(self.now, rule=self.rule, group_key=group, **fields)
            self._tell(self.alerts[instance], "opened", severity)
        elif action == "change" and alert is not None and alert.severity != severity:
            Alert.objects.filter(pk=alert.pk).update(severity=severity)
            alert.severity = severity
            self._tell(alert, "severity changed", severity)
        elif action == "resolve" and alert is not None:
            Alert.objects.filter(pk=alert.pk).update(resolved_at=self.now, resolved_reason="over")
            self._tell(self.alerts.pop(instance), "resolved", None)
        elif action == "silence":
            a_silence(f"instance={instance}", self.now, minutes * MINUTE)
        elif action == "acknowledge" and alert is not None:
            Alert.objects.filter(pk=alert.pk).update(acknowledged_at=self.now, acknowledged_by=User.objects.first())
        self.pass_time(minutes)

    def pass_time(self, minutes: int) -> None:
        for part in range(2):
            deliver_due(self.now + part * minutes * MINUTE / 2)
        self.now += minutes * MINUTE

    def settle(self) -> None:
        """Acknowledges lapse, and time goes on until nothing is held back any more."""
        Alert.objects.update(acknowledged_at=None, acknowledged_by=None)
        for _ in range(16):
            self.pass_time(15)

    def _tell(self, alert: Alert, kind: str, severity: int | None) -> None:
        event = AlertEvent.objects.create(alert=alert, kind=kind, at=self.now, severity=severity)
        outbox_kind = "resolved" if kind == "resolved" else "firing"
        Notification.objects.create(
            alert=alert, event=event, channel=self.channel, kind=outbox_kind, created_at=self.now, due_at=self.now
        )


@pytest.fixture
def limits(settings: Settings) -> None:
    """Few messages in an hour."""
    configure(settings, global_rate_limit=4)


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    is_grouped=st.booleans(),
    steps=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.integers(1, 4), st.integers(1, 25)), max_size=12
    ),
)
def test_what_is_told_is_true_in_order_not_too_often_and_complete(
    limits: None, is_grouped: bool, steps: list[tuple[str, int, int, int]]
) -> None:
    for model in (Alert, Rule, Channel, Silence, User):
        model.objects.all().delete()
    User.objects.create(username="kim")
    rule = Rule.objects.create(name="high_cpu_usage", condition="value > 80", max_alerts_per_hour=0)
    world = World(a_channel(), rule, is_grouped)
    for step in steps:
        world.do(*step)
    world.settle()

    rows = list(Notification.objects.select_related("alert", "event").order_by("sent_at", "pk"))
    told = [row for row in rows if row.state in TOLD]
    ends_follow_what_was_told_to_fire(told)
    nothing_is_told_twice_within_its_cooldown(told)
    nothing_is_told_within_a_silence(told)
    nothing_is_lost(rows)
    what_was_told_last_is_true(told)


def ends_follow_what_was_told_to_fire(told: list[Notification]) -> None:
    fired: set[int] = set()
    for row in told:
        if row.kind == "firing":
            fired.add(row.alert_id)
        else:
            assert row.alert_id in fired, "an end came before its firing"


def nothing_is_told_twice_within_its_cooldown(told: list[Notification]) -> None:
    worst: dict[str, list[tuple[datetime, int]]] = {}
    for row in told:
        if row.kind != "firing" or row.sent_at is None:
            continue
        severity = row.event.severity or 0
        before = worst.setdefault(row.alert.fingerprint, [])
        lately = [known for at, known in before if row.sent_at - at < COOLDOWN]
        assert not lately or severity > max(lately), "it was told again within its cooldown, and had not got worse"
        before.append((row.sent_at, severity))


def nothing_is_told_within_a_silence(told: list[Notification]) -> None:
    for row in told:
        quiet = Silence.objects.filter(
            matchers=f"instance={row.alert.fingerprint}", starts_at__lte=row.sent_at, ends_at__gt=row.sent_at
        )
        assert not quiet.filter(created_at__lte=row.sent_at - timedelta(seconds=1)).exists(), "it was told in a silence"


def nothing_is_lost(rows: list[Notification]) -> None:
    for row in rows:
        assert row.state in (*TOLD, Notification.State.WITHHELD), f"{row} is still held: {row.held_reason}"
        assert row.state in TOLD or (row.held_reason and row.gate), "it was withheld without a reason"


def what_was_told_last_is_true(told: list[Notification]) -> None:
    last = {row.alert_id: row.told_severity for row in told}
    for alert in Alert.objects.all():
        if alert.is_open:
            assert last.get(alert.pk) == alert.severity, "an open alert was told otherwise than it is"
        elif alert.pk in last:
            assert last[alert.pk] == 0, "an alert that is over was told to fire, and not to be over"
