from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from alerts.channels import PermanentFailure, Receipt, TransientFailure
from alerts.gates import Because, Hold, Stop
from alerts.models import Alert, Channel, Gate, Notification, Severity
from alerts.results import Consequence, Outcome, channel_after_failure, consequence_of, named, of_member
from tests.alerts.told import NOW, configure

State = Notification.State
NO_GATE = {
    "held_reason": "",
    "gate": "",
    "silence_id": None,
    "maintenance_id": None,
    "parent_alert_id": None,
    "told_before_id": None,
}
LATER = NOW + timedelta(minutes=10)
BUSY = TransientFailure("503 busy")


@pytest.fixture(autouse=True)
def waits(settings: Settings) -> None:
    configure(settings, retry_seconds=(10.0, 60.0))


def of(outcome: Outcome, channel: dict[str, Any] | None = None, **fields: Any) -> Consequence:
    """What follows for a row that was never stored."""
    row = Notification(alert=Alert(), channel=Channel(name="ops", **channel or {}), created_at=NOW, **fields)
    return consequence_of(row, outcome, NOW, jitter=0)


def test_what_was_accepted_is_sent_and_the_answer_kept_on_one_line() -> None:
    answer, row = Receipt("250 ok\nqueued", warning="refused kim"), {"held_reason": "cooldown", "last_error": "503"}
    after = of(answer, attempts=2, told_severity=Severity.HIGH, **row)

    assert after.row == {
        "state": State.SENT,
        "sent_at": NOW,
        "attempts": 3,
        "answer": "250 ok queued; refused kim",
        "told_severity": Severity.HIGH,
        "is_digest": False,
        "last_error": "",
        "told": [],
        "refused": "refused kim",
        **NO_GATE,
    }
    assert after.event == ("notified", "ops: 250 ok queued; refused kim")
    assert after.channel == {"unhealthy_since": None, "probe_at": None, "last_error": "", "last_sent_at": NOW}


@pytest.mark.parametrize("last_error", ["", "503"])
def test_a_channel_recovers_when_it_had_failed(last_error: str) -> None:
    assert of(Receipt("ok"), {"last_error": last_error}).channel_recovered is bool(last_error)


def test_a_gate_holds_a_row_until_its_time_and_costs_no_attempt() -> None:
    after = of(Hold("cooldown", LATER))

    assert after.row == {"state": State.DUE, "due_at": LATER, **NO_GATE, "held_reason": "cooldown"}
    assert after.event == ("withheld", "ops: cooldown")


def test_the_gate_and_the_row_that_is_responsible_are_stored() -> None:
    after = of(Hold("silenced", LATER, Gate.SILENCE, Because(silence_id=7)))

    assert after.row == {"state": State.DUE, "due_at": LATER, **NO_GATE, "held_reason": "silenced"} | {
        "gate": "silence",
        "silence_id": 7,
    }


def test_a_gate_that_holds_on_is_no_news() -> None:
    assert of(Hold("cooldown", LATER), held_reason="cooldown").event is None
    assert of(Hold("silenced until later", LATER, Gate.SILENCE), held_reason="silenced", gate="silence").event is None


def test_what_another_message_named_is_told_with_it() -> None:
    leader = Notification(pk=5, alert=Alert(rule_name="high_cpu", subject="web-1"), channel=Channel(name="ops"))
    row = Notification(alert=Alert(), channel=Channel(name="ops"), told_severity=0)
    after = named(row, leader, NOW)

    assert (after.row["state"], after.row["leader_id"], after.row["sent_at"]) == (State.NAMED, 5, NOW)
    assert after.row["told_severity"] == 0
    assert after.event == ("notified", "ops: named in the message of high_cpu on web-1")
    assert after.channel == {}


def test_what_was_to_be_named_in_a_message_that_failed_is_retried_with_it_and_says_nothing_of_the_channel() -> None:
    row = Notification(alert=Alert(), channel=Channel(name="ops"), created_at=NOW)
    after = of_member(row, Notification(pk=7, alert=Alert()), BUSY, NOW, jitter=0)

    assert (after.row["state"], after.row["due_at"]) == (State.DUE, NOW + timedelta(seconds=10))
    assert after.row["leader_id"] == 7
    assert after.channel == {}


def test_a_gate_that_says_no_for_good_ends_the_row() -> None:
    after = of(Stop("acknowledged by kim"))

    assert after.row == {"state": State.WITHHELD, "due_at": NOW, **NO_GATE, "held_reason": "acknowledged by kim"}
    assert (after.event, after.channel) == (("withheld", "ops: acknowledged by kim"), {})


@pytest.mark.parametrize(("attempts", "wait_seconds"), [(0, 10), (1, 60), (7, 60)])
def test_trouble_that_may_pass_waits_its_turn(attempts: int, wait_seconds: float) -> None:
    after = of(BUSY, attempts=attempts)

    assert (after.row["state"], after.row["attempts"]) == (State.DUE, attempts + 1)
    assert after.row["due_at"] == NOW + timedelta(seconds=wait_seconds)
    assert after.channel_waits_until is None


def test_only_the_first_failure_is_an_event() -> None:
    assert of(BUSY).event == ("failed", "ops: 503 busy")
    assert of(BUSY, attempts=1).event is None


def test_what_a_receiver_asks_for_is_the_whole_channels_wait() -> None:
    after = of(TransientFailure("429", retry_after_seconds=120))

    assert after.row["due_at"] == after.channel_waits_until == NOW + timedelta(seconds=120)


def test_after_a_day_a_failure_is_for_good() -> None:
    row = Notification(alert=Alert(), channel=Channel(name="ops"), created_at=NOW, attempts=9)
    after = consequence_of(row, BUSY, NOW + timedelta(days=1), jitter=0)

    assert (after.row["state"], after.row["last_error"]) == (State.DEAD, "given up after a day: 503 busy")
    assert after.event == ("failed", "ops: given up after a day: 503 busy")


@pytest.mark.parametrize(
    ("channel", "failure", "unhealthy_since"),
    [
        ({}, BUSY, None),
        ({"last_error": "503"}, BUSY, LATER),
        ({"last_error": "503", "unhealthy_since": NOW}, BUSY, NOW),
        ({}, PermanentFailure("404"), LATER),
    ],
    ids=["once", "twice", "for long", "for good"],
)
def test_a_channel_is_unhealthy_from_what_cannot_pass_or_has_come_twice(
    channel: dict[str, Any], failure: TransientFailure | PermanentFailure, unhealthy_since: object
) -> None:
    assert channel_after_failure(Channel(**channel), failure, LATER)["unhealthy_since"] == unhealthy_since


@pytest.mark.parametrize("gate", [Gate.RULE_LIMIT, Gate.GLOBAL_LIMIT])
def test_what_a_limit_holds_goes_no_longer_with_the_next_message_of_its_group(gate: Gate) -> None:
    assert of(Hold("full", LATER, gate), was_left=True).row["was_left"] is False
    assert "was_left" not in of(Hold("cooldown", LATER, Gate.COOLDOWN), was_left=True).row
