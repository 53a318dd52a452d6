from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from time_machine import travel

from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.models import Hold, Metric, MetricChunk, MetricSnapshot, ReadGap, Resolution, Series
from monitoring.samples import Sample
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write
from tests.people import person

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
LATER = START + timedelta(hours=9)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def text(client: Client, path: str) -> str:
    response = client.get(f"/admin/ahgd_monitoring/{path}")
    assert response.status_code == 200
    return response.content.decode()


def sealed() -> MetricChunk:
    write(*gauges(key(ward="a"), 1.25, 900), Sample(key(ward="a"), START_MS + 60_000, 3, 4, 10, 1, 5))
    MetricSnapshot.objects.filter(value=1.25).update(edited=True)
    list(sealing.seal(LATER))
    return MetricChunk.objects.get(resolution=Resolution.RAW)


def reopen(client: Client, *chunks: MetricChunk) -> str:
    form = {"action": "reopen", "_selected_action": [chunk.pk for chunk in chunks]}
    return client.post("/admin/ahgd_monitoring/metricchunk/", form, follow=True).content.decode()


def test_a_chunk_shows_its_decoded_samples_read_only(admin: Client) -> None:
    chunk = sealed()
    page = text(admin, f"metricchunk/{chunk.pk}/change/")
    at = START.strftime("%Y-%m-%d %H:%M")
    assert f'<th scope="row">{at}:00.000</th><td>1.25</td><td></td><td></td><td></td><td></td><td>yes</td>' in page
    assert f'<th scope="row">{START.strftime("%Y-%m-%d")} {at[-5:-2]}01:00.000</th>' in page
    assert "<td>3</td><td>4</td><td>10</td><td>1</td><td>5</td><td></td>" in page
    assert "pcodec" in page
    assert 'name="_save"' not in page
    assert admin.post(f"/admin/ahgd_monitoring/metricchunk/{chunk.pk}/delete/").status_code == 403


def test_a_damaged_chunk_says_so(admin: Client) -> None:
    chunk = sealed()
    MetricChunk.objects.filter(pk=chunk.pk).update(payload=b"\x01\x01nonsense")
    assert "its checksum is wrong" in text(admin, f"metricchunk/{chunk.pk}/change/")


def test_the_list_says_what_is_kept_and_what_comes_next(admin: Client) -> None:
    sealed()
    write(*gauges(key(), 1, 2, from_ms=START_MS + 9 * HOUR_MS))
    with travel(START + timedelta(hours=12), tick=False):
        page = text(admin, "metricchunk/")
    assert "The next sealing packs 2 rows of 1 series." in page
    assert "Nothing is past its retention." in page
    with travel(START + timedelta(days=60), tick=False):
        assert "The next retention deletes 1 chunks." in text(admin, "metricchunk/")


def test_an_empty_list_says_that_nothing_is_to_be_done(admin: Client) -> None:
    page = text(admin, "metricchunk/")
    assert "The next sealing has nothing to pack." in page


def test_a_sample_is_corrected_where_its_chunk_was_reopened_on_record(admin: Client) -> None:
    chunk = sealed()
    assert "3 samples are snapshots again until" in reopen(admin, chunk)
    entry = LogEntry.objects.get_for_object(chunk.series).latest()
    assert entry.actor is not None and entry.actor.username == "root"
    snapshot = MetricSnapshot.objects.get(value=900)
    assert admin.post(f"/admin/ahgd_monitoring/metricsnapshot/{snapshot.pk}/change/", {"value": "9"}).status_code == 302
    list(sealing.seal(timezone.now() + timedelta(hours=3)))
    assert MetricChunk.objects.get(resolution=Resolution.RAW).maximum == 9
    assert LogEntry.objects.get_for_object(snapshot).latest().changes_dict["value"] == ["900.0", "9.0"]


def test_hours_are_not_reopened_and_the_page_says_why(admin: Client) -> None:
    sealed()
    assert "only samples can be corrected" in reopen(admin, MetricChunk.objects.get(resolution=Resolution.HOURLY))


def test_who_may_not_correct_snapshots_reopens_nothing(client: Client) -> None:
    viewer = person("Viewer")
    User.objects.filter(pk=viewer.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=viewer.pk))
    chunk = sealed()
    assert "Reopen for an hour" not in text(client, "metricchunk/")
    reopen(client, chunk)
    assert MetricChunk.objects.filter(pk=chunk.pk).exists()


def test_a_snapshot_that_was_sealed_while_somebody_edited_it_comes_back_neither_twice_nor_silently(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring import admin as page

    write(*gauges(key(), 1))
    snapshot = MetricSnapshot.objects.get()
    save = page.MetricSnapshotAdmin.save_model

    def seal_first(*args: object) -> None:
        list(sealing.seal(LATER))
        save(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(page.MetricSnapshotAdmin, "save_model", seal_first)
    address = f"/admin/ahgd_monitoring/metricsnapshot/{snapshot.pk}/change/"
    assert "reopen the chunk to correct it" in admin.post(address, {"value": "2"}, follow=True).content.decode()
    assert not MetricSnapshot.objects.exists()
    assert MetricChunk.objects.get(resolution=Resolution.RAW).total == 1


def test_people_set_how_long_a_metric_is_kept(admin: Client) -> None:
    sealed()
    metric = Metric.objects.get()
    address = f"metric/{metric.pk}/change/"
    assert "0 rows, 4 samples in 2 chunks of" in text(admin, address)
    form = {"unit": "", "category": "", "help": "", "most_series": "", "raw_days": "7", "hourly_days": "30"}
    assert admin.post(f"/admin/ahgd_monitoring/{address}", form).status_code == 302
    assert "7, hours 30" in text(admin, "metric/")
    page = admin.post(f"/admin/ahgd_monitoring/{address}", form | {"raw_days": "0"}).content.decode()
    assert "greater than or equal to 1" in page


def test_people_hold_data_and_see_what_alerts_hold(admin: Client) -> None:
    sealed()
    form = {"series": str(Series.objects.get().pk), "start": str(START_MS), "end": "", "reason": "study 7"}
    assert admin.post("/admin/ahgd_monitoring/hold/add/", form).status_code == 302
    assert Hold.objects.get().end is None
    assert "whatever comes" in text(admin, "hold/")


def test_gaps_of_readers_are_listed(admin: Client) -> None:
    ReadGap.objects.create(reader="evaluator", position=7, rows=3, start=START_MS, end=START_MS + 5, noted_at=LATER)
    assert "evaluator" in text(admin, "readgap/")
