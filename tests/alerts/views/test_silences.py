from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from alerts.models import Alert, MaintenanceWindow, Silence
from tests.alerts.muting.rows import a_silence
from tests.alerts.rows import a_channel, an_alert, events, firing

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
FORM = {"matchers": "rule=high_cpu_usage\ninstance=web", "length": "1h", "comment": "disk swap"}


@pytest.fixture
def alert() -> Alert:
    return an_alert(timezone.now())


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def test_without_silences_the_page_says_so(viewer: Client) -> None:
    page = text(viewer, "/ops/silences/")
    assert "Nothing is silenced" in page
    assert "/ops/silences/new/" not in page


def test_the_page_shows_what_is_quiet_why_by_whom_until_when_and_what_it_holds_back(
    viewer: Client, alert: Alert
) -> None:
    now = timezone.now()
    a_silence("instance=web", now - HOUR, timedelta(hours=1, minutes=42, seconds=59))
    a_silence("rule=later", now + HOUR, HOUR, now=now)
    a_silence("rule=before", now - 3 * HOUR, HOUR)
    page = text(viewer, "/ops/silences/")
    for shown in (
        "43 min left",
        "instance=web",
        "disk swap",
        "by kim",
        f"/ops/alerts/{alert.pk}/",
        "Planned",
        "expired",
    ):
        assert shown in page, shown
    assert "End now" not in page


