import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ahgd_ops.models import ApiToken
from alerts import lifecycle
from alerts.models import Alert, Rule
from examples.demo import history, incident, rows
from examples.demo.place import Place
from monitoring.models import MetricSnapshot, Series, WatchedCheck
from tests.alerts.rows import an_alert
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)
HOUR_MS = 3_600_000


def test_the_history_is_pushed_once_is_tagged_and_goes_by_one_command(place: Place, client: Client) -> None:
    now_ms = timezone.now().timestamp() * 1000
    stored = history.push(place, int(now_ms), hours=1)
    assert stored == MetricSnapshot.objects.count() == 55 * 13
    assert history.push(place, int(now_ms), hours=1) == 0
    assert {series.tags["demo"] for series in Series.objects.all()} == {"made up"}
    client.force_login(person("Viewer"))
    assert b"There is demo data" in client.get("/ops/").content

    rows.remove()
    for model in (Series, MetricSnapshot, Rule, WatchedCheck, ApiToken):
        assert not model._default_manager.exists()
    assert not User.objects.filter(username=rows.NAME).exists()
    assert b"There is demo data" not in client.get("/ops/").content


def test_the_history_covers_a_day_and_leaves_out_what_would_be_judged() -> None:
    end_ms = 1_800_000_000_000
    times = [one["at"] for one in history.samples(end_ms, 24, random.Random(1))]  # noqa: S311  (made-up data)
    assert min(times) == end_ms - 24 * HOUR_MS
    assert max(times) < end_ms - 5 * 60_000


def test_making_the_rows_again_gives_another_token_and_no_second_rule(place: Place) -> None:
    before = place.token_file.read_text()
    rows.make(place.token_file)
    assert place.token_file.read_text() != before
    assert place.token_file.stat().st_mode & 0o077 == 0
    assert Rule.objects.get().name == rows.MEMORY_RULE


@pytest.fixture
def opened(place: Place) -> Iterator[list[Alert]]:
    """The alerts of a bad day, as the evaluator would open them."""
    subjects = ('db_query_duration_seconds{query="burn"}', "process_resident_memory_bytes", rows.CHECK)
    found = []
    for symptom, subject in zip(incident.SYMPTOMS, subjects, strict=True):
        rule = Rule.objects.get_or_create(name=symptom.rule, defaults={"condition": "value > 0"})[0]
        found.append(an_alert(timezone.now(), rule, subject=subject, fingerprint=subject))
    return found


def test_a_bad_day_waits_for_its_alerts_acknowledges_them_and_sees_them_end(place: Place, opened: list[Alert]) -> None:
    (place.data_dir / "aihw_mortality_sa2.parquet").touch()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("ALERT"):
            assert not list(place.data_dir.glob("*.parquet"))
            assert json.loads((place.data_dir / "bad_day.json").read_text())["leak_mb"] > 0
        if text.startswith("The cause is gone"):
            for alert in Alert.objects.all():
                assert alert.acknowledged_by == User.objects.get(username=rows.NAME)
                lifecycle.resolve_by_hand(alert, None, timezone.now())

    incident.run(place, say)
    assert [line.split()[0] for line in said].count("Acknowledged:") == 3
    assert said[-3:] == [f"Resolved: {symptom.rule}" for symptom in incident.SYMPTOMS]
    assert [path.name for path in place.data_dir.iterdir()] == ["aihw_mortality_sa2.parquet"]


def test_a_bad_day_without_alerts_says_so_and_is_over(place: Place) -> None:
    (place.data_dir / "aihw_mortality_sa2.parquet").touch()

    def ignore(text: Any) -> None:
        """Nobody listens."""

    with pytest.raises(TimeoutError, match="no alert of slow_database_query after 0 s"):
        incident.run(place, ignore, longest_seconds=0)
    assert [path.name for path in place.data_dir.iterdir()] == ["aihw_mortality_sa2.parquet"]
