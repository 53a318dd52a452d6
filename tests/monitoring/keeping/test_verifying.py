from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.chunks import opened, row_of, save
from monitoring.keeping.verifying import verify
from monitoring.models import MetricChunk, Resolution
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sealed() -> None:
    write(*gauges(key(ward="a"), 1, 2, 3), *gauges(key(ward="b"), 1))
    list(sealing.seal(from_ms(START_MS + 9 * HOUR_MS)))


def of_ward_a(resolution: Resolution = Resolution.RAW) -> MetricChunk:
    return MetricChunk.objects.filter(series__tags={"ward": "a"}, resolution=resolution).earliest("start")


def found() -> list[str]:
    return [damage.what for damage in verify() if damage is not None]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("metrics", "verify", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_sound_chunks_are_only_counted() -> None:
    assert list(verify()) == [None] * 4
    assert run() == "4 chunks are sound.\n"


def test_a_chunk_with_a_wrong_byte_is_named_and_given_up_on_demand() -> None:
    chunk = of_ward_a()
    MetricChunk.objects.filter(pk=chunk.pk).update(payload=bytes(chunk.payload)[:-1] + b"?")
    out = StringIO()
    with pytest.raises(CommandError, match=r"1 of 4 chunks are damaged.*--delete"):
        call_command("metrics", "verify", stdout=out, stderr=StringIO())
    assert (
        f'chunk {chunk.pk}, beds{{ward="a"}}, {from_ms(START_MS)}: cannot be read: its checksum is wrong'
        in out.getvalue()
    )
    assert "1 chunks were mended" in run("--delete")
    assert MetricChunk.objects.count() == 3


def test_columns_that_do_not_fit_the_payload_are_named() -> None:
    MetricChunk.objects.filter(pk=of_ward_a().pk).update(samples=F("samples") + 1, maximum=7)
    assert found() == ["samples, maximum beside it is not what it holds"]


def test_samples_of_another_block_are_named() -> None:
    MetricChunk.objects.filter(pk=of_ward_a().pk).update(start=F("start") - 6 * HOUR_MS)
    assert found() == ["its times are not in order, or not of its block"]


@pytest.mark.parametrize("column", ["total", "count"])
def test_a_sum_that_does_not_fit_is_named(column: str) -> None:
    MetricChunk.objects.filter(pk=of_ward_a().pk).update(**{column: 99})
    assert found() == [f"{column} beside it is not what it holds"]


def test_a_chunk_that_begins_within_a_block_is_named() -> None:
    MetricChunk.objects.filter(pk=of_ward_a().pk).update(start=F("start") - 1)
    assert found() == ["it begins where no block does"]


def known() -> list[tuple[int, float]]:
    """Counts and sums of each hour of ward a."""
    frame = opened(of_ward_a(Resolution.HOURLY))
    return list(zip(frame.counts.tolist(), frame.totals.tolist(), strict=True))


def test_hours_that_do_not_know_their_samples_are_named_and_made_of_them() -> None:
    of_ward_a(Resolution.HOURLY).delete()
    assert found() == ["1 of its hours do not know all of it"]
    with pytest.raises(CommandError, match="1 of 3"):
        run()
    assert run("--delete").endswith("1 chunks were mended.\n")
    assert (known(), found()) == ([(3, 6)], [])


def test_hours_that_cannot_be_read_are_made_of_their_samples() -> None:
    write(*gauges(key(ward="a"), 7, 8, from_ms=START_MS + 6 * HOUR_MS))
    list(sealing.seal(from_ms(START_MS + 19 * HOUR_MS)))
    chunk = of_ward_a(Resolution.HOURLY)
    MetricChunk.objects.filter(pk=chunk.pk).update(payload=bytes(chunk.payload)[:-1] + b"?")
    assert run("--delete").endswith("1 chunks were mended.\n")
    assert (known(), found()) == ([(3, 6), (2, 15)], [])


def test_hours_whose_samples_are_gone_stay_as_they_are_where_others_are_made() -> None:
    write(*gauges(key(ward="a"), 7, 8, from_ms=START_MS + 6 * HOUR_MS))
    list(sealing.seal(from_ms(START_MS + 19 * HOUR_MS)))
    hours = of_ward_a(Resolution.HOURLY)
    first = row_of(hours.series_id, Resolution.HOURLY, opened(hours).part(slice(0, 1)))
    MetricChunk.objects.filter(series=hours.series_id, start=START_MS).delete()  # the samples of the first hour, too
    save([first])
    assert found() == ["1 of its hours do not know all of it"]
    run("--delete")
    assert (known(), found()) == ([(3, 6), (2, 15)], [])


def test_a_chunk_of_a_later_version_is_not_given_up() -> None:
    chunk = of_ward_a()
    MetricChunk.objects.filter(pk=chunk.pk).update(payload=b"\x09" + bytes(chunk.payload)[1:])
    assert "cannot be checked: codec 9 is not known here" in found()[0]
    with pytest.raises(CommandError, match="0 were mended"):
        run("--delete")
