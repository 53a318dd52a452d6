"""The cache manager of this process."""

import os
import sys
import threading

from caching.config import CacheConfig
from caching.manager import CacheManager

_lock = threading.Lock()
_manager: CacheManager | None = None
_others: dict[CacheConfig, CacheManager] = {}


def get_cache_manager() -> CacheManager:
    """The one that all of this process share, made at the first call.

    Configured by ``CACHE_CONFIG`` of Django's settings where there is one, else by the environment.
    """
    return _manager or _make()


def current() -> CacheManager | None:
    """The manager, if it was ever used."""
    return _manager


def manager_of(config: CacheConfig) -> CacheManager:
    """The one of this process with this configuration, shared by its threads; made at the first call, and kept."""
    with _lock:
        if config not in _others:
            _others[config] = CacheManager(config)
        return _others[config]


def _make() -> CacheManager:
    global _manager
    with _lock:
        if _manager is None:
            _manager = CacheManager(_configuration())
        return _manager


def _configuration() -> CacheConfig:
    if "DJANGO_SETTINGS_MODULE" in os.environ or "django.conf" in sys.modules:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured

        try:
            found = getattr(settings, "CACHE_CONFIG", None)
        except ImproperlyConfigured:  # Django was loaded, and is not used
            found = None
        if isinstance(found, CacheConfig):
            return found
    return CacheConfig.from_environment()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
