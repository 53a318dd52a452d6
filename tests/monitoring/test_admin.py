import pytest
from auditlog.models import LogEntry
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.utils import timezone

from monitoring.kinds import Kind
from monitoring.models import CollectorState, ExcludedInterval, Metric, MetricSnapshot, SlowQuery, WatchedCheck
from monitoring.samples import Sample, SeriesKey
from monitoring.sketch import sketch_of
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def text(admin: Client, path: str) -> str:
    response = admin.get(f"/admin/ahgd_monitoring/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_metrics_are_listed_with_their_last_value_series_and_limit(admin: Client) -> None:
    samples = [Sample(SeriesKey("beds", (("ward", ward),), Kind.GAUGE), at, at) for at, ward in ((5, "a"), (42, "b"))]
    Storage().write(samples)
    page = text(admin, "metric/")
    for field, shown in (("last_value", "42.0"), ("series_count", "2"), ("limit", "1000")):
        assert f'<td class="field-{field}">{shown}</td>' in page


def test_people_set_a_metrics_limit(admin: Client) -> None:
    Storage().write([Sample(SeriesKey("beds", (), Kind.GAUGE), 1, 1)])
    metric = Metric.objects.get()
    form = {"unit": "", "category": "ward", "help": "", "most_series": "2"}
    assert admin.post(f"/admin/ahgd_monitoring/metric/{metric.pk}/change/", form).status_code == 302
    storage = Storage()
    storage.write([Sample(SeriesKey("beds", (("n", str(n)),), Kind.GAUGE), 1, 1) for n in range(3)])
    tags = Metric.objects.get().series.values_list("tags", flat=True)
    assert sorted(map(str, tags)) == ["{'n': '0'}", "{'overflow': 'true'}", "{}"]
    assert storage.limits.dropped["beds"] == 2


def test_a_snapshot_of_a_timing_shows_percentiles(admin: Client) -> None:
    sample = Sample(SeriesKey("t_seconds", (), Kind.TIMING), 1, 2.0, 2, 4.0, 2.0, 2.0, sketch_of([2.0, 2.0]))
    Storage().write([sample])
    assert "p50 2, p95 2, p99 2" in text(admin, f"metricsnapshot/{MetricSnapshot.objects.get().pk}/change/")


def test_a_collectors_error_is_shown_and_its_interval_can_be_edited(admin: Client) -> None:
    state = CollectorState.objects.create(name="disk", instance="host-a", error="OSError: no such device")
    assert "OSError: no such device" in text(admin, "collectorstate/")
    address = f"/admin/ahgd_monitoring/collectorstate/{state.pk}/change/"
    assert admin.post(address, {"enabled": "on", "every_seconds": "60"}).status_code == 302
    state.refresh_from_db()
    assert (state.every_seconds, state.error) == (60, "OSError: no such device")
    assert LogEntry.objects.get_for_object(state).latest().changes_dict == {"every_seconds": ["0.0", "60.0"]}


@pytest.mark.parametrize("model", [Metric, MetricSnapshot, CollectorState, ExcludedInterval, WatchedCheck])
def test_every_field_that_people_edit_says_what_it_means(model: type[Model], rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(is_staff=True, is_superuser=True)
    form = site.get_model_admin(model).get_form(request)
    assert form.base_fields
    assert [name for name, field in form.base_fields.items() if not field.help_text] == []


def test_an_interval_of_more_than_a_day_is_refused_with_what_to_do(admin: Client) -> None:
    state = CollectorState.objects.create(name="disk", instance="host-a")
    address = f"/admin/ahgd_monitoring/collectorstate/{state.pk}/change/"
    page = admin.post(address, {"enabled": "on", "every_seconds": "1e20"}).content.decode()
    assert "less than or equal to 86400" in page
    state.refresh_from_db()
    assert state.every_seconds == 0


def slow(query: str) -> SlowQuery:
    now = timezone.now()
    return SlowQuery.objects.create(
        database="default", vendor=connection.vendor, query=query, text=query, first_at=now, last_at=now
    )


def test_the_plan_of_a_slow_query_is_asked_for(admin: Client) -> None:
    good, bad = slow("SELECT name FROM ahgd_monitoring_lease WHERE name = ?"), slow("VACUUM")
    asked = {"action": "ask_for_plan", "_selected_action": [good.pk, bad.pk]}
    page = admin.post("/admin/ahgd_monitoring/slowquery/", asked, follow=True).content.decode()
    good.refresh_from_db()
    assert "ahgd_monitoring_lease" in good.plan
    assert "VACUUM has no plan." in page
    assert good.plan.splitlines()[0][:10] in text(admin, f"slowquery/{good.pk}/change/").replace("&nbsp;", " ")
