"""What is exported and imported again is the same to the bit, in either form, at once or in pieces."""

import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.clock import from_ms
from monitoring.keeping import copies, sealing
from monitoring.keeping.frame import Frame
from monitoring.keeping.parcels import Label, Parcel, labels, parcels
from monitoring.keeping.verifying import verify
from monitoring.kinds import Kind
from monitoring.models import Metric, MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.samples import Sample
from monitoring.windows import Row
from tests.monitoring.keeping.frames import (
    HOUR_MS,
    START_MS,
    any_rows,
    gauges,
    key,
    plain_rows,
    same,
    timing,
    timing_rows,
    write,
)

pytestmark = pytest.mark.django_db
EVER = -(10**14), 10**14
Sizes = list[tuple[str, int, Frame]]


class RolledBack(Exception):
    """Ends an example of hypothesis; its rows go."""


def export(path: Path, form: str) -> copies.Copied:
    return copies.export(path, form, *EVER, lambda done, of: None)


def take(path: Path, form: str) -> int:
    return copies.take_copy(path, form, lambda read, new: None)


def everything() -> list[Parcel]:
    return [parcel for found in parcels(labels(), *EVER) for parcel in found]


def seal() -> None:
    list(sealing.seal(from_ms(START_MS + 900 * HOUR_MS)))


def empty() -> None:
    MetricSnapshot.objects.all().delete()
    MetricChunk.objects.all().delete()
    Series.objects.all().delete()
    Metric.objects.all().delete()


def equal(one: list[Parcel], other: list[Parcel]) -> bool:
    return len(one) == len(other) and all(
        a.label == b.label and a.resolution == b.resolution and same(a.frame.plain(), b.frame.plain())
        for a, b in zip(one, other, strict=True)
    )


def some_of_each_kind() -> None:
    write(*gauges(key(ward="a b", **{"odd key": 'x"\\\n}'}), 0.1, -0.0, 1e300), *gauges(key(name="no name!"), 1))
    write(Sample(key(Kind.COUNTER, "events_total"), START_MS, 3), Sample(key(), START_MS + 5, 2, 3, 6.5, 1, 4))
    write(*(timing(key(Kind.TIMING, "t_seconds"), START_MS + n * HOUR_MS, 0.1, 2.5) for n in range(9)))
    MetricSnapshot.objects.filter(value=0.1).update(edited=True)
    Metric.objects.filter(name="beds").update(unit="beds", category="ward", help='Beds, "taken".\nOr not.')


@pytest.mark.parametrize("form", copies.FORMATS)
def test_a_copy_brings_back_every_series_with_all_that_names_it(form: str, tmp_path: Path) -> None:
    some_of_each_kind()
    seal()
    write(*gauges(key(), 7, from_ms=START_MS + 901 * HOUR_MS))
    MetricChunk.objects.filter(resolution=Resolution.RAW, start__gt=START_MS).delete()  # retention; hours are left
    before = everything()
    assert {parcel.resolution for parcel in before} == set(Resolution)
    copied = export(tmp_path / "copy", form)
    empty()
    assert take(tmp_path / "copy", form) == copied.samples == sum(len(parcel.frame) for parcel in before)
    assert equal(everything(), before)
    assert [found for found in verify() if found is not None] == []
    assert Series.objects.get(metric__name="beds", tags={}).last_value == 7


@pytest.mark.parametrize("form", copies.FORMATS)
@given(rows=st.one_of(any_rows, st.lists(plain_rows(), min_size=1), st.lists(timing_rows(), min_size=1)))
@settings(deadline=None, max_examples=25)
def test_any_sample_comes_back_to_the_bit(form: str, rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("copy") / "copy"
    frame = Frame.of_rows(rows)
    parcel = Parcel(Label("m", (("a", "ü"),), Kind.GAUGE), Resolution.RAW, frame)
    found = _through(path, form, [parcel] if len(frame) else [])
    assert all(same(one.frame.plain(), frame.plain()) for one in found)
    assert sum(len(one.frame) for one in found) == len(frame)


def _through(path: Path, form: str, of: list[Parcel]) -> list[Parcel]:
    if form == copies.PARQUET:
        copies.parquet.write(path, of)
        return list(copies.parquet.read(path))
    out = StringIO()
    copies.openmetrics.write(out, of)
    return list(copies.openmetrics.read(out.getvalue().splitlines(keepends=True)))


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


def test_samples_whose_hours_are_known_are_not_counted_twice(tmp_path: Path) -> None:
    write(*gauges(key(), 1, 2, 3))
    seal()
    export(tmp_path / "copy", copies.PARQUET)
    MetricChunk.objects.filter(resolution=Resolution.RAW).delete()
    with transaction.atomic():
        assert take(tmp_path / "copy", copies.PARQUET) == 3
    hours = MetricChunk.objects.get(resolution=Resolution.HOURLY)
    assert (hours.count, hours.total) == (3, 6)


@pytest.mark.debian("prometheus")
def test_promtool_reads_the_text(tmp_path: Path) -> None:
    some_of_each_kind()
    export(tmp_path / "copy.txt", copies.OPENMETRICS)
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "copy.txt", "blocks"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("metrics", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_command_copies_there_and_back(tmp_path: Path) -> None:
    write(*gauges(key(), 1, 2, 3), *gauges(key(name="other"), 1))
    path = str(tmp_path / "beds.parquet")
    assert run("export", path, "--metric", "beds") == f"3 samples of 1 series are in {path}."
    empty()
    assert run("import", path) == "3 samples are new."
    assert run("verify") == "2 chunks are sound."


def test_the_command_copies_a_span(tmp_path: Path) -> None:
    write(*gauges(key(), 1, 2, 3, step_ms=HOUR_MS))
    span = [f"--{name}={from_ms(START_MS + hours * HOUR_MS).isoformat()}" for name, hours in (("from", 1), ("to", 1.5))]
    assert run("export", str(tmp_path / "beds.txt"), *span).startswith("1 samples of 1 series")


def test_the_command_seals_and_deletes() -> None:
    write(*gauges(key(), 1, 2, 3))
    assert run("seal") == "3 samples sealed."
    assert run("retain").endswith("rows and chunks deleted.")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", None, "cannot be read: No such file"),
        ("a.parquet", b"nonsense", "cannot be read as Parquet"),
        ("a.txt", b"beds 1\n", "line 1 is not of an export: a sample without its time"),
        ("a.txt", b"beds one 1.000\n", "line 1 is not of an export"),
        ("a.txt", b'beds 1 1.0\nbeds{ahgd_column="count"} 1 1.0\nbeds{ahgd_column="count"} 1 1.0\n', "not whole"),
        ("a.txt", b"\xff", "can't decode"),
    ],
)
def test_what_cannot_be_imported_says_why(name: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=message):
        run("import", str(tmp_path / name))


def test_a_copy_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(*gauges(key(), 1))
    export(tmp_path / "copy", copies.PARQUET)
    Metric.objects.update(kind=Kind.COUNTER)
    with pytest.raises(copies.NotCopied, match="beds is a counter here and a gauge in the copy"):
        take(tmp_path / "copy", copies.PARQUET)


def test_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(copies.NotCopied, match="cannot be written"):
        export(tmp_path / "nowhere" / "copy", copies.PARQUET)
    write(*gauges(key(), 1))

    def break_off(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copies.export(tmp_path / "copy", copies.OPENMETRICS, *EVER, break_off)
    assert list(tmp_path.iterdir()) == []
