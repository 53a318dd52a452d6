import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from monitoring.clock import database_now
from monitoring.leases import Held, acquire
from monitoring.models import Lease
from monitoring.renewing import renewed
from tests.journeys.asking import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 60.0


@pytest.fixture
def held() -> Iterator[Held]:
    held = acquire("work", database_now(), 600)
    assert held is not None
    yield held
    assert threads() == []


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ahgd-lease"]


def end() -> datetime:
    return Lease.objects.get(pk="work").expires_at


def test_the_end_is_put_off_again_and_again_while_the_work_goes_on(held: Held) -> None:
    with renewed(held, 0.3, PATIENCE_SECONDS):
        for _ in range(2):
            before = end()
            wait_until(lambda last=before: end() != last, PATIENCE_SECONDS)


def test_work_that_takes_too_long_is_not_kept_for_ever(held: Held) -> None:
    before = end()
    with renewed(held, 0.3, longest_seconds=0):
        wait_until(lambda: not threads(), PATIENCE_SECONDS)
    assert end() == before


def test_nothing_is_renewed_that_another_took_over(held: Held) -> None:
    Lease.objects.filter(pk="work").update(fence=held.fence + 1)
    before = end()
    with renewed(held, 0.003, longest_seconds=0.1):
        wait_until(lambda: not threads(), PATIENCE_SECONDS)
    assert end() == before
