from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from ahgd_ops.access import tokens
from monitoring import series
from monitoring.clock import to_ms
from monitoring.ingest.receiving import Receiving
from monitoring.keeping import sealing
from monitoring.models import MetricSnapshot, PushedTotal, PushReceipt, Series
from tests.people import person

pytestmark = pytest.mark.django_db
URL = "/api/metrics"


class Pusher:
    """A program with a token."""

    def __init__(self, token: str) -> None:
        self._client = Client(enforce_csrf_checks=True)
        self._token = token

    def send(
        self, body: bytes | str, content_type: str = "text/plain", **headers: str
    ) -> tuple[int, dict[str, object]]:
        sent = {"Authorization": f"Bearer {self._token}"} | {name.replace("_", "-"): headers[name] for name in headers}
        response = self._client.post(URL, body, content_type=content_type, headers=sent)
        self.response = response
        return response.status_code, response.json()

    def json(self, body: bytes | str, **headers: str) -> tuple[int, dict[str, object]]:
        return self.send(body, "application/json", **headers)


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has not met series which were rolled back with another test."""
    monkeypatch.setattr("ahgd_ops.api.push._receiving", Receiving())


@pytest.fixture
def pusher(db: None) -> Pusher:
    return Pusher(tokens.issue("dashboard", ["metrics:write"], person("Administrator"))[1])


def values(name: str) -> list[float]:
    return list(MetricSnapshot.objects.filter(series__metric__name=name).order_by("id").values_list("value", flat=True))


def test_json_is_stored_and_read_like_any_other_sample(pusher: Pusher) -> None:
    assert pusher.json('{"samples": [{"name": "beds", "value": 12, "tags": {"state": "NSW"}}]}') == (
        200,
        {"stored": 1, "duplicates": 0},
    )
    (latest,) = series.latest("beds")
    assert (latest.value, latest.tags) == (12, {"state": "NSW"})


def test_prometheus_text_is_stored(pusher: Pusher) -> None:
    assert pusher.send('beds{state="NSW"} 12\nbeds{state="VIC"} 9\n')[0] == 200
    assert values("beds") == [12, 9]


@pytest.mark.parametrize(
    ("header", "status", "reason"),
    [({}, 401, "metrics:write"), ({"Authorization": "Bearer ahgd_wrong"}, 401, "unknown, expired or revoked")],
)
def test_without_a_token_nothing_comes_in(client: Client, header: dict[str, str], status: int, reason: str) -> None:
    response = client.post(URL, "a 1\n", content_type="text/plain", headers=header)
    assert response.status_code == status
    assert reason in response.json()["detail"]


def test_a_token_without_the_scope_is_told_which(db: None) -> None:
    token = tokens.issue("reader", ["metrics:read"], person("Administrator"))[1]
    status, answer = Pusher(token).send("a 1\n")
    assert (status, "metrics:write" in str(answer["detail"])) == (403, True)


def test_a_token_may_not_do_more_than_its_owner(db: None) -> None:
    token = tokens.issue("dashboard", ["metrics:write"], person("Viewer"))[1]
    assert Pusher(token).send("a 1\n")[0] == 403


def test_a_session_is_no_token(viewer: Client) -> None:
    assert viewer.post(URL, "a 1\n", content_type="text/plain").status_code == 401


def test_the_line_and_the_reason_are_named_and_nothing_is_stored(pusher: Pusher) -> None:
    status, answer = pusher.send("fine 1\nbeds NaN\n")
    assert status == 422
    assert answer["errors"] == [{"field": "line 2", "reason": "nan is not a finite number"}]
    assert answer["detail"] == "Nothing is stored. line 2: nan is not a finite number."
    assert not Series.objects.filter(metric__name="fine").exists()


def test_a_body_that_cannot_be_read_is_a_400(pusher: Pusher) -> None:
    assert pusher.json("{")[0] == 400


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("application/x-protobuf", {}),
        ("application/openmetrics-text", {}),  # its times are seconds
        ("text/plain", {"Content_Encoding": "gzip"}),
    ],
)
def test_another_format_is_a_415_that_lists_what_can_be_read(
    pusher: Pusher, content_type: str, headers: dict[str, str]
) -> None:
    assert pusher.send("a 1\n", content_type, **headers)[0] == 415


def test_other_methods_are_told_what_to_do(client: Client, db: None) -> None:
    response = client.get(URL)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_a_body_of_unknown_length_is_a_411(pusher: Pusher) -> None:
    status, answer = pusher.send("a 1\n", CONTENT_LENGTH="")
    assert (status, "Content-Length" in str(answer["detail"])) == (411, True)


def test_a_large_body_is_refused_before_it_is_read(pusher: Pusher, settings: Settings) -> None:
    status, answer = pusher.send(b"a 1\n" * 300_000)
    assert (status, "1024 KiB" in str(answer["detail"])) == (413, True)


def test_who_sends_too_often_is_told_how_long_to_wait(
    pusher: Pusher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONFIG = replace(settings.CONFIG, push_per_minute=3)
    monkeypatch.setattr("ahgd_ops.api.push.timezone.now", lambda: datetime(2026, 11, 24, 1, 2, 45, tzinfo=UTC))
    statuses = [pusher.send(f"a {number}\n")[0] for number in range(4)]
    assert statuses == [200] * 3 + [429]
    assert pusher.response.headers["Retry-After"] == "15"
    monkeypatch.setattr("ahgd_ops.api.push.timezone.now", lambda: datetime(2026, 11, 24, 1, 3, 0, tzinfo=UTC))
    assert pusher.send("a 1\n")[0] == 200


def test_the_same_delivery_counts_once(pusher: Pusher) -> None:
    body = '[{"name": "jobs_total", "kind": "counter", "value": 5}]'
    assert pusher.json(body, Idempotency_Key="one")[1] == {"stored": 1, "duplicates": 0}
    assert pusher.json(body, Idempotency_Key="one")[1] == {"stored": 0, "duplicates": 1}
    assert pusher.json(body, Idempotency_Key="two")[1] == {"stored": 1, "duplicates": 0}
    assert Series.objects.get(metric__name="jobs_total").total == 10


def test_samples_with_times_of_their_own_count_once_in_whichever_body(pusher: Pusher) -> None:
    at = int(timezone.now().timestamp() * 1000) - 60_000
    assert pusher.send(f"beds 1 {at}\nbeds 2 {at + 1}\n")[1] == {"stored": 2, "duplicates": 0}
    assert pusher.send(f"beds 1 {at}\nbeds 2 {at + 1}\n")[1] == {"stored": 0, "duplicates": 2}
    assert pusher.send(f"beds 2 {at + 1}\nbeds 3 {at + 2}\n")[1] == {"stored": 1, "duplicates": 1}
    assert values("beds") == [1, 2, 3]


def test_samples_that_come_again_when_they_are_sealed_count_once(pusher: Pusher) -> None:
    at_ms = to_ms(timezone.now() - timedelta(hours=9))
    assert pusher.send(f"beds 1 {at_ms}\nbeds 2 {at_ms + 60_000}\nrooms 1 {at_ms}\n")[1]["stored"] == 3
    list(sealing.seal(timezone.now(), timedelta(0)))
    assert not MetricSnapshot.objects.exists()
    again = f"beds 1 {at_ms}\nbeds 2 {at_ms + 60_000}\nbeds 3 {at_ms + 30_000}\nrooms 4 {at_ms + 60_000}\n"
    assert pusher.send(again)[1] == {"stored": 2, "duplicates": 2}
    assert (values("beds"), values("rooms")) == ([3], [4])


def test_a_line_that_is_repeated_within_a_body_counts_once(pusher: Pusher) -> None:
    assert pusher.send("beds 1\nbeds 1\n")[1] == {"stored": 1, "duplicates": 1}


def test_a_body_that_contradicts_itself_is_refused(pusher: Pusher) -> None:
    status, answer = pusher.send("beds 1\nbeds 2\n")
    assert status == 422
    assert answer["errors"] == [{"field": "line 2", "reason": "another value of the same series and time as line 1"}]


def test_what_has_no_time_is_a_new_reading_each_time(pusher: Pusher) -> None:
    for _ in range(2):
        assert pusher.send("beds 1\n")[1] == {"stored": 1, "duplicates": 0}


def test_a_cumulative_counter_is_stored_as_its_increase_across_restarts(pusher: Pusher) -> None:
    at = int(timezone.now().timestamp() * 1000) - 60_000
    for step, value in enumerate((100, 130, 130, 10, 15)):
        pusher.send(f"jobs_total {value} {at + step}\n")
    assert values("jobs_total") == [0, 30, 0, 10, 5]
    assert PushedTotal.objects.get().value == 15


def test_a_cumulative_value_that_comes_late_changes_nothing(pusher: Pusher) -> None:
    at = int(timezone.now().timestamp() * 1000) - 60_000
    pusher.send(f"jobs_total 100 {at}\n")
    assert pusher.send(f"jobs_total 50 {at - 5000}\n")[1] == {"stored": 0, "duplicates": 1}


def test_receipts_are_kept_for_two_days(pusher: Pusher) -> None:
    pusher.send("a 1\n", Idempotency_Key="old")
    PushReceipt.objects.update(at=timezone.now() - timedelta(days=3))
    pusher.send("a 1\n", Idempotency_Key="new")
    assert PushReceipt.objects.count() == 1
