from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from ahgd_ops.access import tokens
from alerts import escalation
from alerts.models import Alert, Severity, Silence
from tests.alerts.escalation.policies import a_policy, escalating_alert
from tests.alerts.rows import a_channel, an_alert, events, firing
from tests.people import person

pytestmark = pytest.mark.django_db
ALL = ["alerts:read", "alerts:acknowledge", "alerts:silence", "alerts:resolve"]
ALERTS = "/api/v1/alerts"


class Program:
    """A program with a token, calling the API."""

    def __init__(self, client: Client, *scopes: str, role: str = "Operator") -> None:
        self.client = client
        _, text = tokens.issue("pager", list(scopes), person(role, name="robot"))
        self.headers = {"Authorization": f"Bearer {text}"}

    def get(self, path: str = "", **query: object) -> HttpResponse:
        return self.client.get(f"{ALERTS}{path}", query, headers=self.headers)

    def post(self, path: str, body: object = None) -> HttpResponse:
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        return self.client.post(f"{ALERTS}{path}", headers=self.headers, **sent)


@pytest.fixture
def program(client: Client) -> Program:
    return Program(client, *ALL)


def ids(response: HttpResponse) -> list[int]:
    assert response.status_code == 200, response.content
    return [alert["id"] for alert in response.json()["alerts"]]


def test_an_alert_is_told_with_all_that_the_console_shows(program: Program) -> None:
    opened = timezone.now()
    alert = an_alert(opened)
    (told,) = program.get().json()["alerts"]
    assert told == {
        "id": alert.pk,
        "rule": "high_cpu_usage",
        "subject": "cpu_usage_percent{instance=web}",
        "fingerprint": "abc",
        "labels": {"instance": "web"},
        "severity": "high",
        "state": "firing",
        "summary": "CPU is at 93.5 %",
        "value": 93.5,
        "opened_at": opened.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "resolved_at": None,
        "resolved_reason": "",
        "acknowledgement": None,
        "escalation": None,
        "url": f"http://localhost:8503/ops/alerts/{alert.pk}/",
    }


def test_open_alerts_are_listed_unless_others_are_asked_for(program: Program) -> None:
    now = timezone.now()
    over = an_alert(now, fingerprint="over", resolved_at=now)
    fires = an_alert(now)
    assert ids(program.get()) == [fires.pk]
    assert ids(program.get(state="resolved")) == [over.pk]
    assert ids(program.get(state="all")) == [fires.pk, over.pk]


@pytest.mark.parametrize(
    "query",
    [
        {"severity": "critical"},
        {"severity": ["critical", "low"]},
        {"rule": "disk"},
        {"label": "team=data"},
        {"label": ["team=data", "instance=web"]},
        {"acknowledged": "true"},
        {"opened_after": "2026-03-01T12:00:00Z"},
        {"opened_after": "2026-03-01T12:00:00+23:59"},
    ],
)
def test_a_filter_narrows(program: Program, query: dict[str, object]) -> None:
    now = timezone.now()
    old = datetime(2026, 2, 1, tzinfo=UTC)
    an_alert(old, fingerprint="other")
    wanted = an_alert(
        now,
        severity=Severity.CRITICAL,
        rule_name="disk",
        labels={"team": "data", "instance": "web"},
        acknowledged_at=now,
    )
    assert ids(program.get(**query)) == [wanted.pk]


def test_filters_have_to_fit_together(program: Program) -> None:
    an_alert(timezone.now(), labels={"team": "data"})
    assert ids(program.get(label=["team=data", "team=web"])) == []
    assert ids(program.get(opened_before="2026-03-01T12:00:00Z")) == []


def test_a_long_list_comes_page_by_page_without_gaps_though_new_ones_open(program: Program) -> None:
    found = [an_alert(timezone.now(), fingerprint=str(number)).pk for number in range(5)]
    first = program.get(limit=2)
    an_alert(timezone.now(), fingerprint="new")
    second = program.get(limit=2, after=first.json()["next"])
    third = program.get(limit=2, after=second.json()["next"])
    assert ids(first) + ids(second) + ids(third) == found[::-1]
    assert third.json()["next"] is None


def test_a_list_takes_the_same_number_of_questions_however_long_it_is(
    program: Program, django_assert_max_num_queries: "pytest.FixtureRequest"
) -> None:
    for number in range(20):
        an_alert(timezone.now(), fingerprint=str(number), acknowledged_at=timezone.now())
    program.get()
    with django_assert_max_num_queries(5):  # type: ignore[operator]  # pytest-django gives it no public type
        assert len(ids(program.get())) == 20


def test_an_alert_comes_with_its_history_and_whom_it_was_told(program: Program) -> None:
    now = timezone.now()
    alert = escalating_alert(a_policy(15, 60), now - timedelta(minutes=20))
    firing(alert, a_channel("mail"), now, state="withheld", held_reason="cooldown until 13:40", gate="cooldown")
    escalation.sweep(now)
    told = program.get(f"/{alert.pk}").json()
    assert [event["kind"] for event in told["events"]] == ["opened", "escalated"]
    assert [(row["channel"], row["gate"], row["why"]) for row in told["notifications"]] == [
        ("mail", "cooldown", "cooldown until 13:40"),
        ("step-1", None, ""),
    ]
    assert (told["escalation"]["policy"], told["escalation"]["step"]) == ("night-shift", 1)


def test_an_alert_is_acknowledged_in_the_name_of_the_tokens_owner(program: Program) -> None:
    alert = an_alert(timezone.now())
    told = program.post(f"/{alert.pk}/acknowledge", {"note": "restarting", "minutes": 30}).json()
    assert (told["state"], told["acknowledgement"]["by"]) == ("acknowledged", "robot")
    alert.refresh_from_db()
    assert alert.acknowledged_at is not None
    assert alert.acknowledged_until == alert.acknowledged_at + timedelta(minutes=30)
    assert alert.events.get(kind="acknowledged").actor == alert.acknowledged_by


