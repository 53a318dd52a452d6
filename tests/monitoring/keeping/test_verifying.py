from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.verifying import verify
from monitoring.models import MetricChunk, Resolution
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sealed() -> None:
    write(*gauges(key(ward="a"), 1, 2, 3), *gauges(key(ward="b"), 1))
    list(sealing.seal(from_ms(START_MS + 9 * HOUR_MS)))


def of_ward_a(resolution: Resolution = Resolution.RAW) -> MetricChunk:
    return MetricChunk.objects.get(series__tags={"ward": "a"}, resolution=resolution)


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
    assert "1 chunks were deleted" in run("--delete")
    assert MetricChunk.objects.count() == 3


def test_columns_that_do_not_fit_the_payload_are_named() -> None:
    MetricChunk.objects.filter(pk=of_ward_a().pk).update(samples=F("samples") + 1, maximum=7)
    assert found() == ["samples, maximum beside it is not what it holds"]


def test_samples_of_another_block_are_named() -> None:
    MetricChunk.objects.filter(pk=of_ward_a().pk).update(start=F("start") - 6 * HOUR_MS)
    assert found() == ["its times are not in order, or not of its block"]


def test_hours_that_do_not_know_their_samples_are_named() -> None:
    of_ward_a(Resolution.HOURLY).delete()
    assert found() == ["1 of its hours do not know all of it"]
    with pytest.raises(CommandError, match="1 of 3"):
        run("--delete")  # the samples are sound
    assert of_ward_a().samples == 3


def test_a_chunk_of_a_later_version_is_not_given_up() -> None:
    chunk = of_ward_a()
    MetricChunk.objects.filter(pk=chunk.pk).update(payload=b"\x09" + bytes(chunk.payload)[1:])
    assert "cannot be checked: codec 9 is not known here" in found()[0]
    with pytest.raises(CommandError, match="0 were deleted"):
        run("--delete")
