from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.dead_ends import dead_ends
from alerts.models import Channel, EscalationPolicy, MaintenanceWindow, Rule, Silence
from tests.alerts.escalation.policies import a_policy
from tests.alerts.muting.rows import a_silence
from tests.alerts.rows import a_channel

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNREADABLE = r"instance=~(a)\1"  # RE2 has no references


def found() -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in dead_ends(NOW)]


def a_rule(name: str = "high_cpu", *channels: Channel, **fields: object) -> Rule:
    rule = Rule.objects.create(**{"name": name, "condition": "value > 80"} | fields)
    rule.channels.set(channels)
    return rule


def test_a_rule_that_tells_an_enabled_channel_is_no_dead_end() -> None:
    a_rule("high_cpu", a_channel(), a_channel("old", enabled=False))
    assert found() == []


def test_a_rule_without_an_enabled_channel_tells_nobody() -> None:
    a_rule("none")
    a_rule("disabled", a_channel(enabled=False))
    assert found() == [("rule", "disabled"), ("rule", "none")]


def test_a_disabled_rule_has_nothing_to_tell() -> None:
    a_rule(enabled=False)
    assert found() == []


def test_a_rule_whose_policy_tells_somebody_is_no_dead_end() -> None:
    a_rule(escalation_policy=a_policy(15))
    assert found() == []


def test_a_step_without_an_enabled_channel_is_named_though_others_tell_somebody() -> None:
    a_rule("high_cpu", a_channel(), escalation_policy=a_policy(15, 30))
    Channel.objects.filter(name="step-2").update(enabled=False)
    [end] = dead_ends(NOW)
    assert str(end).startswith("Policy night-shift tells nobody in its step 2: ")


def test_a_step_whose_channels_were_deleted_tells_nobody() -> None:
    a_rule("high_cpu", a_channel(), escalation_policy=a_policy(15))
    Channel.objects.filter(name="step-1").delete()
    assert found() == [("policy", "night-shift")]


def test_a_policy_without_steps_is_a_dead_end_and_so_is_a_rule_that_has_nothing_else() -> None:
    a_rule("high_cpu", escalation_policy=EscalationPolicy.objects.create(name="empty"))
    a_rule("cpu", a_channel(), escalation_policy=EscalationPolicy.objects.get())
    assert found() == [("rule", "high_cpu"), ("policy", "empty")]


def test_a_policy_that_no_enabled_rule_uses_is_a_draft() -> None:
    EscalationPolicy.objects.create(name="empty")
    a_rule(enabled=False, escalation_policy=EscalationPolicy.objects.get())
    assert found() == []


@pytest.mark.parametrize(("starts_at", "is_one"), [(NOW, True), (NOW + HOUR, True), (NOW - 3 * HOUR, False)])
def test_a_silence_that_cannot_be_read_is_named_until_it_is_over(starts_at: datetime, is_one: bool) -> None:
    a_silence("instance=web", starts_at, HOUR)
    assert found() == []
    Silence.objects.update(matchers=UNREADABLE)
    assert [str(end).startswith(f"Silence “{UNREADABLE}” is without effect. ") for end in dead_ends(NOW)] == [
        True
    ] * is_one


@pytest.mark.parametrize("enabled", [True, False])
def test_a_maintenance_window_that_cannot_be_read_is_named_while_it_is_enabled(enabled: bool) -> None:
    when = {"starts_on": NOW.date(), "starts_at": time(2), "enabled": enabled}
    MaintenanceWindow.objects.create(name="disk swap", matchers=UNREADABLE, **when)
    assert found() == [("maintenance window", "disk swap")] * enabled