def test_an_alert_is_given_back(program: Program) -> None:
    alert = an_alert(timezone.now())
    program.post(f"/{alert.pk}/acknowledge", {"note": "restarting"})
    assert program.post(f"/{alert.pk}/give-back").json()["state"] == "firing"
    assert events(alert, "unacknowledged") == ["given back"]


def test_an_alert_is_resolved(program: Program) -> None:
    alert = an_alert(timezone.now())
    told = program.post(f"/{alert.pk}/resolve").json()
    assert (told["state"], told["resolved_reason"]) == ("resolved", "resolved by hand")


def test_an_alert_is_silenced_by_itself(program: Program) -> None:
    now = timezone.now()
    alert, other = an_alert(now), an_alert(now, fingerprint="other", subject="cpu_usage_percent{instance=db}")
    told = program.post(f"/{alert.pk}/silence", {"comment": "upgrade", "minutes": 60}).json()
    assert (told["by"], told["comment"]) == ("robot", "upgrade")
    made = Silence.objects.get(pk=told["id"])
    assert made.ends_at - made.starts_at == timedelta(hours=1)
    assert len(events(alert, "silenced")) == 1
    assert events(other, "silenced") == []


def test_a_silence_may_be_about_more_than_the_alert(program: Program) -> None:
    now = timezone.now()
    alert, other = an_alert(now), an_alert(now, fingerprint="other", labels={"instance": "db"})
    body = {"comment": "upgrade", "minutes": 60, "matchers": "rule=high_cpu_usage"}
    assert program.post(f"/{alert.pk}/silence", body).json()["matchers"] == "rule=high_cpu_usage"
    assert len(events(other, "silenced")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"comment": "x", "minutes": 5, "matchers": "nonsense"}, "matchers"),
        ({"comment": " ", "minutes": 5}, "comment"),
        ({"comment": "x"}, "minutes"),
        ({"comment": "x", "minutes": 366 * 24 * 60 + 1}, "minutes"),
    ],
)
def test_what_is_wrong_with_a_silence_is_said_by_field(program: Program, body: object, field: str) -> None:
    response = program.post(f"/{an_alert(timezone.now()).pk}/silence", body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Silence.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("acknowledge", {"note": "late"}, "was already resolved"),
        ("resolve", None, "was already resolved"),
        ("give-back", None, "it was not acknowledged, or it resolved"),
    ],
)
def test_being_late_is_a_conflict(program: Program, path: str, body: object, said: str) -> None:
    alert = an_alert(timezone.now(), resolved_at=timezone.now())
    response = program.post(f"/{alert.pk}/{path}", body)
    assert (response.status_code, said in response.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "note"),
        ({"note": " "}, "note"),
        ({"note": 7}, "note"),
        ({"note": "x" * 501}, "note"),
        ({"note": "a\0b"}, "note"),
        ({"note": "on it", "minutes": 0}, "minutes"),
        ({"note": "on it", "minutes": 10_081}, "minutes"),
        ({"note": "on it", "minuets": 5}, "minuets"),
    ],
)
def test_what_is_wrong_with_a_body_is_said_by_field(program: Program, body: object, field: str) -> None:
    alert = an_alert(timezone.now())
    response = program.post(f"/{alert.pk}/acknowledge", body)
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert response.json()["errors"][0]["reason"]
    assert Alert.objects.filter(acknowledged_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "burning"}, "state"),
        ({"severity": "worst"}, "severity.0"),
        ({"label": "team"}, "label.0"),
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"after": "x"}, "after"),
        ({"opened_after": "yesterday"}, "opened_after"),
        ({"opened_after": "2026-03-01T12:00:00"}, "opened_after"),
        ({"opened_before": "0001-01-01T00:00:00+23:00"}, "opened_before"),
        ({"rule": "a\0b"}, "rule"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said_by_name(program: Program, query: dict[str, str], field: str) -> None:
    response = program.get(**query)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_an_alert_that_is_not_there_is_not_found(program: Program) -> None:
    for response in (program.get("/4711"), program.post("/4711/resolve")):
        assert (response.status_code, response.json()["detail"]) == (404, "There is no alert 4711.")


@pytest.mark.parametrize(
    ("scope", "path", "body"),
    [
        ("alerts:read", "", None),
        ("alerts:acknowledge", "/{}/acknowledge", {"note": "on it"}),
        ("alerts:acknowledge", "/{}/give-back", None),
        ("alerts:silence", "/{}/silence", {"comment": "upgrade", "minutes": 5}),
        ("alerts:resolve", "/{}/resolve", None),
    ],
)
def test_each_operation_needs_its_scope(client: Client, scope: str, path: str, body: object) -> None:
    alert = an_alert(timezone.now(), acknowledged_at=timezone.now())
    program = Program(client, *(one for one in ALL if one != scope))
    response = program.get() if not path else program.post(path.format(alert.pk), body)
    assert response.status_code == 403
    assert f"it lacks the scope {scope}" in response.json()["detail"]
    alert.refresh_from_db()
    assert alert.is_open
    assert alert.acknowledged_by is None


def test_a_token_may_not_do_more_than_its_owner(client: Client) -> None:
    alert = an_alert(timezone.now())
    response = Program(client, *ALL, role="Viewer").post(f"/{alert.pk}/resolve")
    assert response.status_code == 403
    assert "The role of robot, who owns the token, may not resolve alerts" in response.json()["detail"]
