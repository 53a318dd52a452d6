from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections, transaction

from monitoring.clock import database_now
from monitoring.leases import LeaseLost, acquire, lease, overtake
from monitoring.models import Lease

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
def test_a_second_holder_waits_for_the_first() -> None:
    with lease("work", seconds=60) as first, lease("work", seconds=60) as second:
        assert first is not None
        assert second is None


@pytest.mark.django_db
def test_a_lease_is_free_when_its_work_is_done() -> None:
    with lease("work", seconds=60):
        pass
    with lease("work", seconds=60) as again:
        assert again is not None
        assert again.last_finished_at is not None


@pytest.mark.django_db
def test_work_begins_once_per_gap_however_often_it_is_asked_for() -> None:
    now = database_now()
    assert acquire("work", now, seconds=0, gap_seconds=5) is not None
    assert acquire("work", now + timedelta(seconds=4), seconds=0, gap_seconds=5) is None
    assert acquire("work", now + timedelta(seconds=5), seconds=0, gap_seconds=5) is not None


@pytest.mark.django_db
def test_the_lease_of_a_holder_that_was_killed_is_taken_over_when_it_ends() -> None:
    now = database_now()
    dead = acquire("work", now, seconds=30)
    assert acquire("work", now + timedelta(seconds=29), seconds=30) is None
    successor = acquire("work", now + timedelta(seconds=30), seconds=30)
    assert dead is not None
    assert successor is not None
    assert successor.fence > dead.fence


@pytest.mark.django_db
def test_a_frozen_holder_is_told_that_it_was_overtaken() -> None:
    now = database_now()
    frozen = acquire("work", now, seconds=30)
    acquire("work", now + MINUTE, seconds=30)
    assert frozen is not None
    with pytest.raises(LeaseLost), transaction.atomic():
        frozen.confirm()


@pytest.mark.django_db
def test_the_error_that_ended_the_work_stands_on_the_row() -> None:
    with pytest.raises(ZeroDivisionError), lease("work", seconds=60):
        1 / 0  # noqa: B018  (raises)
    row = Lease.objects.get()
    assert row.error.startswith("ZeroDivisionError")
    assert row.finished_at is None


@pytest.mark.django_db
def test_a_clock_that_is_set_back_stops_no_work() -> None:
    now = database_now()
    assert acquire("work", now, seconds=30, gap_seconds=5) is not None
    assert acquire("work", now - timedelta(seconds=4), seconds=30) is None
    assert acquire("work", now - timedelta(hours=6), seconds=30) is not None


@pytest.mark.django_db
def test_a_holder_that_renewed_for_long_and_was_killed_is_followed_after_the_clock_was_set_back() -> None:
    now = database_now()
    killed = acquire("work", now - timedelta(hours=2), seconds=30)
    assert killed is not None
    killed.renew(30)
    assert acquire("work", now - timedelta(hours=1), seconds=30) is not None


@pytest.mark.django_db
def test_the_error_that_ended_the_work_tells_no_secret() -> None:
    with pytest.raises(OSError, match="refused"), lease("work", seconds=60):
        raise OSError("redis://:hunter2@cache refused")
    assert Lease.objects.get().error == "OSError: redis://***@cache refused"


@pytest.mark.django_db
def test_long_work_renews_its_lease() -> None:
    now = database_now()
    held = acquire("work", now, seconds=1)
    assert held is not None
    held.renew(60)
    assert acquire("work", now + timedelta(seconds=30), seconds=60) is None
    acquire("work", now + timedelta(seconds=90), seconds=60)
    with pytest.raises(LeaseLost):
        held.renew(60)


@pytest.mark.django_db
def test_overtaking_ends_what_is_under_way_and_lets_the_next_begin_at_once() -> None:
    with lease("work", seconds=60) as held:
        assert held is not None
        overtake("work")
        with pytest.raises(LeaseLost):
            held.confirm()
    with lease("work", seconds=60) as again:
        assert again is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_it() -> None:
    start = Barrier(6)

    def compete(_: int) -> bool:
        try:
            start.wait(10)
            return acquire("work", database_now(), seconds=60) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(compete, range(6))) == 1
