import pytest
from django.utils import timezone

from monitoring.clock import to_ms
from monitoring.ingest.known import Moment, present
from monitoring.keeping import sealing
from monitoring.models import MetricChunk, MetricSnapshot
from monitoring.samples import fingerprint
from tests.monitoring.keeping.frames import HOUR_MS, gauges, key, write

pytestmark = pytest.mark.django_db
WARDS = (key(ward="a"), key(ward="b"))


def moment(number: int, at_ms: int) -> Moment:
    return fingerprint(WARDS[number].name, WARDS[number].tags), at_ms


@pytest.fixture
def half_sealed() -> list[int]:
    """Times at which both wards have samples: over eight hours up to now, of which all but the last are packed."""
    now = timezone.now()
    times = [to_ms(now) - hours * HOUR_MS for hours in (8, 5, 3, 0)]
    write(*(sample for ward in WARDS for at in times for sample in gauges(ward, 1, from_ms=at)))
    sum(sealing.seal(now))
    assert MetricSnapshot.objects.count() == 2
    return times


def test_a_sample_is_known_again_also_once_it_is_sealed(half_sealed: list[int]) -> None:
    here = {moment(number, at) for number in (0, 1) for at in half_sealed}
    elsewhere = {moment(0, at + 1) for at in half_sealed}
    assert present(here | elsewhere) == here


def test_another_series_at_the_same_time_is_new(half_sealed: list[int]) -> None:
    unknown = (fingerprint("beds", ()), half_sealed[0])
    assert present([unknown, moment(0, half_sealed[0])]) == {moment(0, half_sealed[0])}


def test_what_a_damaged_chunk_held_counts_as_new(half_sealed: list[int]) -> None:
    MetricChunk.objects.filter(series__tags__ward="a").update(payload=b"\x01damaged")
    assert present(moment(0, at) for at in half_sealed) == {moment(0, half_sealed[-1])}
    assert len(present(moment(1, at) for at in half_sealed)) == 4
