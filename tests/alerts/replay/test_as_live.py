"""What a replay says of a stretch is what the live system did over the same snapshots."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from alerts.models import Alert, Channel, Notification, Rule
from alerts.outbox import deliver_due
from alerts.repeats import repeat_due
from alerts.replay import Draft, Episode, replay
from alerts.serving import Clock
from monitoring.clock import from_ms, to_ms
from monitoring.models import HealthCheckState, HealthRecord
from tests.alerts.cycles import judge
from tests.alerts.feed import Feed
from tests.alerts.muting.rows import a_silence

pytestmark = pytest.mark.django_db(transaction=True)
STEP = timedelta(seconds=11)  # no time that a gate counts with is a multiple of it
CYCLES = 50

RULES: dict[str, dict[str, Any]] = {
    "plain": {},
    "silenced": {"cooldown_minutes": 1},
    "child": {"condition": "name == 'cpu_usage_percent' and value > 60", "cooldown_minutes": 1},
    "waits": {"for_seconds": 25, "keep_firing_for_seconds": 30},
    "gets worse": {"worse_condition": "name == 'cpu_usage_percent' and value > 92", "cooldown_minutes": 0},
    "recovers late": {"recovery_condition": "value < 60", "cooldown_minutes": 3},
    "looks back": {"condition": "name == 'cpu_usage_percent' and avg('cpu_usage_percent', '1m') > 70"},
    "looks back only": {
        "condition": "max_over_time('cpu_usage_percent', '1m') > 92 or p50('cpu_usage_percent', '2m') < 40"
    },
    "alerts on silence": {"no_data": "alert", "no_data_after_seconds": 60},
    "ends with silence": {"no_data": "ok", "no_data_after_seconds": 60},
    "limited": {"max_alerts_per_hour": 2, "cooldown_minutes": 0, "group_by": []},
    "repeats": {"repeat_interval_minutes": 2, "cooldown_minutes": 1},
    "breaks": {"condition": "name == 'cpu_usage_percent' and 100 / (value - 50) > 3"},
    "about a check": {"condition": "health_check and name == 'disk' and status == 'critical'", "cooldown_minutes": 2},
}


@dataclass
class Live:
    """The console over some minutes of made-up values, from a seed."""

    feed: Feed
    chance: np.random.Generator
    values: dict[str, float] = field(default_factory=lambda: {"a": 70.0, "b": 85.0, "c": 50.0})

    def run(self) -> datetime:
        """Gives when it began. Series fall silent now and then, report twice between cycles, or jump."""
        self.feed.now = start = from_ms(to_ms(self.feed.now))
        judge(start)
        silent_until = dict.fromkeys(self.values, start)
        for _ in range(CYCLES):
            now = self.feed.now + STEP
            for host in self.values:
                if self.chance.random() < 0.03:
                    silent_until[host] = now + timedelta(seconds=int(self.chance.choice((40, 120, 240))))
                if now >= silent_until[host]:
                    self._report(host, now)
            self._check(now)
            self.feed.now = now
            judge(now)
            repeat_due(now)
            deliver_due(now)
        return start

    def _report(self, host: str, now: datetime) -> None:
        jump = 40 if self.chance.random() < 0.15 else 8
        count = 1 + int(self.chance.binomial(1, 0.3))
        for milliseconds in sorted(self.chance.choice(10_999, count, replace=False).tolist()):
            self.values[host] = min(100.0, max(0.0, self.values[host] + float(self.chance.uniform(-jump, jump))))
            self.feed.now = now - STEP
            self.feed(self.values[host], passed=timedelta(milliseconds=milliseconds + 1), host=host)
        self.feed.now = now - STEP

    def _check(self, now: datetime) -> None:
        status = str(self.chance.choice(("healthy", "healthy", "critical")))
        fields = {"status": status, "message": "", "duration_ms": 1.0, "metadata": {}}
        state, _ = HealthCheckState.objects.update_or_create(name="disk", defaults={**fields, "checked_at": now})
        HealthRecord.objects.create(state=state, at=to_ms(now), **fields)


@pytest.fixture
def rules(log_channel: Channel) -> dict[str, Rule]:
    """Each tells a channel of its own, so that none takes a place of another."""
    made = {}
    for place, (kind, fields) in enumerate(RULES.items()):
        condition = "name == 'cpu_usage_percent' and value > 80"
        made[kind] = Rule.objects.create(**{"name": f"rule_{place}", "condition": condition, **fields})
        made[kind].channels.add(Channel.objects.create(name=f"log_{place}", kind=Channel.Kind.LOG))
    made["child"].depends_on.add(made["waits"])
    return made


@pytest.fixture(autouse=True)
def a_sweep_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a busy machine does not send within a second waits for the next sweep; here every sweep gets through."""
    monkeypatch.setattr(Clock, "now", lambda clock: clock.began_at)


def what_happened(rule: Rule) -> list[Any]:
    found = []
    for alert in Alert.objects.filter(rule=rule).exclude(fingerprint="rule"):
        rows = Notification.objects.filter(alert=alert).select_related("channel", "event").order_by("pk")
        ended = None if alert.resolved_at is None else to_ms(alert.resolved_at)
        letters = [(row.channel.name, row.kind, row.event.kind, row.state, row.gate) for row in rows]
        found.append((alert.fingerprint, to_ms(alert.opened_at), ended, alert.resolved_reason, letters))
    return sorted(found, key=lambda one: (one[1], one[0]))


def what_is_said(episodes: tuple[Episode, ...]) -> list[Any]:
    found = []
    for one in episodes:
        ended = None if one.ended_at is None else to_ms(one.ended_at)
        letters = [(letter.channel, letter.kind, letter.event, letter.state, letter.gate) for letter in one.letters]
        found.append((one.instance, to_ms(one.started_at), ended, one.reason, letters))
    return sorted(found, key=lambda one: (one[1], one[0]))


@pytest.mark.parametrize("seed", [3, 8])
def test_a_replay_says_what_the_live_system_did(seed: int, rules: dict[str, Rule], feed: Feed) -> None:
    live = Live(feed, np.random.default_rng(seed))
    minute = timedelta(minutes=1)
    a_silence(f"rule={rules['silenced'].name}", feed.now + 2 * minute, 4 * minute)
    start = live.run()

    for kind, rule in rules.items():
        report = replay(Draft.of(rule), start, feed.now, step=STEP)
        assert what_is_said(report.episodes) == what_happened(rule), kind
        assert report.episodes, kind