def test_open_alerts_are_read_once_however_many_silences_there_are(
    viewer: Client, alert: Alert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_silence("instance=web", timezone.now(), HOUR)
    viewer.get("/ops/silences/")  # caches who may do what
    with CaptureQueriesContext(connection) as one:
        viewer.get("/ops/silences/")
    for number in range(3):
        a_silence(f"instance=~web|{number}", timezone.now(), HOUR)
    with django_assert_num_queries(len(one)):
        viewer.get("/ops/silences/")


def test_an_operator_silences_what_matches_for_as_long_as_said(operator: Client, alert: Alert) -> None:
    response = operator.post("/ops/silences/new/", FORM, follow=True)
    silence = Silence.objects.get()
    assert "Silenced until" in response.content.decode()
    assert (silence.matchers, str(silence.created_by)) == (FORM["matchers"], "operator")
    assert silence.ends_at - silence.starts_at == HOUR


def test_a_time_of_ones_own_is_on_the_clock_of_ones_zone(operator: Client) -> None:
    day = (timezone.now() + timedelta(days=2)).date()
    own = {"length": "custom", "zone": "Australia/Sydney", "starts_at": f"{day}T12:00", "ends_at": f"{day}T18:00"}
    operator.post("/ops/silences/new/", FORM | own)
    silence = Silence.objects.get()
    assert silence.ends_at - silence.starts_at == 6 * HOUR
    assert silence.ends_at.hour in (7, 8)  # UTC, in summer or winter


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"matchers": "everything"}, "is no matcher"),
        ({"matchers": ""}, "Say which alerts"),
        ({"comment": ""}, "Say why"),
        ({"length": "custom"}, "Say when it ends"),
        ({"length": "custom", "ends_at": "soon"}, "Write a time such as"),
        ({"length": "custom", "ends_at": "2020-01-01T00:00"}, "end after it starts"),
        ({"zone": "Mars/Base"}, "There is no time zone"),
        ({"length": "9y"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_where_the_mistake_stands(
    operator: Client, change: dict[str, str], says: str
) -> None:
    response = operator.post("/ops/silences/new/", FORM | change)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert not Silence.objects.exists()


def test_the_preview_silences_nothing_and_shows_what_would_be(operator: Client, alert: Alert) -> None:
    an_alert(timezone.now() - 3 * HOUR, resolved_at=timezone.now() - 2 * HOUR)
    for page in (
        text(operator, f"/ops/silences/new/?matchers={quote(FORM['matchers'])}"),
        operator.post("/ops/silences/new/", {"matchers": FORM["matchers"], "preview": "1"}).content.decode(),
    ):
        assert "Now: 1 open alert<" in page
        assert "1 more, over by now" in page
    assert not Silence.objects.exists()


def test_an_alert_fills_the_form_with_its_matchers(operator: Client, alert: Alert) -> None:
    assert "rule=high_cpu_usage\ninstance=web</textarea>" in text(operator, f"/ops/silences/new/?alert={alert.pk}")


@pytest.mark.parametrize("query", ["alert=4711", "alert=x", f"alert={'9' * 40}", "matchers=%00", "matchers=a=~(("])
def test_nonsense_in_the_address_is_no_fault(operator: Client, query: str) -> None:
    assert operator.get(f"/ops/silences/new/?{query}").status_code in (200, 404)


@pytest.mark.parametrize(("length", "hours"), [("15m", 0.25), ("1h", 1), ("4h", 4)])
def test_one_tap_on_an_alerts_page_silences_its_instance(
    operator: Client, alert: Alert, length: str, hours: float
) -> None:
    page = text(operator, f"/ops/alerts/{alert.pk}/")
    assert f'value="{length}"' in page
    operator.post(f"/ops/alerts/{alert.pk}/silence/", {"length": length})
    silence = Silence.objects.get()
    assert silence.matchers == 'rule=high_cpu_usage\nsubject="cpu_usage_percent{instance=web}"'
    assert silence.ends_at - silence.starts_at == hours * HOUR
    assert "Silenced by operator until" in text(operator, f"/ops/alerts/{alert.pk}/")
    assert "Silenced by operator until" in text(operator, "/ops/alerts/silenced/")
    assert "Silenced by operator until" in text(operator, "/ops/alerts/")


@pytest.mark.parametrize(
    "labels", [{"instance": "two\nlines"}, {"a b": "x"}, {f"t{number}": "x" for number in range(21)}]
)
def test_one_tap_silences_an_alert_whatever_its_tags(operator: Client, labels: dict[str, str]) -> None:
    alert = an_alert(timezone.now(), subject=f"cpu {labels}", labels=labels)
    operator.post(f"/ops/alerts/{alert.pk}/silence/", {"length": "1h"})
    assert events(alert, "silenced")


def test_one_tap_leaves_a_series_with_more_tags_alone(operator: Client, alert: Alert) -> None:
    tags = {"instance": "web", "disk": "sda"}
    other = an_alert(
        timezone.now(), fingerprint="more", subject="cpu_usage_percent{disk=sda,instance=web}", labels=tags
    )
    operator.post(f"/ops/alerts/{alert.pk}/silence/", {"length": "1h"})
    assert events(alert, "silenced")
    assert not events(other, "silenced")


@pytest.mark.parametrize(
    "times",
    [
        {"ends_at": "9999-12-31T23:59", "zone": "America/New_York"},
        {"ends_at": "9999-12-31T23:59-10:00"},
        {"starts_at": "0001-01-01T00:00", "ends_at": "2199-01-01T00:00", "zone": "Australia/Sydney"},
    ],
)
def test_a_time_past_the_ends_of_the_calendar_is_refused(operator: Client, times: dict[str, str]) -> None:
    answer = operator.post("/ops/silences/new/", FORM | {"length": "custom"} | times)
    assert answer.status_code == 422
    assert "Write a time such as" in answer.content.decode()


def test_until_tomorrow_is_eight_in_the_morning_where_one_is(operator: Client, alert: Alert) -> None:
    operator.post(f"/ops/alerts/{alert.pk}/silence/", {"length": "tomorrow", "zone": "Asia/Kolkata"})
    ends_at = Silence.objects.get().ends_at
    assert (ends_at.hour, ends_at.minute) == (2, 30)
    assert timedelta(0) < ends_at - timezone.now() < timedelta(hours=33)


def test_a_silence_is_extended_and_ended_from_the_page(operator: Client) -> None:
    silence = a_silence("rule=a", timezone.now(), HOUR)
    operator.post(f"/ops/silences/{silence.pk}/extend/", {"length": "4h"})
    silence.refresh_from_db()
    assert silence.ends_at - silence.starts_at == 5 * HOUR
    operator.post(f"/ops/silences/{silence.pk}/end/")
    silence.refresh_from_db()
    assert str(silence.ended_by) == "operator"
    response = operator.post(f"/ops/silences/{silence.pk}/end/", follow=True)
    assert "over already" in response.content.decode()


@pytest.mark.parametrize("path", ["/ops/silences/new/", "/ops/alerts/{alert}/silence/", "/ops/silences/{silence}/end/"])
def test_a_viewer_is_told_whom_to_ask(viewer: Client, alert: Alert, path: str) -> None:
    silence = a_silence("rule=a", timezone.now(), HOUR)
    response = viewer.post(path.format(alert=alert.pk, silence=silence.pk), {"length": "1h"})
    assert response.status_code == 403
    assert "Ask an administrator for the role Operator." in response.content.decode()
    assert Silence.objects.get().ended_at is None


def test_maintenance_windows_are_on_the_page_with_their_next_time(viewer: Client) -> None:
    now = timezone.now()
    common = {"starts_at": now.time().replace(microsecond=0), "zone": "UTC", "duration_minutes": 90}
    MaintenanceWindow.objects.create(name="today", starts_on=now.date(), **common)
    MaintenanceWindow.objects.create(name="tomorrow", starts_on=now.date() + timedelta(days=1), **common)
    page = text(viewer, "/ops/silences/")
    assert page.index("today") < page.index("Goes on") < page.index("tomorrow")


def test_who_may_plan_windows_does_so_from_the_page(viewer: Client) -> None:
    now = timezone.now()
    window = MaintenanceWindow.objects.create(name="tonight", starts_on=now.date(), starts_at=now.time(), zone="UTC")
    windows = "/admin/ahgd_alerts/maintenancewindow/"
    assert windows not in text(viewer, "/ops/silences/")
    viewer.force_login(User.objects.create_superuser("root"))
    page = text(viewer, "/ops/silences/")
    for address in (windows, f"{windows}add/", f"{windows}{window.pk}/change/"):
        assert f'href="{address}"' in page
        assert viewer.get(address).status_code == 200


def test_a_message_says_which_gate_holds_it_and_leads_to_what_is_responsible(viewer: Client, alert: Alert) -> None:
    silence = a_silence("rule=a", timezone.now(), HOUR)
    firing(alert, a_channel(), timezone.now(), held_reason="silenced by kim", gate="silence", silence=silence)
    page = text(viewer, f"/ops/alerts/{alert.pk}/")
    assert "Gate: silence" in page
    assert '<a href="/ops/silences/">the silence</a>' in page


def test_what_people_wrote_is_text(operator: Client, alert: Alert) -> None:
    bad = "<script>alert(1)</script>"
    a_silence(f'team="{bad}"', timezone.now(), HOUR)
    User.objects.filter(username="kim").update(username=bad)
    assert bad not in text(operator, "/ops/silences/")
