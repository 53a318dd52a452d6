from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.gates import GATES, Hold, Pass, Standing, Stop, Told, decide
from alerts.models import Severity

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
FIRING = Standing(
    is_resolve=False,
    severity=Severity.HIGH,
    alert_is_open=True,
    acknowledged_by=None,
    channel_enabled=True,
    rule_enabled=True,
    was_told=False,
    is_being_told=False,
    may_have_arrived=False,
    cooldown=timedelta(minutes=15),
    last_told=None,
)
RESOLVE = replace(FIRING, is_resolve=True, alert_is_open=False, was_told=True)
TOLD_HIGH = Told(NOW - timedelta(minutes=5), Severity.HIGH)


@pytest.mark.parametrize("standing", [FIRING, RESOLVE])
def test_news_that_nothing_speaks_against_passes(standing: Standing) -> None:
    assert decide(standing, NOW) == Pass()


@pytest.mark.parametrize(
    ("standing", "decision"),
    [
        (replace(FIRING, alert_is_open=False), Pass()),
        (
            replace(FIRING, alert_is_open=False, channel_enabled=False),
            Stop("resolved before it could be told: the channel is disabled"),
        ),
        (
            replace(FIRING, alert_is_open=False, channel_enabled=False, may_have_arrived=True),
            Hold("the channel is disabled", NOW + timedelta(seconds=60)),
        ),
        (replace(RESOLVE, was_told=False), Stop("this channel was not told that it fired")),
        (
            replace(RESOLVE, was_told=False, is_being_told=True),
            Hold("its firing is still being told", NOW + timedelta(seconds=2)),
        ),
        (replace(FIRING, channel_enabled=False), Hold("the channel is disabled", NOW + timedelta(seconds=60))),
        (replace(RESOLVE, channel_enabled=False), Hold("the channel is disabled", NOW + timedelta(seconds=60))),
        (replace(FIRING, rule_enabled=False), Hold("the rule is disabled", NOW + timedelta(seconds=60))),
        (replace(RESOLVE, rule_enabled=False), Pass()),
        (replace(FIRING, acknowledged_by="kim"), Pass()),
        (replace(FIRING, acknowledged_by="kim", was_told=True), Stop("acknowledged by kim")),
        (replace(RESOLVE, acknowledged_by="kim"), Pass()),
    ],
)
def test_each_no_has_a_named_reason(standing: Standing, decision: Pass | Hold | Stop) -> None:
    assert decide(standing, NOW) == decision


def test_an_instance_that_was_told_is_held_until_its_cooldown_ends() -> None:
    held = decide(replace(FIRING, last_told=TOLD_HIGH), NOW)

    assert held == Hold("cooldown until 12:10:00 UTC", NOW + timedelta(minutes=10))


@pytest.mark.parametrize(
    "standing",
    [
        replace(FIRING, last_told=replace(TOLD_HIGH, severity=Severity.MEDIUM)),
        replace(FIRING, last_told=TOLD_HIGH, severity=Severity.CRITICAL),
        replace(RESOLVE, last_told=TOLD_HIGH),
        replace(FIRING, last_told=replace(TOLD_HIGH, at=NOW - timedelta(minutes=15))),
    ],
    ids=["rise in severity", "first critical", "resolve of something told", "cooldown over"],
)
def test_what_is_exempt_from_the_cooldown_passes(standing: Standing) -> None:
    assert decide(standing, NOW) == Pass()


def test_the_first_gate_that_objects_gives_the_reason() -> None:
    standing = replace(FIRING, channel_enabled=False, last_told=TOLD_HIGH)

    assert [type(gate(standing, NOW)) for gate in GATES].count(Pass) == len(GATES) - 2
    assert decide(standing, NOW) == Hold("the channel is disabled", NOW + timedelta(seconds=60))
