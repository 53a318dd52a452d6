"""An import adds what is missing, and nothing else, however often it runs."""

from pathlib import Path

import pytest
from django.db import transaction

from monitoring.keeping import copies
from monitoring.keeping.reading import fine
from monitoring.keeping.verifying import verify
from monitoring.kinds import Kind
from monitoring.models import Metric, MetricChunk, MetricSnapshot, Resolution, Series
from tests.monitoring.keeping.copied import empty, equal, everything, export, seal, some_of_each_kind, take
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", copies.FORMATS)
def test_importing_the_same_again_adds_nothing(form: str, tmp_path: Path) -> None:
    some_of_each_kind()
    export(tmp_path / "copy", form)
    before = everything()
    assert take(tmp_path / "copy", form) == 0
    seal()
    assert take(tmp_path / "copy", form) == 0
    assert equal(everything(), before)


def test_equal_samples_are_counted_not_merged(tmp_path: Path) -> None:
    write(*gauges(key(), 5, 5, step_ms=0))
    export(tmp_path / "copy", copies.PARQUET)
    MetricSnapshot.objects.first().delete()  # type: ignore[union-attr]  # there are two
    assert take(tmp_path / "copy", copies.PARQUET) == 1
    assert sum(len(parcel.frame) for parcel in everything()) == 2


def values() -> list[float]:
    return [value for parcel in everything() for value in parcel.frame.value.tolist()]


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_copy_from_before_a_correction_does_not_bring_the_wrong_value_back(is_sealed: bool, tmp_path: Path) -> None:
    write(*gauges(key(), 1, 900, 3))
    export(tmp_path / "before", copies.PARQUET)
    MetricSnapshot.objects.filter(value=900).update(value=9, edited=True)
    export(tmp_path / "after", copies.PARQUET)
    if is_sealed:
        seal()
    assert [take(tmp_path / name, copies.PARQUET) for name in ("before", "after")] == [0, 0]
    assert values() == [1, 9, 3]


def test_a_copy_from_after_a_correction_adds_nothing_beside_what_is_here(tmp_path: Path) -> None:
    write(*gauges(key(), 1, 900, 3))
    MetricSnapshot.objects.filter(value=900).update(value=9, edited=True)
    export(tmp_path / "after", copies.PARQUET)
    MetricSnapshot.objects.filter(value=9).update(value=900, edited=False)
    assert take(tmp_path / "after", copies.PARQUET) == 0
    assert values() == [1, 900, 3]


def test_equal_samples_on_both_sides_of_a_batch_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(*gauges(key(), 4, 5, 5, 5, 6, step_ms=0), *gauges(key(name="other"), 1))
    export(tmp_path / "copy", copies.PARQUET)
    before = everything()
    empty()
    monkeypatch.setattr(copies.parquet, "_BATCH", 2)
    assert take(tmp_path / "copy", copies.PARQUET) == 6
    assert equal(everything(), before)


@pytest.mark.parametrize("value", ["NaN", "+Inf"])
def test_a_sample_that_is_no_finite_number_is_refused(value: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"beds {value} 1.000\n")
    with pytest.raises(copies.NotCopied, match="beds has a value that is no finite number"):
        take(tmp_path / "a.txt", copies.OPENMETRICS)


def test_samples_whose_hours_are_known_are_not_counted_twice(tmp_path: Path) -> None:
    write(*gauges(key(), 1, 2, 3))
    seal()
    export(tmp_path / "copy", copies.PARQUET)
    MetricChunk.objects.filter(resolution=Resolution.RAW).delete()
    with transaction.atomic():
        assert take(tmp_path / "copy", copies.PARQUET) == 3
    hours = MetricChunk.objects.get(resolution=Resolution.HOURLY)
    assert (hours.count, hours.total) == (3, 6)


def test_a_copy_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(*gauges(key(), 1))
    export(tmp_path / "copy", copies.PARQUET)
    Metric.objects.update(kind=Kind.COUNTER)
    with pytest.raises(copies.NotCopied, match="beds is a counter here and a gauge in the copy"):
        take(tmp_path / "copy", copies.PARQUET)


def counted() -> float:
    """Of all that is kept, as readers see it."""
    (frame,) = fine(Series.objects.all(), START_MS - HOUR_MS, START_MS + 24 * HOUR_MS).values()
    return float(frame.counts.sum())


def with_a_late_sample(is_sealed: bool) -> None:
    """An hour that is past its retention, but for one sample that came afterwards."""
    write(*gauges(key(), *range(60), step_ms=HOUR_MS // 60))
    seal()
    MetricChunk.objects.filter(resolution=Resolution.RAW).delete()
    write(*gauges(key(), 1000, from_ms=START_MS + 1))
    if is_sealed:
        seal()
    assert counted() == 61


@pytest.mark.parametrize("form", copies.FORMATS)
@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_late_sample_leaves_the_hours_of_its_block_in_the_copy(is_sealed: bool, form: str, tmp_path: Path) -> None:
    with_a_late_sample(is_sealed)
    export(tmp_path / "copy", form)
    assert take(tmp_path / "copy", form) == 0
    empty()
    take(tmp_path / "copy", form)
    before = everything()
    assert counted() == 61
    assert take(tmp_path / "copy", form) == 0
    assert equal(everything(), before)
    assert values() == [1000, 59]  # the sample, and the hour's last
    assert [found for found in verify() if found is not None] == []


def test_a_span_that_begins_within_an_hour_is_copied_as_samples_only(tmp_path: Path) -> None:
    write(*gauges(key(), *range(60), step_ms=HOUR_MS // 10))
    seal()
    within = START_MS + HOUR_MS // 2, START_MS + 2 * HOUR_MS + HOUR_MS // 2
    copies.export(tmp_path / "copy", copies.PARQUET, *within, lambda done, of: None)
    empty()
    assert take(tmp_path / "copy", copies.PARQUET) == 21
    assert {parcel.resolution for parcel in everything()} == {Resolution.RAW}
