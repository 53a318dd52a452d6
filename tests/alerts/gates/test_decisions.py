from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.gates import Because, Decision, Hold, Ledger, Muted, Pass, Standing, Stop, Told, decide
from alerts.models import Gate, Severity
from tests.alerts.gates.standings import FIRING, MINUTE, NOW, RESOLVE, TOLD_HIGH

MINUTE_LATER = NOW + MINUTE
WINDOW = Muted(3, "maintenance patching until 14:00", NOW + timedelta(minutes=20))
SILENCE = Muted(4, "silenced by kim", NOW + timedelta(hours=4))
PARENT = Muted(5, "depends on host_down, which fires")


@pytest.mark.parametrize("standing", [FIRING, RESOLVE])
def test_news_that_nothing_speaks_against_passes(standing: Standing) -> None:
    assert decide(standing, Ledger(), NOW) == Pass()


@pytest.mark.parametrize(
    ("standing", "decision"),
    [
        (replace(FIRING, alert_is_open=False), Pass()),
        (
            replace(FIRING, alert_is_open=False, channel_enabled=False),
            Stop("resolved before it could be told: the channel is disabled", Gate.DISABLED),
        ),
        (
            replace(FIRING, alert_is_open=False, channel_enabled=False, may_have_arrived=True),
            Hold("the channel is disabled", MINUTE_LATER, Gate.DISABLED),
        ),
        (replace(RESOLVE, told=None), Stop("this channel was not told that it fired", Gate.NEWS)),
        (replace(RESOLVE, told=Told(NOW, 0)), Stop("it was told together with its firing", Gate.NEWS)),
        (
            replace(RESOLVE, told=None, being_told_until=MINUTE_LATER),
            Hold("its firing is still being told", MINUTE_LATER, Gate.NEWS),
        ),
        (replace(FIRING, channel_enabled=False), Hold("the channel is disabled", MINUTE_LATER, Gate.DISABLED)),
        (replace(RESOLVE, channel_enabled=False), Hold("the channel is disabled", MINUTE_LATER, Gate.DISABLED)),
        (replace(FIRING, rule_enabled=False), Hold("the rule is disabled", MINUTE_LATER, Gate.DISABLED)),
        (replace(RESOLVE, rule_enabled=False), Pass()),
        (replace(FIRING, acknowledged_by="kim"), Pass()),
        (
            replace(FIRING, acknowledged_by="kim", is_reminder=True),
            Hold("acknowledged by kim", MINUTE_LATER, Gate.ACKNOWLEDGED),
        ),
        (replace(FIRING, was_tried=True, last_told=TOLD_HIGH), Pass()),
        (
            replace(FIRING, was_tried=True, told=Told(NOW, Severity.CRITICAL, 8)),
            Stop("a later message has told its severity since", Gate.NEWS),
        ),
        (
            replace(FIRING, was_tried=True, severity=Severity.CRITICAL, told=Told(NOW, Severity.HIGH, 0)),
            Pass(),
        ),
        (
            replace(FIRING, acknowledged_by="kim", told=TOLD_HIGH, severity=Severity.LOW),
            Hold("acknowledged by kim", MINUTE_LATER, Gate.ACKNOWLEDGED),
        ),
        (replace(FIRING, acknowledged_by="kim", told=TOLD_HIGH, severity=Severity.CRITICAL), Pass()),
        (replace(RESOLVE, acknowledged_by="kim"), Pass()),
        (
            replace(FIRING, parent=PARENT),
            Hold(PARENT.reason, MINUTE_LATER, Gate.DEPENDENCY, Because(parent_alert_id=5)),
        ),
        (replace(RESOLVE, parent=PARENT), Pass()),
        (
            replace(FIRING, maintenance=WINDOW),
            Hold(WINDOW.reason, NOW + 20 * MINUTE, Gate.MAINTENANCE, Because(maintenance_id=3)),
        ),
        (
            replace(RESOLVE, silence=SILENCE),
            Hold("silenced by kim", NOW + 30 * MINUTE, Gate.SILENCE, Because(silence_id=4)),
        ),
        (replace(FIRING, is_flapping=True), Hold("flapping", MINUTE_LATER, Gate.FLAPPING)),
        (replace(FIRING, is_flapping=True, is_notice=True, is_reminder=True, last_told=TOLD_HIGH), Pass()),
    ],
)
def test_each_no_has_a_named_reason_and_the_row_that_is_responsible(standing: Standing, decision: Decision) -> None:
    assert decide(standing, Ledger(), NOW) == decision


def test_the_first_gate_in_order_is_the_one_that_is_named() -> None:
    held_by_all = replace(
        FIRING,
        parent=PARENT,
        maintenance=WINDOW,
        silence=SILENCE,
        told=TOLD_HIGH,
        severity=Severity.LOW,
        acknowledged_by="kim",
        is_flapping=True,
        last_told=TOLD_HIGH,
    )
    nothing = {"parent": None, "maintenance": None, "silence": None, "acknowledged_by": None, "is_flapping": False}
    named = []
    for name, without in nothing.items():
        named.append(gate_of(held_by_all))
        held_by_all = replace(held_by_all, **{name: without})
    assert [*named, gate_of(held_by_all)] == [
        Gate.DEPENDENCY,
        Gate.MAINTENANCE,
        Gate.SILENCE,
        Gate.ACKNOWLEDGED,
        Gate.FLAPPING,
        Gate.COOLDOWN,
    ]


def gate_of(standing: Standing) -> Gate | None:
    decision = decide(standing, Ledger(), NOW)
    assert isinstance(decision, Hold)
    return decision.gate


@pytest.mark.parametrize(
    ("standing", "is_news"),
    [
        (replace(FIRING, told=TOLD_HIGH), False),
        (replace(FIRING, told=TOLD_HIGH, is_reminder=True), True),
        (replace(FIRING, told=TOLD_HIGH, may_have_arrived=True), True),
        (replace(FIRING, told=Told(NOW - MINUTE, 0), may_have_arrived=True), False),
        (replace(FIRING, told=Told(NOW - 60 * MINUTE, Severity.LOW)), True),
        (replace(FIRING, told=Told(NOW - 60 * MINUTE, Severity.CRITICAL)), True),
        (replace(FIRING, gate="silence", is_outdated=True), False),
        (replace(FIRING, is_outdated=True), True),
    ],
)
def test_only_the_difference_to_what_was_told_is_told(standing: Standing, is_news: bool) -> None:
    assert isinstance(decide(standing, Ledger(), NOW), Pass) is is_news


def test_an_instance_that_was_told_is_held_until_its_cooldown_ends() -> None:
    held = decide(replace(FIRING, last_told=TOLD_HIGH), Ledger(), NOW)

    because = Because(told_before_id=7)
    assert held == Hold("cooldown until 12:10:00 UTC", NOW + 10 * MINUTE, Gate.COOLDOWN, because)


@pytest.mark.parametrize(
    "standing",
    [
        replace(FIRING, last_told=TOLD_HIGH, severity=Severity.CRITICAL),
        replace(RESOLVE, last_told=TOLD_HIGH),
        replace(FIRING, last_told=Told(NOW - 15 * MINUTE, Severity.HIGH)),
    ],
    ids=["got worse", "is over", "long ago"],
)
def test_what_got_worse_is_over_or_was_told_long_ago_is_not_held_by_a_cooldown(standing: Standing) -> None:
    assert decide(standing, Ledger(), NOW) == Pass()
