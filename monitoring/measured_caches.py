"""Django's cache in memory, counted as django-prometheus counts the others.

Not by its own class: that one gives the default in place of a cached 0, False or empty text.
"""

from typing import Any

from django.core.cache.backends import locmem
from django_prometheus.cache import metrics

_BACKEND = "locmem"
_MISSING = object()


class LocMemCache(locmem.LocMemCache):
    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        metrics.django_cache_get_total.labels(backend=_BACKEND).inc()
        found = super().get(key, default=_MISSING, version=version)
        if found is _MISSING:
            metrics.django_cache_misses_total.labels(backend=_BACKEND).inc()
            return default
        metrics.django_cache_hits_total.labels(backend=_BACKEND).inc()
        return found
