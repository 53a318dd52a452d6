"""Django's cache, counted as django-prometheus counts caches: look-ups, hits and misses in ``django_cache_*``."""

from collections.abc import Iterable
from typing import Any

from django_prometheus.cache import metrics

from caching.backends import TieredCache

_BACKEND = "tiered"
_MISSING = object()


class MeasuredCache(TieredCache):
    """Not by a class of django-prometheus: those answer the default in place of a cached 0, False or empty text."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        found = super().get(key, _MISSING, version)
        _count(asked=1, hits=0 if found is _MISSING else 1)
        return default if found is _MISSING else found

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        asked = list(keys)
        found = super().get_many(asked, version)
        _count(asked=len(asked), hits=len(found))
        return found


def _count(asked: int, hits: int) -> None:
    metrics.django_cache_get_total.labels(backend=_BACKEND).inc(asked)
    metrics.django_cache_hits_total.labels(backend=_BACKEND).inc(hits)
    metrics.django_cache_misses_total.labels(backend=_BACKEND).inc(asked - hits)
