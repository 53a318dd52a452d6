"""Stores what was read: in one transaction, once, and as increases where a source sends sums since it started."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from monitoring.ingest.known import Moment, present
from monitoring.ingest.reading import Reading
from monitoring.models import PushAllowance, PushedTotal, PushReceipt
from monitoring.samples import Sample, SeriesKey, fingerprint
from monitoring.storage import Storage, batched

RECEIPTS_KEPT = timedelta(days=2)
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Stored:
    """How many samples were new, and how many were there already."""

    stored: int
    duplicates: int


def seconds_to_wait(source: str, most_a_minute: int, now: datetime) -> int:
    """0 when the source may send, which counts; else the seconds until it may."""
    seconds = int(now.timestamp())
    minute = seconds // _SECONDS
    PushAllowance.objects.get_or_create(source=source, defaults={"minute": minute})
    PushAllowance.objects.filter(source=source).exclude(minute=minute).update(minute=minute, requests=0)
    mine = PushAllowance.objects.filter(source=source, minute=minute, requests__lt=most_a_minute)
    return 0 if mine.update(requests=F("requests") + 1) else _SECONDS - seconds % _SECONDS


@dataclass(frozen=True, slots=True)
class Delivery:
    """One body under the ``name`` by which it is known again; empty where it has none, so that each is a new one.

    Of an ``is_exact`` one the sender gave the name: nothing else repeats what is in it.
    """

    name: str = ""
    is_exact: bool = False

    @classmethod
    def of(cls, key: str, body: bytes, readings: Sequence[Reading]) -> Self:
        """By its Idempotency-Key, else by its content, where each sample has a time of its own."""
        if key:
            return cls(f"key {key}", is_exact=True)
        is_timed = all(reading.has_time for reading in readings)
        return cls(f"body {hashlib.sha256(body).hexdigest()}" if is_timed else "")


class Receiving:
    """Of one process: it remembers the ids of the series it has met."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._storage = storage or Storage()

    def store(self, source: str, readings: Sequence[Reading], delivery: Delivery, now: datetime) -> Stored:
        """Raises what the database raises, with nothing stored."""
        try:
            return self._store(source, readings, delivery, now)
        except IntegrityError:  # a series was deleted while its id was known here
            self._storage.forget()
            return self._store(source, readings, delivery, now)
        except DatabaseError:
            self._storage.forget()  # series that were made are rolled back
            raise

    def _store(self, source: str, readings: Sequence[Reading], delivery: Delivery, now: datetime) -> Stored:
        with transaction.atomic():
            # One delivery of a source at a time: what the one before stored is seen.
            PushAllowance.objects.select_for_update().filter(source=source).first()
            if delivery.name and _is_known(source, delivery.name, now):
                return Stored(0, len(readings))
            fresh = list(readings) if delivery.is_exact else _unseen(readings)
            samples = [one.sample for one in fresh if not one.is_cumulative]
            samples += increases([one.sample for one in fresh if one.is_cumulative])
            written = self._storage.write(samples, int(now.timestamp() * 1000))
        return Stored(written, len(readings) - written)


def _is_known(source: str, delivery: str, now: datetime) -> bool:
    """Whether it came before; now it has come."""
    PushReceipt.objects.filter(at__lt=now - RECEIPTS_KEPT).delete()
    digest = hashlib.sha256(f"{source}\0{delivery}".encode()).hexdigest()
    return not PushReceipt.objects.get_or_create(digest=digest, defaults={"at": now})[1]


def _once(readings: Iterable[Reading]) -> Iterable[Reading]:
    """Without repetitions, which say the same (``reading.whole``)."""
    return {(one.sample.key, one.sample.at_ms): one for one in readings}.values()


def _unseen(readings: Sequence[Reading]) -> list[Reading]:
    """Without those whose series has a sample at their very time; what has no time of its own is always new."""
    stored = present(_moment(one) for one in readings if one.has_time)
    return [one for one in _once(readings) if not one.has_time or _moment(one) not in stored]


def _moment(reading: Reading) -> Moment:
    return _fingerprint(reading.sample.key), reading.sample.at_ms


def increases(samples: Sequence[Sample]) -> list[Sample]:
    """What cumulative values grew by since the last one known, which is moved on.

    The first one of a series is where counting begins: 0. One that is smaller is of a program that started anew, and
    all of it is new. One that is not younger than the last is left out.
    """
    found: list[Sample] = []
    changed: dict[str, PushedTotal] = {}
    known = _totals(samples)
    for sample in sorted(samples, key=lambda sample: sample.at_ms):
        name = _fingerprint(sample.key)
        before = known.get(name)
        if before is not None and sample.at_ms <= before.at:
            continue
        grown = 0.0 if before is None else sample.value - before.value
        found.append(replace(sample, value=sample.value if grown < 0 else grown))
        known[name] = changed[name] = PushedTotal(fingerprint=name, value=sample.value, at=sample.at_ms)
    PushedTotal.objects.bulk_create(
        changed.values(), update_conflicts=True, unique_fields=["fingerprint"], update_fields=["value", "at"]
    )
    return found


def _totals(samples: Sequence[Sample]) -> dict[str, PushedTotal]:
    names = sorted({_fingerprint(sample.key) for sample in samples})
    locked = PushedTotal.objects.select_for_update().order_by("fingerprint")
    return {row.fingerprint: row for some in batched(names) for row in locked.filter(fingerprint__in=some)}


def _fingerprint(key: SeriesKey) -> str:
    return fingerprint(key.name, key.tags)
