from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

APP = "ahgd_alerts"
HELD_BY, GATE, LEFT = "0007_bounds_and_revisions", "0008_notification_gate_and_reason", "0009_left_by_a_full_message"
REPEAT = "0010_repeats_are_called_so"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def migrate(name: str) -> Apps:
    return MigrationExecutor(connection).migrate([(APP, name)]).apps


@pytest.fixture(autouse=True)
def newest_afterwards(transactional_db: None) -> Iterator[None]:
    """Everything is as the other tests expect it, whatever a test leaves behind."""
    newest = [leaf for leaf in MigrationExecutor(connection).loader.graph.leaf_nodes() if leaf[0] == APP]
    yield
    MigrationExecutor(connection).migrate(newest)


def a_row(apps: Apps, number: int, **fields: object) -> None:
    """A row of the outbox, which hangs on an alert and an event of its own."""
    alert = apps.get_model(APP, "Alert").objects.create(
        rule_name="high_cpu", fingerprint=f"{number}", subject="cpu", severity=3, opened_at=NOW
    )
    event = apps.get_model(APP, "AlertEvent").objects.create(alert=alert, kind="opened", at=NOW)
    channel, _ = apps.get_model(APP, "Channel").objects.get_or_create(name="ops", kind="log")
    made = {"alert": alert, "event": event, "channel": channel, "kind": "firing", "created_at": NOW, "due_at": NOW}
    apps.get_model(APP, "Notification").objects.create(**made | fields)


def columns(apps: Apps, *names: str) -> list[tuple[Any, ...]]:
    return list(apps.get_model(APP, "Notification").objects.order_by("pk").values_list(*names))


def test_a_row_keeps_its_gate_and_its_reason_under_their_new_names_and_back() -> None:
    before = migrate(HELD_BY)
    a_row(before, 1, gate="silenced by kim", held_by="silence")
    a_row(before, 2, state="withheld", gate="resolved before it could be told")
    a_row(before, 3, state="sent", sent_at=NOW)

    after = migrate(GATE)
    assert columns(after, "gate", "held_reason", "state") == [
        ("silence", "silenced by kim", "due"),
        ("", "resolved before it could be told", "withheld"),
        ("", "", "sent"),
    ]
    a_row(after, 4, gate="cooldown", held_reason="told 3 min ago")

    assert columns(migrate(HELD_BY), "held_by", "gate", "state") == [
        ("silence", "silenced by kim", "due"),
        ("", "resolved before it could be told", "withheld"),
        ("", "", "sent"),
        ("cooldown", "told 3 min ago", "due"),
    ]


def test_no_row_is_one_that_a_full_message_left_until_it_is_noted_so_and_rows_stay_on_the_way_back() -> None:
    a_row(migrate(GATE), 1, gate="aggregation", held_reason="waits for its group")
    after = migrate(LEFT)
    assert columns(after, "was_left", "gate") == [(False, "aggregation")]
    a_row(after, 2, was_left=True)
    assert columns(migrate(GATE), "gate", "held_reason") == [("aggregation", "waits for its group"), ("", "")]


def test_what_is_held_is_found_by_an_index_under_either_name() -> None:
    for name in (HELD_BY, GATE):
        migrate(name)
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, "ahgd_alerts_notification")
        held_by = "held_by" if name == HELD_BY else "gate"
        assert found["notification_held"]["columns"] == ["channel_id", held_by]


def test_the_job_of_repeats_keeps_its_interval_under_its_new_name_and_back() -> None:
    before = migrate(LEFT)
    interval = before.get_model("django_celery_beat", "IntervalSchedule").objects.create(every=90, period="seconds")
    jobs = before.get_model("django_celery_beat", "PeriodicTask").objects
    jobs.create(name="remind", task="alerts.remind", interval=interval, enabled=False)
    found = ("name", "task", "interval__every", "enabled")
    migrate(REPEAT)
    assert list(jobs.values_list(*found)) == [("repeat", "alerts.repeat", 90, False)]
    migrate(LEFT)
    assert list(jobs.values_list(*found)) == [("remind", "alerts.remind", 90, False)]
