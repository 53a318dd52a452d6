"""Reads collectors and stores what they gave, once for whoever holds the lease."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from monitoring.clock import database_now, to_ms
from monitoring.collectors.base import Collector
from monitoring.collectors.running import Collected, Collection
from monitoring.leases import Held
from monitoring.storage import Storage


class CollectionFailed(Exception):
    """Some collectors could not be read; the message has each with its reason."""


class Collecting:
    """Of one process: it knows which collectors still read, and the ids of the series that they gave."""

    def __init__(self) -> None:
        self._storage = Storage()
        self._collection = Collection()

    def collect(self, collectors: Sequence[Collector], held: Held, instance: str = "") -> None:
        """Reads what is due of the host ``instance``, or of what hosts share, and stores it.

        Raises CollectionFailed after the others are stored, and LeaseLost, storing nothing, when somebody took over.
        """
        now = database_now()
        collected = self._collection.run(collectors, now, instance)
        try:
            self._store(collected, held, to_ms(now))
        except IntegrityError:  # of a series deleted meanwhile; told by the commit here, which the storage cannot see
            self._storage.forget()
            self._store(collected, held, to_ms(now))
        if collected.errors:
            raise CollectionFailed("; ".join(f"{name}: {error}" for name, error in collected.errors.items()))

    def _store(self, collected: Collected, held: Held, now_ms: int) -> None:
        with transaction.atomic():
            held.confirm()
            collected.save_states()
            self._storage.write(collected.samples, now_ms)
