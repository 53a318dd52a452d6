"""What is exported and imported again is the same to the bit, in either form, at once or in pieces."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.clock import from_ms
from monitoring.keeping import copies
from monitoring.keeping.frame import Frame
from monitoring.keeping.parcels import Label, Parcel
from monitoring.keeping.verifying import verify
from monitoring.kinds import Kind
from monitoring.models import MetricChunk, Resolution, Series
from monitoring.windows import Row
from tests.monitoring.keeping.copied import EVER, empty, equal, everything, export, seal, some_of_each_kind, take
from tests.monitoring.keeping.frames import (
    HOUR_MS,
    START_MS,
    any_rows,
    gauges,
    key,
    plain_rows,
    same,
    timing_rows,
    write,
)

pytestmark = pytest.mark.django_db


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


def test_two_exports_to_one_path_do_not_mix(tmp_path: Path) -> None:
    write(*gauges(key(), 1, 2), *gauges(key(name="other"), 3))
    path = tmp_path / "copy.txt"

    def export_another(done: int, of: int) -> None:
        if done == 1:
            copies.export(path, copies.OPENMETRICS, *EVER, lambda done, of: None, ["other"])

    assert copies.export(path, copies.OPENMETRICS, *EVER, export_another).samples == 3
    assert [found.name for found in tmp_path.iterdir()] == ["copy.txt"]
    empty()
    assert take(path, copies.OPENMETRICS) == 3


@pytest.mark.debian("prometheus")
def test_promtool_reads_the_text(tmp_path: Path) -> None:
    some_of_each_kind()
    export(tmp_path / "copy.txt", copies.OPENMETRICS)
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "copy.txt", "blocks"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr


@contextmanager
def read_only() -> Iterator[None]:
    """What a full disk is to whoever writes."""
    is_sqlite = connection.vendor == "sqlite"
    statement = "PRAGMA query_only = {}" if is_sqlite else "SET default_transaction_read_only = {}"
    with connection.cursor() as cursor:
        cursor.execute(statement.format("on"))
        try:
            yield
        finally:
            cursor.execute(statement.format("off"))


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
    assert run("retain").endswith("chunks deleted.")


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


def test_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(copies.NotCopied, match="cannot be written"):
        export(tmp_path / "nowhere" / "copy", copies.PARQUET)
    write(*gauges(key(), 1))

    def break_off(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copies.export(tmp_path / "copy", copies.OPENMETRICS, *EVER, break_off)
    assert list(tmp_path.iterdir()) == []


def test_a_chunk_that_cannot_be_read_is_not_exported_and_named(tmp_path: Path) -> None:
    write(*gauges(key(), 1))
    seal()
    for payload, why in ((b"nonsense", "its checksum is wrong"), (b"\x09\x01\0\0\0\0", "codec 9 is not known here")):
        MetricChunk.objects.filter(resolution=Resolution.RAW).update(payload=payload)
        with pytest.raises(CommandError, match=f"verify.*{why}"):
            run("export", str(tmp_path / "copy.parquet"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_more_is_said_and_the_import_goes_on_later(tmp_path: Path) -> None:
    write(*gauges(key(), *range(3000), step_ms=HOUR_MS))
    export(tmp_path / "copy.parquet", copies.PARQUET)
    before = everything()
    empty()
    with read_only(), pytest.raises(CommandError, match=r"The database did not take it: .*running this again goes on"):
        run("import", str(tmp_path / "copy.parquet"))
    assert run("import", str(tmp_path / "copy.parquet")) == "3,000 samples are new."
    assert equal(everything(), before)
