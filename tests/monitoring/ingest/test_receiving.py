"""One delivery that two processes receive at once, or that one receives and does not survive."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from monitoring.clock import to_ms
from monitoring.ingest import json_body
from monitoring.ingest.reading import Reading
from monitoring.ingest.receiving import Delivery, Receiving, Stored, seconds_to_wait
from monitoring.models import MetricSnapshot, PushReceipt, Series
from monitoring.samples import Sample
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db(transaction=True)
SOURCE = "token-1"
PROCESSES = 4


class Struck(BaseException):
    """As by kill -9: nobody handles it."""


class StruckStorage(Storage):
    """Ends with everything written and nothing committed."""

    def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
        super().write(samples, now_ms)
        raise Struck


def readings(at_ms: int) -> list[Reading]:
    body = ", ".join(f'{{"name": "beds_total", "kind": "counter", "value": 1, "at": {at_ms + n}}}' for n in range(20))
    return json_body.read(f"[{body}]".encode(), at_ms)


@pytest.mark.parametrize("key", ["", "one"])
def test_a_delivery_that_several_processes_receive_at_once_counts_once(key: str) -> None:
    now = timezone.now()
    sent = readings(to_ms(now) - 60_000)
    together = Barrier(PROCESSES)

    def receive(number: int) -> Stored:
        try:
            assert seconds_to_wait(SOURCE, 100, now) == 0
            together.wait(60)
            body = b"one" if key else str(number).encode()  # without a key, the times alone tell
            return Receiving().store(SOURCE, sent, Delivery.of(key, body, sent), now)
        finally:
            connection.close()

    with ThreadPoolExecutor(PROCESSES) as processes:
        found = list(processes.map(receive, range(PROCESSES)))
    assert sorted(one.stored for one in found) == [0] * (PROCESSES - 1) + [20]
    assert MetricSnapshot.objects.count() == Series.objects.get().total == 20


def test_a_process_that_is_killed_before_it_commits_leaves_nothing_and_the_delivery_counts_when_it_comes_again() -> (
    None
):
    now = timezone.now()
    sent = readings(to_ms(now) - 60_000)
    delivery = Delivery.of("one", b"", sent)
    with pytest.raises(Struck):
        Receiving(StruckStorage()).store(SOURCE, sent, delivery, now)
    assert not PushReceipt.objects.exists()
    assert not MetricSnapshot.objects.exists()
    assert Receiving().store(SOURCE, sent, delivery, now) == Stored(20, 0)
    assert Receiving().store(SOURCE, sent, delivery, now) == Stored(0, 20)
