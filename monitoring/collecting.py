"""Reads collectors and stores what they gave, once for whoever holds the lease."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from monitoring.clock import database_now, to_ms
from monitoring.collectors.base import Collector
from monitoring.collectors.running import Collected, Collection
from monitoring.leases import Held
from monitoring.storage import Storage

_storage = Storage()
_collection = Collection()


class CollectionFailed(Exception):
    """Some collectors could not be read; the message has each with its reason."""


def collect(collectors: Sequence[Collector], held: Held, instance: str = "") -> None:
    """Reads what is due of the host ``instance``, or of what hosts share, and stores it.

    Raises CollectionFailed after the others are stored, and LeaseLost, storing nothing, when somebody took over.
    """
    now = database_now()
    collected = _collection.run(collectors, now, instance)
    try:
        _store(collected, held, to_ms(now))
    except IntegrityError:  # a series was deleted while its id was known here: it begins anew
        _storage.forget()
        _store(collected, held, to_ms(now))
    if collected.errors:
        raise CollectionFailed("; ".join(f"{name}: {error}" for name, error in collected.errors.items()))


def _store(collected: Collected, held: Held, now_ms: int) -> None:
    with transaction.atomic():
        held.confirm()
        collected.save_states()
        _storage.write(collected.samples, now_ms)
